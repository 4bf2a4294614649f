"""How much of a span links worked is counted from their changes of state."""

from datetime import timedelta

import pytest

from dashboard.domain.states import LinkState
from dashboard.domain.uptime import Change, Timeline, share_working
from tests.fakes import START

DAY = timedelta(days=1)


def share(*timelines: Timeline) -> float | None:
    return share_working(timelines, start=START - 10 * DAY, end=START)


def change(days_ago: float, old: LinkState, new: LinkState) -> Change:
    return Change(at=START - days_ago * DAY, old=old, new=new)


def test_a_link_without_changes_stood_as_it_stands() -> None:
    old = START - 99 * DAY
    assert share(Timeline(linked_at=old, state=LinkState.HEALTHY)) == 1
    assert share(Timeline(linked_at=old, state=LinkState.EXPIRED)) == 0


def test_broken_days_count_against_it_and_limited_ones_do_not() -> None:
    changes = [
        change(8, LinkState.HEALTHY, LinkState.EXPIRED),
        change(6, LinkState.EXPIRED, LinkState.LIMITED),
    ]
    line = Timeline(linked_at=START - 99 * DAY, state=LinkState.LIMITED, changes=changes)
    assert share(line) == pytest.approx(0.8)


def test_a_pause_counts_neither_way() -> None:
    changes = [
        change(5, LinkState.HEALTHY, LinkState.PAUSED),
        change(1, LinkState.PAUSED, LinkState.EXPIRED),
    ]
    line = Timeline(linked_at=START - 99 * DAY, state=LinkState.EXPIRED, changes=changes)
    assert share(line) == pytest.approx(5 / 6)


def test_a_young_link_is_watched_since_it_was_linked() -> None:
    line = Timeline(
        linked_at=START - 2 * DAY,
        state=LinkState.EXPIRED,
        changes=[change(1, LinkState.HEALTHY, LinkState.EXPIRED)],
    )
    assert share(line) == pytest.approx(0.5)


def test_nothing_watched_is_not_known() -> None:
    assert share() is None
