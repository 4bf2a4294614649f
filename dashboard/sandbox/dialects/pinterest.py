"""Pinterest's dialect: numbers per status, Basic log-in of the app, renewal without end, boards.

A dead token is told with one number, whatever it died of. What a deactivated account looks like is
not established; here it is told as one that is not there.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request

from dashboard.sandbox.clock import iso
from dashboard.sandbox.content import Post
from dashboard.sandbox.dialect import Dialect, Pkce, Resident, number_of
from dashboard.sandbox.dialects import kit
from dashboard.sandbox.dialects.own_log_in import mine
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.faults import Fault, FaultKind
from dashboard.sandbox.model import Scope
from dashboard.sandbox.tokens import TokenPair, TokenRefusal
from dashboard.sandbox.verdicts import Finding, Verdict

DIALECT = Dialect(
    key="pinterest",
    label="Pinterest",
    scopes={
        "user_accounts:read": frozenset({Scope.PROFILE}),
        "boards:read": frozenset({Scope.PROFILE}),
        "boards:write": frozenset({Scope.POSTS_WRITE}),
        "pins:read": frozenset({Scope.POSTS_READ}),
        "pins:write": frozenset({Scope.POSTS_WRITE}),
    },
    separator=",",
    pkce=Pkce.UNKNOWN,
    all_or_nothing=True,
    access_life=timedelta(days=30),
    refresh_life=timedelta(days=60),
    residents=(
        Resident(handle="bakeryjansen", name="Bakery Jansen"),
        Resident(handle="citymuseum", name="City Museum", manage=("chloe",)),
    ),
)
bp = kit.blueprint(DIALECT, "/www/oauth/")
_V5 = "/api/v5"
_BOARD = {"id": "1", "name": "Our board"}
_LONGEST = 800
_REFUSALS = {
    Finding.TOKEN_UNKNOWN: (HTTPStatus.UNAUTHORIZED, 2),
    Finding.TOKEN_EXPIRED: (HTTPStatus.UNAUTHORIZED, 2),
    Finding.TOKEN_REVOKED: (HTTPStatus.UNAUTHORIZED, 2),
    Finding.SCOPE_MISSING: (HTTPStatus.UNAUTHORIZED, 3),
    Finding.ROLE_LOST: (HTTPStatus.UNAUTHORIZED, 29),
    Finding.ACCOUNT_TYPE: (HTTPStatus.FORBIDDEN, 654),
    Finding.ACCOUNT_SUSPENDED: (HTTPStatus.FORBIDDEN, 2625),
    Finding.SECURITY_CHECK: (HTTPStatus.FORBIDDEN, 2626),
}


@bp.post(f"{_V5}/oauth/token")
def token() -> Response:
    """A pair for a code or for a refresh token, which is then used up."""
    if request.authorization is None or kit.client_of_form(DIALECT) is None:
        return _oauth_error(HTTPStatus.UNAUTHORIZED, "invalid_client", "Authentication failed.")
    if request.form.get("grant_type") == "refresh_token":
        return _told(kit.refresh(DIALECT, request.form.get("refresh_token", "")))
    return _told(kit.exchange(DIALECT))


@bp.get(f"{_V5}/user_account")
def profile() -> Response:
    """The account that gave the permission; one log-in is one account."""
    judged = mine(DIALECT)
    if judged.account is None:
        return _refusal(judged)
    of = judged.account
    return jsonify({"id": of.id, "username": of.handle, "business_name": of.name})


@bp.get(f"{_V5}/boards")
def boards() -> Response:
    """The one board of the account."""
    judged = mine(DIALECT)
    if judged.account is None:
        return _refusal(judged)
    return jsonify({"items": [_BOARD], "bookmark": None})


@bp.get(f"{_V5}/pins")
def pins() -> Response:
    """What was pinned, page by page."""
    judged = mine(DIALECT, Scope.POSTS_READ)
    if judged.account is None:
        return _refusal(judged)
    limit = max(1, min(request.args.get("page_size", default=25, type=int), 250))
    before = request.args.get("bookmark") or None
    found = kit.posts(judged.account, limit=limit, before=before)
    following = found[-1].id if len(found) >= limit else None
    return jsonify({"items": [_pin(one) for one in found], "bookmark": following})


@bp.post(f"{_V5}/pins")
def publish() -> Response:
    """Pin a picture, which nobody will see, with its words."""
    judged = mine(DIALECT, Scope.POSTS_WRITE)
    if judged.account is None or judged.grant is None:
        return _refusal(judged)
    said = request.get_json(silent=True)
    said = said if isinstance(said, dict) else {}
    text, source = str(said.get("description", "")), said.get("media_source")
    has_picture = isinstance(source, dict) and bool(source.get("data"))
    if not 0 < len(text) <= _LONGEST or said.get("board_id") != _BOARD["id"] or not has_picture:
        return _error(HTTPStatus.BAD_REQUEST, 1)
    response = jsonify(_pin(kit.publish(judged.account, judged.grant, text)))
    response.status_code = HTTPStatus.CREATED
    return response


def disturbance(fault: Fault) -> Response:
    """How Pinterest says that it cannot answer."""
    match fault.order.kind:
        case FaultKind.ERROR_429:
            return _error(HTTPStatus.TOO_MANY_REQUESTS, 8)
        case FaultKind.ERROR_503:
            return _error(HTTPStatus.SERVICE_UNAVAILABLE, 11)
        case _:
            return _error(HTTPStatus.INTERNAL_SERVER_ERROR, 0)


SPEAKER = kit.Speaker(dialect=DIALECT, bp=bp, disturbance=disturbance)


def _refusal(judged: Verdict) -> Response:
    return _error(*_REFUSALS.get(judged.finding, (HTTPStatus.NOT_FOUND, 30)))


def _error(status: HTTPStatus, number: int) -> Response:
    return _said_no(status, number, status.phrase)


def _said_no(status: HTTPStatus, number: int, why: str) -> Response:
    response = jsonify({"code": number, "message": why})
    response.status_code = status
    return response


def _oauth_error(status: HTTPStatus, code: str, why: str) -> Response:
    trail().error = trail().error or code
    response = jsonify({"error": code, "error_description": why})
    response.status_code = status
    return response


def _told(outcome: TokenPair | TokenRefusal) -> Response:
    if isinstance(outcome, TokenRefusal):
        trail().error = trail().error or "invalid_grant"
        return _said_no(HTTPStatus.UNAUTHORIZED, 283, "The authorization grant is invalid")
    return jsonify(
        {
            "access_token": outcome.access_token,
            "expires_in": outcome.expires_in,
            "refresh_token": outcome.refresh_token,
            "refresh_token_expires_in": outcome.refresh_expires_in,
            "scope": " ".join(kit.asked_names(DIALECT, outcome)),
            "token_type": "bearer",
        }
    )


def _pin(post: Post) -> dict[str, Any]:
    created = iso(post.created_at)
    return {"id": number_of(post.id), "description": post.text, "created_at": created}
