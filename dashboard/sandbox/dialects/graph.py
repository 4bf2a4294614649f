"""What Meta's dialects share: errors by code and subcode, cursors, containers, app tokens.

Which code a suspended or switched-off account yields in practice is not established: a suspended
one is told as blocked (368), a switched-off one is just not to be seen (100/33).
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

from flask import Response, jsonify, request

from dashboard.sandbox.clock import iso
from dashboard.sandbox.content import MAX_TEXT, Incoming, IncomingKind, Post, UnknownPositionError
from dashboard.sandbox.dialect import Dialect
from dashboard.sandbox.dialects import kit
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.faults import Fault, FaultKind
from dashboard.sandbox.model import Account, EndCause, Grant, Scope
from dashboard.sandbox.tokens import TokenPair, TokenRefusal
from dashboard.sandbox.verdicts import Finding, Verdict

LONG_LIFE = timedelta(days=60)
_TOKEN = 190
_LARGEST_PAGE = 100
_MOST_CONTAINERS = 500
_MOST_COMMENTS = 200
_ENDED = {
    EndCause.EXPIRED: (463, "Session has expired."),
    EndCause.CONSENT_EXPIRED: (463, "Session has expired."),
    EndCause.PASSWORD_CHANGED: (460, "The user has changed the password."),
    EndCause.APP_REMOVED: (458, "The user has not authorized this application."),
    EndCause.LOGGED_OUT: (467, "The session is invalid because the user logged out."),
    EndCause.TOO_MANY_LOGINS: (467, "The session was invalidated."),
    EndCause.TOKEN_REUSED: (467, "The session was invalidated."),
}
_HIDDEN = (100, 33, "Object does not exist or cannot be loaded due to missing permissions.")
_SAID: Mapping[Finding, tuple[int, int, str]] = {
    Finding.TOKEN_UNKNOWN: (_TOKEN, 0, "Invalid OAuth access token."),
    Finding.TOKEN_EXPIRED: (_TOKEN, *_ENDED[EndCause.EXPIRED]),
    Finding.SECURITY_CHECK: (_TOKEN, 459, "The user must log in at www.facebook.com."),
    Finding.ROLE_LOST: (_TOKEN, 492, "The user no longer has a role on the Page."),
    Finding.ACCOUNT_SUSPENDED: (368, 0, "The action attempted is temporarily blocked."),
    Finding.ACCOUNT_TYPE: (100, 0, "The user is not an Instagram Business."),
    Finding.SCOPE_MISSING: (10, 0, "Application does not have permission for this action."),
    Finding.ACCOUNT_GONE: _HIDDEN,
    Finding.ACCOUNT_DEACTIVATED: _HIDDEN,
    Finding.NOT_GRANTED: _HIDDEN,
}


class Named(Protocol):
    """Something in a list."""

    @property
    def id(self) -> str: ...


def error(
    code: int, message: str, *, subcode: int = 0, status: int = HTTPStatus.BAD_REQUEST
) -> Response:
    """Graph's error; most of them come with 400, whatever they mean."""
    trail().error = trail().error or f"{code}/{subcode}"
    said: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code}
    if subcode:
        said["error_subcode"] = subcode
    response = jsonify({"error": {**said, "fbtrace_id": secrets.token_hex(6)}})
    response.status_code = status
    return response


def refusal(judged: Verdict) -> Response:
    """How a verdict other than "fine" is told."""
    if judged.finding is Finding.TOKEN_REVOKED:
        return ended(judged.cause)
    code, subcode, message = _SAID[judged.finding]
    return error(code, message, subcode=subcode)


def ended(cause: EndCause | None) -> Response:
    """How it is told that a token is dead."""
    subcode, message = _ENDED[cause] if cause else (0, "Invalid OAuth access token.")
    return error(_TOKEN, f"Error validating access token: {message}", subcode=subcode)


def disturbance(fault: Fault) -> Response:
    """How Graph says that it cannot answer: a limit comes with 400 and tells minutes."""
    match fault.order.kind:
        case FaultKind.ERROR_429:
            response = error(4, "Application request limit reached")
            minutes = max(1, round(fault.order.seconds / 60))
            use = f'{{"1":[{{"type":"pages","estimated_time_to_regain_access":{minutes}}}]}}'
            response.headers["X-Business-Use-Case-Usage"] = use
            return response
        case FaultKind.ERROR_503:
            return error(2, "Service temporarily unavailable")
        case FaultKind.REFUSE_APP:
            return error(_TOKEN, "The application is not active.", subcode=493)
        case _:
            return error(1, "An unknown error occurred", status=HTTPStatus.INTERNAL_SERVER_ERROR)


def app_token_or_refusal(dialect: Dialect) -> Response | None:
    """What is answered without any person; None if a code or a token was handed in rightly."""
    if kit.client_of_form(dialect) is None:
        return error(101, "Error validating application.")
    if request.values.get("grant_type") == "client_credentials":
        return jsonify({"access_token": f"{dialect.client_id}|app", "token_type": "bearer"})
    return None


def told(dialect: Dialect, outcome: TokenPair | TokenRefusal, **more: object) -> Response:
    """A token, or why there is none."""
    if isinstance(outcome, TokenRefusal):
        return ended(outcome.cause) if outcome.cause else error(100, outcome.why)
    life = dialect.access_life or LONG_LIFE
    fresh = {"access_token": outcome.access_token, "token_type": "bearer"}
    return jsonify({**fresh, "expires_in": int(life.total_seconds()), **more})


def allowed(dialect: Dialect, grant: Grant) -> list[dict[str, str]]:
    """The permissions as /me/permissions lists them: of the person, so the same for all accounts.

    What was taken back for one account is taken back.
    """
    scopes = tuple(
        scope
        for scope in grant.scopes
        if all(scope in grant.scopes_for(part.account_id) for part in grant.accounts)
    )
    given = dialect.granted_names(grant.asked, scopes)
    return [
        {"permission": name, "status": "granted" if name in given else "declined"}
        for name in dialect.names_in(grant.asked)
    ]


_N = TypeVar("_N", bound=Named)


def listing(
    found: Callable[[int, str | None], Sequence[_N]], say: Callable[[_N], dict[str, Any]]
) -> Response:
    """One page of a list with the cursor of the next."""
    limit = min(max(request.args.get("limit", 25, type=int), 1), _LARGEST_PAGE)
    try:
        items = found(limit + 1, request.args.get("after"))
    except UnknownPositionError:
        return error(100, "Invalid cursor")
    page = items[:limit]
    body: dict[str, Any] = {"data": [say(item) for item in page]}
    if len(items) > limit:
        after = page[-1].id
        body["paging"] = {
            "cursors": {"after": after},
            "next": f"{request.base_url}?limit={limit}&after={after}",
        }
    return jsonify(body)


def comments_by_post(account: Account) -> dict[str, list[Incoming]]:
    """The newest comments on an account's posts, by post."""
    found: dict[str, list[Incoming]] = {}
    for one in kit.incoming(account, IncomingKind.COMMENT, limit=_MOST_COMMENTS):
        found.setdefault(one.post_id or "", []).append(one)
    return found


def media(dialect: Dialect, account_id: str) -> Response:
    """Instagram's posts, with the comments below them where those are asked for."""
    wanted = "comments" in request.args.get("fields", "")
    scope = Scope.MENTIONS_READ if wanted else Scope.POSTS_READ
    judged = kit.judge(dialect, scope, account_id)
    if judged.account is None or judged.finding is not Finding.FINE:
        return refusal(judged)
    account = judged.account
    below = comments_by_post(account) if wanted else {}

    def say(post: Post) -> dict[str, Any]:
        comments = [
            {
                "id": one.id,
                "text": one.text,
                "username": one.author_handle,
                "timestamp": iso(one.created_at),
            }
            for one in below.get(post.id, [])
        ]
        said: dict[str, Any] = {
            "id": post.id,
            "caption": post.text,
            "timestamp": iso(post.created_at),
        }
        return said | ({"comments": {"data": comments}} if wanted else {})

    return listing(lambda limit, before: kit.posts(account, limit=limit, before=before), say)


def tagged(dialect: Dialect, account_id: str, names: Mapping[str, str]) -> Response:
    """What others posted that names the account; `names` are those of text, time and author."""
    judged = kit.judge(dialect, Scope.MENTIONS_READ, account_id)
    if judged.account is None or judged.finding is not Finding.FINE:
        return refusal(judged)
    account = judged.account

    def say(one: Incoming) -> dict[str, Any]:
        author: Any = one.author_handle
        if names["author"] == "from":
            author = {"name": one.author_name}
        said = {names["text"]: one.text, names["at"]: iso(one.created_at)}
        return {"id": one.id, names["author"]: author, **said}

    return listing(
        lambda limit, before: kit.incoming(
            account, IncomingKind.MENTION, limit=limit, before=before
        ),
        say,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A post that is prepared and that nobody sees yet."""

    account_id: str
    text: str


_containers: OrderedDict[str, Container] = OrderedDict()  # one process; lost with it, as is meet


def prepare(dialect: Dialect, account_id: str, text: str) -> Response:
    """Make a container."""
    judged = kit.judge(dialect, Scope.POSTS_WRITE, account_id)
    if judged.finding is not Finding.FINE:
        return refusal(judged)
    if not 0 < len(text) <= MAX_TEXT:
        return error(100, "The text is too short or too long.")
    name = f"1{secrets.randbelow(10**15):015}"
    _containers[name] = Container(account_id=account_id, text=text)
    while len(_containers) > _MOST_CONTAINERS:
        _containers.popitem(last=False)
    return jsonify({"id": name})


def container(name: str, status_field: str) -> Response:
    """How far a prepared post has come: its picture is there at once."""
    if not is_container(name):
        return error(100, "Unsupported get request.", subcode=33)
    return jsonify({status_field: "FINISHED", "id": name})


def prepare_picture(dialect: Dialect, account_id: str) -> Response:
    """Make a container at Instagram, which takes no post without a picture."""
    if not request.form.get("image_url"):
        return error(100, "The parameter image_url is required.")
    return prepare(dialect, account_id, request.form.get("caption", ""))


def is_container(name: str) -> bool:
    """Whether something was prepared under that name."""
    return name in _containers


def publish(dialect: Dialect, account_id: str) -> Response:
    """Make a container public, once."""
    judged = kit.judge(dialect, Scope.POSTS_WRITE, account_id)
    if judged.account is None or judged.grant is None or judged.finding is not Finding.FINE:
        return refusal(judged)
    container = _containers.pop(request.form.get("creation_id", ""), None)
    if container is None or container.account_id != account_id:
        return error(24, "The requested resource does not exist.")
    return jsonify({"id": kit.publish(judged.account, judged.grant, container.text).id})
