"""The days of a link as bars: the worst state of each day, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dashboard.domain.states import LinkState
from dashboard.domain.uptime import Timeline, stretches

_BADNESS = {
    state: rank
    for rank, state in enumerate(
        (
            LinkState.NEW,
            LinkState.HEALTHY,
            LinkState.PAUSED,
            LinkState.EXPIRING,
            LinkState.LIMITED,
            LinkState.UNREACHABLE,
            LinkState.BLOCKED,
            LinkState.EXPIRED,
        )
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """`worst` is None before the account was linked; `lasted` is how long it was like that."""

    on: date
    worst: LinkState | None
    lasted: timedelta


def daily(timeline: Timeline, *, days: int, now: datetime) -> tuple[Day, ...]:
    """Return the last `days` days in UTC, today last."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [midnight - timedelta(days=number) for number in reversed(range(days))]
    return tuple(_day(timeline, start, min(start + timedelta(days=1), now)) for start in starts)


def summary(days: Sequence[Day], words: dict[LinkState, str]) -> str:
    """Return "The last 30 days: works on 28, expired on 2" for who cannot see the bars."""
    counts: dict[LinkState, int] = {}
    for day in days:
        if day.worst is not None:
            counts[day.worst] = counts.get(day.worst, 0) + 1
    ordered = sorted(counts, key=lambda state: _BADNESS[state])
    parts = [f"{words[state].lower()} on {counts[state]}" for state in ordered]
    return f"The last {len(days)} days: {', '.join(parts) or 'nothing known yet'}"


def _day(timeline: Timeline, start: datetime, end: datetime) -> Day:
    lengths: dict[LinkState, timedelta] = {}
    for state, length in stretches(timeline, start, end):
        lengths[state] = lengths.get(state, timedelta()) + length
    worst = max(lengths, key=lambda state: _BADNESS[state], default=None)
    lasted = lengths[worst] if worst is not None else timedelta()
    return Day(on=start.date(), worst=worst, lasted=lasted)
