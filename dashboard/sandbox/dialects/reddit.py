"""Reddit's dialect: the reason of a refusal stands in a header, errors of a post inside a 200.

What a change of password does there is not established; here it ends the permission, so that a
program is tried with it.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request

from dashboard.sandbox.content import MAX_TEXT, Incoming, IncomingKind, Post
from dashboard.sandbox.dialect import Dialect, Pkce, Renewal, Resident
from dashboard.sandbox.dialects import kit
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.faults import Fault, FaultKind
from dashboard.sandbox.model import Scope
from dashboard.sandbox.tokens import TokenPair, TokenRefusal
from dashboard.sandbox.verdicts import Finding, Verdict

DIALECT = Dialect(
    key="reddit",
    label="Reddit",
    scopes={
        "identity": frozenset({Scope.PROFILE}),
        "history": frozenset({Scope.POSTS_READ}),
        "read": frozenset({Scope.PROFILE}),
        "privatemessages": frozenset({Scope.MENTIONS_READ, Scope.MESSAGES_READ}),
        "submit": frozenset({Scope.POSTS_WRITE}),
    },
    pkce=Pkce.UNKNOWN,
    all_or_nothing=True,
    renewal=Renewal.STEADY,
    access_life=timedelta(hours=24),
    refresh_life=timedelta(days=3_650),
    residents=(
        Resident(handle="bakeryjansen", name="Bakery Jansen"),
        Resident(handle="fcwaterhoven", name="FC Waterhoven", manage=("ben",)),
    ),
)
bp = kit.blueprint(DIALECT, "/www/api/v1/authorize")
_DEAD = frozenset({Finding.TOKEN_UNKNOWN, Finding.TOKEN_EXPIRED, Finding.TOKEN_REVOKED})


@bp.post("/www/api/v1/access_token")
def token() -> Response:
    """Codes, renewals that leave the refresh token as it is, and tokens without a person."""
    if kit.client_of_form(DIALECT) is None:
        return _error(HTTPStatus.UNAUTHORIZED, "Unauthorized")
    match request.form.get("grant_type"):
        case "client_credentials":
            return jsonify({"access_token": "nobody", "token_type": "bearer", "expires_in": 60})
        case "refresh_token":
            outcome = kit.refresh(DIALECT, request.form.get("refresh_token", ""))
            if isinstance(outcome, TokenRefusal):
                return _error(HTTPStatus.BAD_REQUEST, "Bad Request")
        case _:
            outcome = kit.exchange(DIALECT)
            if isinstance(outcome, TokenRefusal):
                return jsonify({"error": "invalid_grant"})
    return jsonify(_pair(outcome))


@bp.post("/www/api/v1/revoke_token")
def revoke() -> Response:
    """Give a token back; an unknown one is answered alike."""
    if kit.client_of_form(DIALECT) is None:
        return _error(HTTPStatus.UNAUTHORIZED, "Unauthorized")
    kit.revoke(DIALECT, request.form.get("token", ""))
    return Response(status=HTTPStatus.NO_CONTENT)


@bp.get("/oauth/api/v1/me")
def me() -> Response:
    """The account that gave the permission."""
    judged = kit.judge_the_account(DIALECT, Scope.PROFILE)
    of = judged.account
    if judged.finding is Finding.ACCOUNT_SUSPENDED and judged.grant is not None:
        of = kit.accounts_of(DIALECT, judged.grant)[0][0]
    if of is None:
        return _refusal(judged)
    suspended = judged.account is None
    return jsonify({"id": of.id, "name": of.handle, "is_suspended": suspended})


@bp.get("/oauth/user/<name>/submitted")
def submitted(name: str) -> Response:
    """What the account posted, newest first."""
    _ = name
    judged = kit.judge_the_account(DIALECT, Scope.POSTS_READ)
    if judged.account is None:
        return _refusal(judged)
    found = kit.posts(judged.account, limit=100)
    return _listing([{"kind": "t3", "data": _post(post)} for post in found])


@bp.get("/oauth/message/inbox")
def inbox() -> Response:
    """Comments, mentions and private messages in one list."""
    judged = kit.judge_the_account(DIALECT, Scope.MENTIONS_READ)
    if judged.account is None:
        return _refusal(judged)
    found = kit.incoming(judged.account, *IncomingKind, limit=100)
    return _listing([_incoming(one) for one in found])


@bp.post("/oauth/api/submit")
def submit() -> Response:
    """Post to a subreddit; what is wrong with the post is said inside a 200."""
    judged = kit.judge_the_account(DIALECT, Scope.POSTS_WRITE)
    if judged.account is None or judged.grant is None:
        return _refusal(judged)
    said = request.form
    text = "\n\n".join(filter(None, (said.get("title"), said.get("text") or said.get("url"))))
    if not said.get("sr") or said["sr"].startswith("no_"):
        return _submitted(["SUBREDDIT_NOEXIST", "that subreddit doesn't exist", "sr"])
    if not 0 < len(text) <= MAX_TEXT or not said.get("title"):
        return _submitted(["NO_TEXT", "we need something here", "title"])
    return _submitted(post=kit.publish(judged.account, judged.grant, text))


def disturbance(fault: Fault) -> Response:
    """How Reddit says that it cannot answer."""
    match fault.order.kind:
        case FaultKind.ERROR_429:
            response = _error(HTTPStatus.TOO_MANY_REQUESTS, "Too Many Requests")
            response.headers["Retry-After"] = str(max(1, round(fault.order.seconds)))
            return response
        case FaultKind.ERROR_503:
            return _error(HTTPStatus.SERVICE_UNAVAILABLE, "Service Unavailable")
        case FaultKind.REFUSE_APP:
            why = "<html>blocked by network security</html>"
            return Response(why, status=HTTPStatus.FORBIDDEN, mimetype="text/html")
        case _:
            return _error(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error")


SPEAKER = kit.Speaker(dialect=DIALECT, bp=bp, disturbance=disturbance)


def _refusal(judged: Verdict) -> Response:
    if judged.finding in _DEAD:
        return _error(HTTPStatus.UNAUTHORIZED, "Unauthorized", "invalid_token")
    if judged.finding is Finding.SCOPE_MISSING:
        return _error(HTTPStatus.FORBIDDEN, "Forbidden", "insufficient_scope")
    return _error(HTTPStatus.FORBIDDEN, "Forbidden")


def _error(status: HTTPStatus, why: str, reason: str = "") -> Response:
    trail().error = trail().error or why
    response = jsonify({"message": why, "error": int(status)})
    response.status_code = status
    if reason:
        response.headers["WWW-Authenticate"] = f'Bearer realm="reddit", error="{reason}"'
    return response


def _pair(pair: TokenPair) -> dict[str, Any]:
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "token_type": "bearer",
        "expires_in": pair.expires_in,
        "scope": " ".join(kit.asked_names(DIALECT, pair)),
    }


def _listing(children: list[dict[str, Any]]) -> Response:
    return jsonify({"kind": "Listing", "data": {"after": None, "children": children}})


def _submitted(*errors: list[str], post: Post | None = None) -> Response:
    said: dict[str, Any] = {"errors": list(errors)}
    if post is not None:
        data = _post(post)
        said["data"] = {"name": data["name"], "url": f"{request.host_url[:-1]}{data['permalink']}"}
    return jsonify({"json": said})


def _post(post: Post) -> dict[str, Any]:
    title, _, body = post.text.partition("\n\n")
    name = _number(post.id)
    return {
        "name": f"t3_{name}",
        "title": title,
        "selftext": body,
        "permalink": f"/r/waterhoven/comments/{name}/",
        "created_utc": post.created_at.timestamp(),
    }


def _incoming(one: Incoming) -> dict[str, Any]:
    kind = "t4" if one.kind is IncomingKind.MESSAGE else "t1"
    data = {
        "name": f"{kind}_{_number(one.id)}",
        "author": one.author_handle,
        "body": one.text,
        "context": f"/r/waterhoven/comments/{_number(one.post_id or one.id)}/",
        "created_utc": one.created_at.timestamp(),
    }
    return {"kind": kind, "data": data}


def _number(own_id: str) -> str:
    """An id of ours without what Reddit's never have."""
    return own_id.rpartition("_")[2]
