"""What a platform tells by itself: at best a hint to look, never a proof (R46-R48)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.domain.causes import Cause, Sureness
from dashboard.domain.checks import CheckOutcome, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A request that came to a push address; nothing in it is trusted yet.

    `headers` have lower-case names.
    """

    method: str
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class PushReason(StrEnum):
    """Why a permission is over, as a platform tells it by itself; UNKNOWN where it tells none."""

    APP_REMOVED = "app_removed"
    ACCOUNT_DELETED = "account_deleted"
    AGE_CHANGED = "age_changed"
    ACCOUNT_BANNED = "account_banned"
    ENDED_BY_US = "ended_by_us"
    LOGGED_OUT = "logged_out"
    HIJACKED = "hijacked"
    ACCOUNT_DISABLED = "account_disabled"
    CHANGE_WANTED = "change_wanted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushHint:
    """One verified message. `id` is the platform's own or a hash: the same message twice is one.

    `subjects` are people at the platform (`Subject.remote_id`), `accounts` are `Identity.remote_id`
    of links that should be looked at now; empty both when it concerns nobody. `what` is for the
    journal ("authorization.removed 1"), `reason` for people once a check has found the
    same; None for what ends nothing.
    """

    id: str
    what: str
    subjects: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    at: datetime | None = None
    reason: PushReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushAnswer:
    """What the platform must be told at once, with the hints that came.

    With `wants_receipt` it is told an address where the person can see that it came.
    """

    hints: tuple[PushHint, ...] = ()
    status: int = 200
    body: str = ""
    media_type: str = "text/plain"
    wants_receipt: bool = False


class ForgedPushError(Exception):
    """Not signed by whom it claims, too old, or unreadable; told to nobody in detail."""


REASON_TEXTS: dict[PushReason, str] = {
    PushReason.APP_REMOVED: "A person took away Linkkeeper's access there.",
    PushReason.ACCOUNT_DELETED: "The account was deleted.",
    PushReason.AGE_CHANGED: "The age of the person was changed, so programs lose their access.",
    PushReason.ACCOUNT_BANNED: "The account was banned.",
    PushReason.ENDED_BY_US: "The access was ended in the name of our own registration.",
    PushReason.LOGGED_OUT: "All sessions of the person were ended.",
    PushReason.HIJACKED: "The person's log-in was disabled: somebody else may have got into it.",
    PushReason.ACCOUNT_DISABLED: "The person's log-in was disabled.",
    PushReason.CHANGE_WANTED: "The person must choose a new password.",
    PushReason.UNKNOWN: "The access is over; the platform gave no reason.",
}
_CAUSES = {PushReason.APP_REMOVED: Cause.APP_REMOVED, PushReason.LOGGED_OUT: Cause.LOGGED_OUT}
_BEFORE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearsay:
    """The latest that a platform told by itself about a link, and when it came."""

    reason: PushReason
    at: datetime

    def speaks_of(self, first_failed: datetime) -> bool:
        """Whether it belongs to a trouble that was first seen then.

        What was told makes us look at once, so an older one was looked at and came to nothing.
        """
        return self.at >= first_failed - _BEFORE


def sharpened(
    outcome: CheckOutcome,
    hearsay: Hearsay | None,
    *,
    troubled_since: datetime | None,
    now: datetime,
) -> CheckOutcome:
    """The outcome with the reason that the platform told, where a check gave none.

    A message alone sets no state (R46): only a refusal that a check has found, and that says
    nothing of why, is explained by it.
    """
    if not isinstance(outcome, Refused) or outcome.cause is not Cause.TOKEN_REFUSED:
        return outcome
    if hearsay is None or not hearsay.speaks_of(troubled_since or now):
        return outcome
    cause = _CAUSES.get(hearsay.reason)
    if cause is None:
        return outcome
    evidence = replace(outcome.evidence, sure=Sureness.TOLD)
    return replace(outcome, cause=cause, evidence=evidence)
