"""When many links in trouble are one story: a silent platform, or our own network (R59).

Silence says nothing about a link, so one silent link alone is told like any trouble. When at least
two links of a place are silent and they are half of all that are watched there, it is the place:
by the time the first link has used up its patience, each of the others has been asked at least once
in an outage, so half is reached at once; and a few dead accounts of many never reach it. Refusals
and lost permissions are weighed in `refusals.py`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.domain.states import MESSAGES_STOPPED, LinkState

FEWEST = 2
"""One silent link may have a trouble of its own."""

LONGEST_HEALING = timedelta(minutes=45)
"""Whoever is silent so long after the first answer is no part of the incident any more."""


class IncidentKind(StrEnum):
    """Whose trouble it is."""

    SILENT = "silent"  # one platform, or one server of it
    REFUSED = "refused"  # it refuses many unrelated people's log-ins at once
    LIMITED = "limited"  # it takes permissions from many unrelated people at once
    OFFLINE = "offline"  # nobody answers at all: it is our own network
    LOG_IN = "log_in"  # several accounts of one person's log-in broke for one cause


PLATFORM_WIDE = frozenset(IncidentKind) - {IncidentKind.LOG_IN}
"""Incidents that no person can mend: nobody is to relink while one goes on."""

HIT: dict[IncidentKind, frozenset[LinkState]] = {
    IncidentKind.REFUSED: MESSAGES_STOPPED,
    IncidentKind.LIMITED: frozenset({LinkState.LIMITED}),
}
"""What a place does to many people alike, although it answers, by what it comes to for a link."""

MASS = frozenset(HIT)

CAUGHT: dict[IncidentKind, frozenset[LinkState]] = {
    IncidentKind.SILENT: frozenset({LinkState.UNREACHABLE}),
    IncidentKind.OFFLINE: frozenset({LinkState.UNREACHABLE}),
    IncidentKind.REFUSED: MESSAGES_STOPPED | {LinkState.LIMITED},
    IncidentKind.LIMITED: frozenset({LinkState.LIMITED}),
}
"""How links stand that are caught in a wide incident; who refuses people takes what he likes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A platform, or one server of it; what is silent or answers together."""

    platform: str
    server: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """How the watched links of a place stand; `answering` have answered when last asked.

    `watched` may be counted no further than it matters: to one more than twice the silent.
    """

    watched: int
    silent: int

    @property
    def answering(self) -> int:
        return self.watched - self.silent


def is_silent(census: Census) -> bool:
    """Whether the place itself is in trouble, and not only some of its links."""
    return census.silent >= FEWEST and 2 * census.silent >= census.watched


def is_offline(*, platforms: int, anybody_answers: bool) -> bool:
    """Whether it is us: several platforms are watched, and none of them answers at all."""
    return platforms > 1 and not anybody_answers


def healed_for_long(healing_since: datetime | None, now: datetime) -> bool:
    """Whether whoever is still silent has had his time since the first answer."""
    return healing_since is not None and now - healing_since >= LONGEST_HEALING


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How a place, or everything, answers; `census` is asked only after the longest healing."""

    any_silent: bool
    answered_lately: bool
    census: Census | None


def is_over(found: Answers, *, healing_since: datetime | None, now: datetime) -> bool:
    """Whether the place answers again: to all, or for long enough to half of its links."""
    if not found.any_silent:
        return True
    if not healed_for_long(healing_since, now):
        return False
    return found.census is None or not is_silent(found.census)
