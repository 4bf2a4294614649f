"""X's dialect: one 401 for everything that is wrong with a token, refresh tokens that work once.

What tells causes apart here, told there nowhere, is lost on purpose: expired, revoked and changed
passwords all look the same, and only the renewal shows whether a person must help. What a closed
account or a lost role looks like is not established: a plain "Forbidden". A security check is told
in the words of the old interface.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request

from dashboard.sandbox.clock import iso
from dashboard.sandbox.content import MAX_TEXT, IncomingKind, UnknownPositionError
from dashboard.sandbox.dialect import Dialect, Renewal, Resident, number_of
from dashboard.sandbox.dialects import kit
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.faults import Fault, FaultKind
from dashboard.sandbox.model import Scope
from dashboard.sandbox.tokens import TokenRefusal
from dashboard.sandbox.verdicts import Finding, Verdict
from dashboard.sandbox.web import now

DIALECT = Dialect(
    key="x",
    label="X",
    scopes={
        "users.read": frozenset({Scope.PROFILE}),
        "tweet.read": frozenset({Scope.POSTS_READ, Scope.MENTIONS_READ}),
        "tweet.write": frozenset({Scope.POSTS_WRITE}),
        "media.write": frozenset({Scope.POSTS_WRITE}),
        "dm.read": frozenset({Scope.MESSAGES_READ}),
        "offline.access": frozenset({Scope.PROFILE}),
    },
    all_or_nothing=True,
    denial={"error": "access_denied"},
    renewal=Renewal.ROTATING,
    access_life=timedelta(hours=2),
    refresh_life=timedelta(days=180),
    residents=(
        Resident(handle="bakeryjansen", name="Bakery Jansen"),
        Resident(handle="fcwaterhoven", name="FC Waterhoven", manage=("ben",)),
    ),
)
bp = kit.blueprint(DIALECT, "/www/i/oauth2/authorize")
_DEAD = frozenset({Finding.TOKEN_UNKNOWN, Finding.TOKEN_EXPIRED, Finding.TOKEN_REVOKED})
_REMEMBERED = 20  # posts whose words a new one must not repeat
_LOCKED = "This account is temporarily locked. Please log in to https://x.com to unlock it."
_PROBLEMS = "https://api.x.com/2/problems/"


@bp.post("/api/2/oauth2/token")
def token() -> Response:
    """Codes and renewals, for who names himself in the header."""
    if request.authorization is None or kit.client_of_form(DIALECT) is None:
        return _oauth_error(
            HTTPStatus.UNAUTHORIZED, "unauthorized_client", "Missing valid authorization header"
        )
    if request.form.get("grant_type") == "refresh_token":
        outcome = kit.refresh(DIALECT, request.form.get("refresh_token", ""))
    else:
        outcome = kit.exchange(DIALECT)
    if isinstance(outcome, TokenRefusal):
        why = "Value passed for the token was invalid."
        return _oauth_error(HTTPStatus.BAD_REQUEST, "invalid_request", why)
    return jsonify(
        {
            "token_type": "bearer",
            "expires_in": outcome.expires_in,
            "access_token": outcome.access_token,
            "refresh_token": outcome.refresh_token,
            "scope": " ".join(kit.asked_names(DIALECT, outcome)),
        }
    )


@bp.post("/api/2/oauth2/revoke")
def revoke() -> Response:
    """Give a token back."""
    if request.authorization is None or kit.client_of_form(DIALECT) is None:
        return _oauth_error(
            HTTPStatus.UNAUTHORIZED, "unauthorized_client", "Missing valid authorization header"
        )
    kit.revoke(DIALECT, request.form.get("token", ""))
    return jsonify({"revoked": True})


@bp.get("/api/2/users/me")
def me() -> Response:
    """The account that gave the permission."""
    judged = kit.judge_the_account(DIALECT, Scope.PROFILE)
    if judged.account is None:
        return _refusal(judged)
    of = judged.account
    return jsonify({"data": {"id": of.id, "name": of.name, "username": of.handle}})


@bp.get("/api/2/users/<account_id>/tweets")
def tweets(account_id: str) -> Response:
    """What the account posted."""
    judged = kit.judge(DIALECT, Scope.POSTS_READ, account_id)
    if judged.account is None:
        return _refusal(judged)
    limit, before = _page()
    found = kit.posts(judged.account, limit=limit, before=before)
    items = [_tweet(post.id, post.text, iso(post.created_at), judged.account.id) for post in found]
    return _listing(items, found[-1].id if len(found) == limit else None)


@bp.get("/api/2/users/<account_id>/mentions")
def mentions(account_id: str) -> Response:
    """What others said about the account."""
    judged = kit.judge(DIALECT, Scope.MENTIONS_READ, account_id)
    if judged.account is None:
        return _refusal(judged)
    limit, before = _page()
    kinds = (IncomingKind.COMMENT, IncomingKind.MENTION)
    found = kit.incoming(judged.account, *kinds, limit=limit, before=before)
    items = [
        _tweet(one.id, one.text, iso(one.created_at), number_of(one.author_handle)) for one in found
    ]
    return _listing(items, found[-1].id if len(found) == limit else None)


@bp.post("/api/2/tweets")
def publish() -> Response:
    """Post a text, once: the same words again are refused."""
    judged = kit.judge_the_account(DIALECT, Scope.POSTS_WRITE)
    if judged.account is None or judged.grant is None:
        return _refusal(judged)
    said = request.get_json(silent=True)
    text = str(said.get("text", "")) if isinstance(said, dict) else ""
    if not 0 < len(text) <= MAX_TEXT:
        return _problem(HTTPStatus.BAD_REQUEST, "Invalid Request", "text", "invalid-request")
    if text in {post.text for post in kit.posts(judged.account, limit=_REMEMBERED)}:
        why = "You are not allowed to create a Tweet with duplicate content."
        return _problem(HTTPStatus.FORBIDDEN, "Forbidden", why)
    post = kit.publish(judged.account, judged.grant, text)
    response = jsonify({"data": {"id": number_of(post.id), "text": text}})
    response.status_code = HTTPStatus.CREATED
    return response


@bp.post("/api/2/media/upload")
def upload() -> Response:
    """Take a picture, which nobody will see."""
    judged = kit.judge_the_account(DIALECT, Scope.POSTS_WRITE)
    if judged.account is None:
        return _refusal(judged)
    if "media" not in request.files or not request.form.get("media_category"):
        return _problem(HTTPStatus.BAD_REQUEST, "Invalid Request", "media", "invalid-request")
    return jsonify({"data": {"id": number_of(judged.account.id + "picture")}})


@bp.post("/api/2/media/metadata")
def describe() -> Response:
    """Take what a picture shows."""
    judged = kit.judge_the_account(DIALECT, Scope.POSTS_WRITE)
    if judged.account is None:
        return _refusal(judged)
    said = request.get_json(silent=True)
    said = said if isinstance(said, dict) else {}
    words = said.get("metadata", {}).get("alt_text", {}).get("text")
    if said.get("id") != number_of(judged.account.id + "picture") or not words:
        return _problem(HTTPStatus.BAD_REQUEST, "Invalid Request", "id", "invalid-request")
    return jsonify({"data": {"id": said["id"]}})


@bp.errorhandler(UnknownPositionError)
def unknown_position(_problem_found: UnknownPositionError) -> Response:
    """A page that there never was."""
    return _problem(
        HTTPStatus.BAD_REQUEST, "Invalid Request", "pagination_token", "invalid-request"
    )


def disturbance(fault: Fault) -> Response:
    """How X says that it cannot answer."""
    match fault.order.kind:
        case FaultKind.ERROR_429:
            response = _problem(HTTPStatus.TOO_MANY_REQUESTS, "Too Many Requests", "Slow down")
            until = round(now().timestamp() + max(1, fault.order.seconds))
            response.headers["x-rate-limit-remaining"] = "0"
            response.headers["x-rate-limit-reset"] = str(until)
            return response
        case FaultKind.ERROR_503:
            return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "Service Unavailable", "Over capacity")
        case FaultKind.REFUSE_APP:
            why = "The client is not enrolled."
            return _problem(HTTPStatus.FORBIDDEN, "Client Forbidden", why, "client-forbidden")
        case _:
            return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error", "Broken")


SPEAKER = kit.Speaker(dialect=DIALECT, bp=bp, disturbance=disturbance)


def _refusal(judged: Verdict) -> Response:
    if judged.finding in _DEAD:
        return _problem(HTTPStatus.UNAUTHORIZED, "Unauthorized", "Unauthorized")
    if judged.finding is Finding.ACCOUNT_SUSPENDED:
        why = "The user used for authentication is suspended"
        return _problem(HTTPStatus.FORBIDDEN, "Forbidden", why, "user-suspended")
    if judged.finding is Finding.SECURITY_CHECK:
        return _problem(HTTPStatus.FORBIDDEN, "Forbidden", _LOCKED)
    why = "You are not permitted to perform this action."
    return _problem(HTTPStatus.FORBIDDEN, "Forbidden", why)


def _problem(status: HTTPStatus, title: str, detail: str, kind: str = "") -> Response:
    trail().error = trail().error or title
    address = f"{_PROBLEMS}{kind}" if kind else "about:blank"
    response = jsonify({"title": title, "detail": detail, "type": address, "status": int(status)})
    response.status_code, response.mimetype = status, "application/problem+json"
    return response


def _oauth_error(status: HTTPStatus, code: str, why: str) -> Response:
    trail().error = trail().error or code
    response = jsonify({"error": code, "error_description": why})
    response.status_code = status
    return response


def _page() -> tuple[int, str | None]:
    limit = request.args.get("max_results", default=10, type=int)
    return max(1, min(limit, 100)), request.args.get("pagination_token")


def _listing(items: list[dict[str, Any]], following: str | None) -> Response:
    meta: dict[str, Any] = {"result_count": len(items)}
    if following:
        meta["next_token"] = following
    return jsonify({"meta": meta, **({"data": items} if items else {})})


def _tweet(own_id: str, text: str, at: str, author: str) -> dict[str, Any]:
    return {"id": number_of(own_id), "text": text, "created_at": at, "author_id": author}
