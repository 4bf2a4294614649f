"""Questions that are counted by the day: because they cost money, or because a day holds no more.

What may be used is a line from midnight to midnight (UTC), with one hour's worth at its start: so a
quota lasts the whole day instead of being used up by noon. Synchronisations have a part of their
own, so that checks and they cannot starve each other. Pure.
"""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_DAY = timedelta(days=1)
_HEAD = 1 / 24
_SYNCS = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a platform counts by the day, in its own `word` ("reads").

    `per_day` is what it allows by itself, None where it gives as much as is paid for. `largest` is
    what one page of a synchronisation takes. `costs` say in plain words what it is about.
    """

    word: str
    source: str
    per_day: int | None = None
    largest: int = 1
    costs: tuple[str, ...] = ()

    @property
    def least_for_syncs(self) -> int:
        """The smallest quota with which a page of a synchronisation fits in."""
        return math.ceil(self.largest / _SYNCS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What was used on one day; `synced` of it by synchronisations."""

    used: int = 0
    synced: int = 0


def day_of(now: datetime) -> date:
    """The day that `now` counts towards."""
    return now.astimezone(UTC).date()


def line(limit: int, now: datetime) -> int:
    """How much may be used by now."""
    passed = (now - _midnight(now)) / _DAY
    return min(limit, max(1, int(limit * (passed + _HEAD))))


def room_for_checks(limit: int, use: Use, now: datetime) -> int:
    """How many checks may go now."""
    return max(0, line(limit, now) - use.used)


def has_room_for_sync(limit: int, use: Use, units: int, now: datetime) -> bool:
    """Whether a page of a synchronisation may go now."""
    part = max(limit * _SYNCS * (now - _midnight(now)) / _DAY, units * 1.0)
    fits_at_all = units <= limit * _SYNCS
    return fits_at_all and use.synced + units <= part and use.used + units <= limit


def free_at(limit: int, use: Use, units: int, now: datetime) -> datetime:
    """When `units` more will have room; the next day when this one has no more."""
    wanted = use.used + units
    begin, wanted = (
        (_midnight(now), wanted) if wanted <= limit else (_midnight(now) + _DAY, wanted - limit)
    )
    if wanted <= 1:  # one is always free at the start of a day
        return max(now, begin)
    return max(now, begin + _DAY * max(0.0, wanted / limit - _HEAD))


def rhythm(limit: int, links: int) -> timedelta:
    """How seldom each of so many links is checked when the quota is to last the day."""
    return _DAY * links / limit


def next_day(now: datetime) -> datetime:
    """When the count starts anew."""
    return _midnight(now) + _DAY


def _midnight(now: datetime) -> datetime:
    return datetime.combine(day_of(now), time(), UTC)
