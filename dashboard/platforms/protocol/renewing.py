"""Credentials that are renewed without a person: what is asked, and what can come of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from dashboard.domain.causes import Cause
from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import App, Credential
from dashboard.domain.wire import Http


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """A new credential; it must be durable before anything else happens (R34)."""

    credential: Credential


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshRefused:
    """The platform definitively refuses the refresh (`invalid_grant` and its like).

    With a cause of OWNER_MUST_ACT it speaks of the account: when that is lifted, the same token may
    be renewed again, so the refresh is asked again later.
    """

    cause: Cause
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshUnclear:
    """No definitive answer. `may_have_happened` when the request had left (R35).

    `app_problem` when our registration was refused: nothing is said about the link.
    """

    evidence: Evidence
    may_have_happened: bool
    app_problem: bool = False


RefreshOutcome = Refreshed | RefreshRefused | RefreshUnclear


@runtime_checkable
class RefreshesCredentials(Protocol):
    """Its tokens are renewed by us. `refresh` asks once, is never repeated by the platform file.

    It never raises: silence is `RefreshUnclear`.
    """

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome: ...


@runtime_checkable
class RenewsWithoutSecret(Protocol):
    """Its renewals do not name our registration: they prove no more of it than any other read."""

    renews_without_secret: bool
