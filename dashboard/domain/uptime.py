"""How much of a span links worked, from their changes of state."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.domain.states import LinkState

DOWN = frozenset({LinkState.EXPIRED, LinkState.BLOCKED, LinkState.UNREACHABLE})
"""States in which an account could not be used; `limited` can, in part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A link moved from `old` to `new`."""

    at: datetime
    old: LinkState
    new: LinkState


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One link: since when it is there, how it stands, its changes in order.

    `links` is how many links this is true of: those without changes are told together.
    """

    linked_at: datetime
    state: LinkState
    changes: Sequence[Change] = ()
    links: int = 1


def share_working(timelines: Iterable[Timeline], *, start: datetime, end: datetime) -> float | None:
    """Return the share from 0 to 1 in which they worked; a pause counts neither way.

    None when nothing was watched in that span.
    """
    working = watched = timedelta()
    for timeline in timelines:
        for state, length in stretches(timeline, start, end):
            if state is not LinkState.PAUSED:
                watched += length * timeline.links
                working += timedelta() if state in DOWN else length * timeline.links
    return working / watched if watched else None


def stretches(
    timeline: Timeline, start: datetime, end: datetime
) -> Iterable[tuple[LinkState, timedelta]]:
    """Give the states of a link between two instants with their lengths, in order."""
    begin = max(start, timeline.linked_at)
    changes = [change for change in timeline.changes if begin < change.at < end]
    state = _state_at(timeline, begin)
    for change in changes:
        yield state, change.at - begin
        state, begin = change.new, change.at
    if end > begin:
        yield state, end - begin


def _state_at(timeline: Timeline, instant: datetime) -> LinkState:
    """The next change says what was before it; without one it stands as it stands now."""
    for change in timeline.changes:
        if change.at > instant:
            return change.old
    return timeline.state
