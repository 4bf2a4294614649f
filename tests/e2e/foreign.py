"""What servers that we did not write say, and what a browser must see then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.domain.causes import Cause

PROFILE, PUBLIC = "/api/v1/accounts/verify_credentials", "/api/v1/accounts/[0-9]*"
_DISABLED = {"error": "Your login is currently disabled"}
_MOVED = {"id": "1", "username": "florist", "moved": {"id": "9", "acct": "florist@new.example"}}
_SUSPENDED = {"id": "1", "username": "florist", "suspended": True}
_WEB_PAGE = "<!doctype html><title>Gone</title>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What a Mastodon server says to the read of the profile, and of the account to anybody.

    `revoked` takes the tokens back instead: only a relink heals that.
    """

    state: str
    cause: Cause
    status: int = 0
    said: object = None
    public: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""
    revoked: bool = False


def _no(status: int, why: str, state: str, cause: Cause, **more: Any) -> Saying:
    return Saying(status=status, said={"error": why}, state=state, cause=cause, **more)


SAYINGS = (
    Saying(revoked=True, state="expired", cause=Cause.TOKEN_REFUSED),
    _no(401, "The access token expired", "expired", Cause.TOKEN_RAN_OUT),
    _no(403, _DISABLED["error"], "blocked", Cause.ACCOUNT_SUSPENDED),
    _no(403, _DISABLED["error"], "blocked", Cause.ACCOUNT_SUSPENDED, public=_SUSPENDED),
    _no(403, _DISABLED["error"], "blocked", Cause.ACCOUNT_GONE, public=_MOVED),
    _no(
        403,
        "Your login is missing a confirmed e-mail address",
        "blocked",
        Cause.SECURITY_CHECK,
    ),
    Saying(status=410, said=_WEB_PAGE, state="blocked", cause=Cause.ACCOUNT_GONE),
    _no(
        403,
        "This action is outside the authorized scopes",
        "limited",
        Cause.PERMISSION_MISSING,
        missing="see whose account it is is missing",
    ),
    _no(503, "Remote data could not be fetched", "unreachable", Cause.PLATFORM_DOWN),
    Saying(status=502, said=_WEB_PAGE, state="unreachable", cause=Cause.PLATFORM_DOWN),
    _no(429, "Too many requests", "unreachable", Cause.RATE_LIMITED),  # last: it is waited then
)
LIMITED_PROFILE = {"limited": True}
"""Silenced by moderators: it works on, seen by its followers only, so nobody is told anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What happens at a Bluesky service to an account that is linked by an app password.

    `undo` heals it, "" is a relink; `over` lets the access part run out, so that it is renewed.
    """

    act: str
    state: str
    cause: Cause
    undo: str = ""
    over: bool = False
    fault: Mapping[str, Any] = field(default_factory=dict)


_REFRESH = "com.atproto.server.refreshSession"
_GET = "com.atproto.server.getSession"
_RAN_OUT = {"error": "ExpiredToken", "message": "Token has expired"}
_MANY = 50
ACTS = (
    Act(act="deactivate", state="blocked", cause=Cause.ACCOUNT_DEACTIVATED, undo="activate"),
    Act(act="delete_app_passwords", state="expired", cause=Cause.TOKEN_REFUSED, over=True),
    Act(
        act="fail",
        fault={"method": _REFRESH, "status": 400, "body": _RAN_OUT, "count": _MANY},
        state="expired",
        cause=Cause.TOKEN_RAN_OUT,
        over=True,
    ),
    Act(act="take_down", state="blocked", cause=Cause.ACCOUNT_SUSPENDED, undo="activate"),
    Act(act="delete", state="blocked", cause=Cause.ACCOUNT_GONE, undo="activate"),
    Act(
        act="fail",
        fault={"method": _GET, "status": 503, "count": _MANY},
        state="unreachable",
        cause=Cause.PLATFORM_DOWN,
        undo="forget_faults",
    ),
    Act(
        act="fail",
        fault={"method": _GET, "status": 429, "body": {"error": "RateLimitExceeded"}, "count": 1},
        state="unreachable",
        cause=Cause.RATE_LIMITED,
        undo="forget_faults",
    ),
)
"""The last asks to wait, and ends the test."""
