"""The native wire format: how verdicts, tokens and disturbances look to an app.

A further dialect is a neighbour of this module with routes of its own; what is true is not
decided here.
"""

from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, url_for

from dashboard.sandbox.clock import iso, iso_optional
from dashboard.sandbox.content import Incoming, Post
from dashboard.sandbox.faults import Fault, FaultKind
from dashboard.sandbox.model import Account, EndCause, Grant, Role
from dashboard.sandbox.tokens import TokenPair, TokenRefusal
from dashboard.sandbox.verdicts import Finding, Verdict

_REFUSALS: dict[Finding, tuple[HTTPStatus, str, str]] = {
    Finding.TOKEN_UNKNOWN: (
        HTTPStatus.UNAUTHORIZED,
        "invalid_token",
        "This access token is not known.",
    ),
    Finding.TOKEN_EXPIRED: (
        HTTPStatus.UNAUTHORIZED,
        "token_expired",
        "This access token has run out. Use the refresh token.",
    ),
    Finding.TOKEN_REVOKED: (
        HTTPStatus.UNAUTHORIZED,
        "token_revoked",
        "This access token was ended before its time.",
    ),
    Finding.NOT_GRANTED: (
        HTTPStatus.FORBIDDEN,
        "not_granted",
        "This account was not chosen when the permission was given.",
    ),
    Finding.ACCOUNT_GONE: (
        HTTPStatus.NOT_FOUND,
        "account_gone",
        "This account does not exist any more.",
    ),
    Finding.ACCOUNT_SUSPENDED: (
        HTTPStatus.FORBIDDEN,
        "account_suspended",
        "This account is suspended. Its owner can object in Sandbox.",
    ),
    Finding.ACCOUNT_DEACTIVATED: (
        HTTPStatus.FORBIDDEN,
        "account_deactivated",
        "The owner has switched this account off.",
    ),
    Finding.SECURITY_CHECK: (
        HTTPStatus.FORBIDDEN,
        "security_check",
        "The owner must first confirm in Sandbox that everything is in order.",
    ),
    Finding.ROLE_LOST: (
        HTTPStatus.FORBIDDEN,
        "role_lost",
        "The person who gave this permission has no sufficient role on the account.",
    ),
    Finding.SCOPE_MISSING: (
        HTTPStatus.FORBIDDEN,
        "insufficient_scope",
        "The permission {scope} is missing.",
    ),
}

_CAUSES: dict[EndCause, str] = {
    EndCause.EXPIRED: "It ran out for good.",
    EndCause.PASSWORD_CHANGED: "The person has changed the password.",
    EndCause.TOO_MANY_LOGINS: "The person has logged in too often; this log-in was ended.",
    EndCause.APP_REMOVED: "The person has removed the app.",
    EndCause.LOGGED_OUT: "It was logged out.",
    EndCause.TOKEN_REUSED: "A token that may be used once was used twice.",
    EndCause.CONSENT_EXPIRED: "The person did not renew the permission in time.",
}


def error(status: int, code: str, description: str, **more: Any) -> Response:
    """An answer that says what is wrong."""
    response = jsonify({"error": code, "error_description": description, **more})
    response.status_code = status
    return response


def refusal(verdict: Verdict) -> Response:
    """How a verdict other than "fine" is told."""
    status, code, description = _REFUSALS[verdict.finding]
    more: dict[str, Any] = {}
    if verdict.cause is not None:
        more["cause"] = verdict.cause
        description = f"{description} {_CAUSES[verdict.cause]}"
    if verdict.scope is not None:
        more["scope"] = verdict.scope
        description = description.format(scope=verdict.scope)
    if verdict.finding is Finding.ROLE_LOST:
        more["your_role"] = verdict.role
    response = error(status, code, description, **more)
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="sandbox", error="invalid_token"'
    return response


def token_pair(pair: TokenPair) -> Response:
    """How a fresh pair is told."""
    return jsonify(
        {
            "access_token": pair.access_token,
            "refresh_token": pair.refresh_token,
            "token_type": "Bearer",
            "expires_in": pair.expires_in,
            "refresh_expires_in": pair.refresh_expires_in,
            "scope": " ".join(pair.scopes),
        }
    )


def token_refusal(refused: TokenRefusal) -> Response:
    """How it is told that a code or refresh token is worth nothing."""
    if refused.cause is None:
        return error(HTTPStatus.BAD_REQUEST, "invalid_grant", refused.why)
    description = f"{refused.why} {_CAUSES[refused.cause]}"
    return error(HTTPStatus.BAD_REQUEST, "invalid_grant", description, cause=refused.cause)


def disturbance(fault: Fault) -> Response:
    """How the platform says that it cannot answer now."""
    seconds = str(max(1, round(fault.order.seconds)))
    match fault.order.kind:
        case FaultKind.ERROR_429:
            response = error(
                HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", "Too many calls. Try again later."
            )
            response.headers["Retry-After"] = seconds
        case FaultKind.ERROR_503:
            response = error(
                HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "Sandbox is out of service."
            )
            if fault.order.seconds:
                response.headers["Retry-After"] = seconds
        case _:
            response = error(
                HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "Something broke in Sandbox."
            )
    return response


def account(of: Account, grant: Grant, role: Role | None) -> dict[str, Any]:
    """An account as an app with `grant` sees it."""
    part = grant.for_account(of.id)
    return {
        "id": of.id,
        "handle": of.handle,
        "name": of.name,
        "url": url_for("public.profile", handle=of.handle, _external=True),
        "avatar_url": url_for("public.avatar", name=of.id, _external=True),
        "status": of.status,
        "your_role": role,
        "granted_scopes": list(grant.scopes_for(of.id)),
        "renew_by": iso_optional(part.renew_by if part else None),
    }


def post(of: Post, handle: str) -> dict[str, Any]:
    """A post as an app sees it."""
    return {
        "id": of.id,
        "text": of.text,
        "url": url_for("public.post", handle=handle, post_id=of.id, _external=True),
        "created_at": iso(of.created_at),
        "kind": of.kind,
    }


def incoming(of: Incoming) -> dict[str, Any]:
    """A comment, mention or message as an app sees it; a message has no public address."""
    return {
        "id": of.id,
        "kind": of.kind,
        "author": {"name": of.author_name, "handle": of.author_handle},
        "text": of.text,
        "post_id": of.post_id,
        "url": None
        if of.kind == "message"
        else url_for("public.mention", incoming_id=of.id, _external=True),
        "created_at": iso(of.created_at),
    }
