"""For monitors: does the process answer, can it do its work, how do the accounts stand.

No session, no cookie, no details that a stranger should not have (R50). `/readyz` does not look at
platforms: their outages are no reason to restart us. Nor is our own network, so "offline" is told
with status 200, as a warning: a monitor that wants to alarm looks for the word.
"""

import json
from http import HTTPStatus
from typing import Any, cast

from flask import Blueprint, Response, current_app, request

from dashboard.domain.states import LinkState
from dashboard.services import health_token
from dashboard.services.readiness import OFFLINE, Readiness, account_states, checks_of
from dashboard.web.access import does_not_keep_awake, public
from dashboard.web.current import runtime, tools

bp = Blueprint("health", __name__)

_EXTENSION = "linkkeeper-readiness"
_BROKEN = f"{LinkState.EXPIRED},{LinkState.BLOCKED}"


@bp.get("/healthz")
@public
@does_not_keep_awake
def live() -> Response:
    """The process answers; that is all it says."""
    return _answer("ok")


@bp.get("/readyz")
@public
@does_not_keep_awake
def ready() -> Response:
    """Whether work gets done, with the names of what fails."""
    found = _readiness().failing()
    failing = [name for name in found if name != OFFLINE]
    if not failing:
        return _answer("warn", warnings=list(found)) if found else _answer("ok")
    status = "down" if "database" in failing else "degraded"
    return _answer(status, HTTPStatus.SERVICE_UNAVAILABLE, failing=failing)


@bp.get("/health/accounts")
@public
@does_not_keep_awake
def accounts() -> Response:
    """How many accounts are in which state, for who has the secret."""
    if not health_token.verify(tools(), _secret()):
        refused = _answer("unauthorized", HTTPStatus.UNAUTHORIZED)
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused
    try:
        fail_on = [LinkState(name) for name in _names(request.args.get("fail_on", _BROKEN))]
    except ValueError:
        return _answer("unknown state", HTTPStatus.BAD_REQUEST, states=list(LinkState))
    counts = account_states(tools())
    failing = [state for state in fail_on if counts[state]]
    return _answer(
        "failing" if failing else "ok",
        HTTPStatus.SERVICE_UNAVAILABLE if failing else HTTPStatus.OK,
        accounts=counts,
    )


def _answer(status: str, code: HTTPStatus = HTTPStatus.OK, **more: Any) -> Response:
    """As https://datatracker.ietf.org/doc/draft-inadarei-api-health-check/ names the type."""
    body = json.dumps({"status": status, **more})
    return Response(f"{body}\n", status=code, mimetype="application/health+json")


def _secret() -> str:
    """In the header or, for monitors that cannot send one, in the address."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else request.args.get("token", "")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _readiness() -> Readiness:
    """One for each runtime, because it remembers."""
    present = runtime()
    known = current_app.extensions.get(_EXTENSION)
    if known is None or known[0] is not present:
        redis = present.redis
        ping = None if redis is None else lambda: bool(redis.ping())
        known = (present, Readiness(checks_of(present.tools, ping)))
        current_app.extensions[_EXTENSION] = known
    return cast("Readiness", known[1])
