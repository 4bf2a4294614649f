"""What YouTube's and Google Business Profile's dialects share: Google's log-in, tokens and errors.

A refused renewal does not say why, as there; only a Workspace that logged its people out is told,
which here stands for "logged out". What a security check looks like is not established: it is told
as a plain "forbidden", which accuses nobody.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, request

from dashboard.sandbox import accounts, tokens
from dashboard.sandbox.dialect import Dialect
from dashboard.sandbox.dialects import kit
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.faults import Fault, FaultKind
from dashboard.sandbox.model import AccountStatus, EndCause
from dashboard.sandbox.tokens import TokenPair, TokenRefusal
from dashboard.sandbox.verdicts import Finding, Verdict
from dashboard.sandbox.web import here

AUTHORIZE = "/accounts/o/oauth2/v2/auth"
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=180)
ASKS_AGAIN = frozenset({("prompt", "select_account consent")})
DEAD = frozenset({Finding.TOKEN_UNKNOWN, Finding.TOKEN_EXPIRED, Finding.TOKEN_REVOKED})


_OVER = {
    AccountStatus.SUSPENDED: "Account has been disabled",
    AccountStatus.GONE: "Account has been deleted",
}


def add_common(bp: Blueprint, dialect: Dialect) -> None:
    """The routes for tokens and for who somebody is."""

    def token() -> Response:
        return _token(dialect)

    def revoke() -> Response:
        kit.revoke(dialect, request.values.get("token", ""))
        return jsonify({})

    def userinfo() -> Response:
        judged = kit.judge(dialect)
        if judged.grant is None or judged.finding is not Finding.FINE:
            return refusal(judged)
        person = kit.person_of(judged.grant)
        return jsonify({"sub": f"g-{person.id}", "email": person.email, "email_verified": True})

    bp.add_url_rule("/oauth/token", view_func=token, methods=["POST"])
    bp.add_url_rule("/oauth/revoke", view_func=revoke, methods=["POST"])
    bp.add_url_rule("/www/oauth2/v3/userinfo", view_func=userinfo)


def refusal(judged: Verdict) -> Response:
    """A dead token, or a permission that was not given; anything else is a plain "forbidden"."""
    if judged.finding in DEAD:
        return error(HTTPStatus.UNAUTHORIZED, "UNAUTHENTICATED", "authError")
    if judged.finding is Finding.SCOPE_MISSING:
        return error(HTTPStatus.FORBIDDEN, "PERMISSION_DENIED", "insufficientPermissions")
    return error(HTTPStatus.FORBIDDEN, "", "forbidden")


def error(
    status: HTTPStatus, word: str, reason: str = "", details: dict[str, Any] | None = None
) -> Response:
    """An error in Google's form."""
    said: dict[str, Any] = {"code": int(status), "message": status.phrase}
    if word:
        said["status"] = word
    if reason:
        said["errors"] = [{"message": status.phrase, "domain": "global", "reason": reason}]
    if details:
        said["details"] = [details]
    response = jsonify({"error": said})
    response.status_code = status
    return response


def disturbance(fault: Fault) -> Response:
    """How Google says that it cannot answer."""
    match fault.order.kind:
        case FaultKind.ERROR_429:
            return error(HTTPStatus.TOO_MANY_REQUESTS, "RESOURCE_EXHAUSTED", "rateLimitExceeded")
        case FaultKind.ERROR_503:
            return error(HTTPStatus.SERVICE_UNAVAILABLE, "UNAVAILABLE", "backendError")
        case FaultKind.REFUSE_APP:
            return error(HTTPStatus.FORBIDDEN, "PERMISSION_DENIED", "accessNotConfigured")
        case _:
            return error(HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL", "backendError")


def _token(dialect: Dialect) -> Response:
    if kit.client_of_form(dialect) is None:
        return _oauth_error(HTTPStatus.UNAUTHORIZED, "invalid_client", "Unauthorized")
    if request.form.get("grant_type") == "refresh_token":
        handed = request.form.get("refresh_token", "")
        if over := _over(handed):
            return _oauth_error(HTTPStatus.BAD_REQUEST, "invalid_grant", over)
        return _told(dialect, kit.refresh(dialect, handed), with_refresh=False)
    return _told(dialect, kit.exchange(dialect), with_refresh=True)


def _over(token: str) -> str:
    """Why nothing is renewed for who gave the permission: the account of Google's is closed."""
    with here().store.reading() as db:
        grant = tokens.grant_of_token(db, token)
        parts = grant.accounts if grant is not None and grant.ended_at is None else ()
        found = [accounts.find_account(db, part.account_id) for part in parts]
    return next((_OVER[of.status] for of in found if of and of.status in _OVER), "")


def _told(dialect: Dialect, outcome: TokenPair | TokenRefusal, *, with_refresh: bool) -> Response:
    if isinstance(outcome, TokenRefusal):
        subtype = "invalid_rapt" if outcome.cause is EndCause.LOGGED_OUT else ""
        why = "Token has been expired or revoked."
        return _oauth_error(HTTPStatus.BAD_REQUEST, "invalid_grant", why, subtype)
    said = {
        "access_token": outcome.access_token,
        "expires_in": outcome.expires_in,
        "scope": " ".join(kit.asked_names(dialect, outcome)),
        "token_type": "Bearer",
    }
    if with_refresh:
        said["refresh_token"] = outcome.refresh_token
    return jsonify(said)


def _oauth_error(status: HTTPStatus, code: str, why: str, subtype: str = "") -> Response:
    trail().error = trail().error or code
    said = {"error": code, "error_description": why}
    if subtype:
        said["error_subtype"] = subtype
    response = jsonify(said)
    response.status_code = status
    return response
