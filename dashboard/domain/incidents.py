"""When many links in trouble are one story: a silent platform, or our own network (R59).

Silence says nothing about a link, so one silent link alone is told like any trouble. When at least
two links of a place are silent and they are half of all that are watched there, it is the place:
by the time the first link has used up its patience, each of the others has been asked at least once
in an outage, so half is reached at once; and a few dead accounts of many never reach it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FEWEST = 2
"""One silent link may have a trouble of its own."""

LONGEST_HEALING = timedelta(minutes=45)
"""Whoever is silent so long after the first answer is no part of the incident any more."""


class IncidentKind(StrEnum):
    """Whose trouble it is."""

    SILENT = "silent"  # one platform, or one server of it
    OFFLINE = "offline"  # nobody answers at all: it is our own network


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A platform, or one server of it; what is silent or answers together."""

    platform: str
    server: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """How the watched links of a place stand; `answering` have answered when last asked."""

    watched: int
    silent: int

    @property
    def answering(self) -> int:
        return self.watched - self.silent


def is_silent(census: Census) -> bool:
    """Whether the place itself is in trouble, and not only some of its links."""
    return census.silent >= FEWEST and 2 * census.silent >= census.watched


def is_offline(everywhere: dict[Place, Census]) -> bool:
    """Whether it is us: several platforms are watched, and none of them answers at all."""
    platforms = {place.platform for place, census in everywhere.items() if census.watched}
    return len(platforms) > 1 and not any(census.answering for census in everywhere.values())


def is_over(census: Census, *, healing_since: datetime | None, now: datetime) -> bool:
    """Whether the place answers again: to all, or for long enough to half of its links."""
    if not census.silent:
        return True
    long_enough = healing_since is not None and now - healing_since >= LONGEST_HEALING
    return long_enough and not is_silent(census)
