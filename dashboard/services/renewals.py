"""What a renewal can come to, and the spans that keep two of them apart."""

from dataclasses import dataclass
from datetime import timedelta

from dashboard.domain.causes import Cause
from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import Credential

# In seconds. The answer to a renewal is waited for long, because losing it loses the link.
ANSWER_WITHIN = 60.0
AGAIN_WITHIN = 20.0  # nothing is asked later than this after the lease was taken
MARGIN = 35.0  # for what is stored before and after, on a slow disk
LEASE = timedelta(seconds=120)

PER_SECOND = 10
"""Renewals that are begun per second at one place at most, when many have become due (R37)."""


class ShortLeaseError(Exception):
    """With these spans two renewals could be under way at once (F02): refuse to start."""

    def __init__(self) -> None:
        super().__init__("The lease of a renewal is shorter than a renewal may take")


def assert_lease_outlives_asking(
    lease: timedelta, *, answer_within: float, again_within: float, margin: float
) -> None:
    """Raise ShortLeaseError for spans with which a lease could lapse while its holder asks."""
    if answer_within + again_within + margin > lease.total_seconds():
        raise ShortLeaseError


assert_lease_outlives_asking(
    LEASE, answer_within=ANSWER_WITHIN, again_within=AGAIN_WITHIN, margin=MARGIN
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """A newer credential is there, by us or by somebody else."""

    credential: Credential
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """The platform has definitely refused; the cause tells who must act, and where."""

    cause: Cause
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """Nothing definite was learnt. `app_problem`: our registration was refused, not the link."""

    evidence: Evidence
    app_problem: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """Somebody else is renewing it and takes longer than we wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """It cannot be opened on this server; nothing was touched (F19)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The grant was given back, or its platform cannot renew: there is nothing to do."""


Renewal = Renewed | Denied | Unclear | UnderWay | Locked | Gone
