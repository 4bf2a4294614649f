"""What a check can find. Only `Refused` accuses a token; no answer never does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.domain.capabilities import Missing
from dashboard.domain.causes import OWNER_MUST_ACT, Cause, Sureness


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the platform said, safe to show: redacted, at most a few hundred characters.

    `call` names the question ("read the profile"), `code` is the platform's own error code,
    `ruled_out` lists in plain words what was checked and is not the cause. `sure` is for answers
    that are less well known than their cause usually is.
    """

    call: str
    status: int | None = None
    code: str = ""
    text: str = ""
    ruled_out: tuple[str, ...] = ()
    sure: Sureness | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """A real read worked. `missing` names wanted permissions that are not there.

    `renew_by` is when a person must have renewed the consent, if the platform sets such a date.
    """

    missing: tuple[Missing, ...] = ()
    renew_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The platform has refused the token itself: only a relink helps.

    `certain` is False where a platform is known to cry wolf; then a second proof is awaited.
    """

    cause: Cause
    evidence: Evidence
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """The owner must act at the platform first; afterwards the same token may work again."""

    cause: Cause
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """Nothing was learnt about the token: network, outage, rate limit, nonsense.

    `retry_after` is what the platform asked for, already clamped to a sane span (R45).
    """

    cause: Cause
    evidence: Evidence
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppProblem:
    """Our registration with the platform is at fault, not the link: links stay as they are."""

    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsRefresh:
    """The access part is over and the platform lets us renew it: nothing is wrong yet.

    The caller refreshes and checks once more; if the refresh is refused, its cause counts.
    """

    evidence: Evidence


CheckOutcome = Works | Refused | Blocked | NoAnswer | AppProblem | NeedsRefresh


def after_refused_refresh(cause: Cause, evidence: Evidence) -> Refused | Blocked:
    """What a check has found when the refresh it needed was refused for `cause`."""
    if cause in OWNER_MUST_ACT:
        return Blocked(cause=cause, evidence=evidence)
    return Refused(cause=cause, evidence=evidence)
