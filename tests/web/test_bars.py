"""The bars of a link that worked all along are remembered; they must be those that were due."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.domain.states import LinkState
from dashboard.domain.uptime import Change, Timeline
from dashboard.web import bars as module
from dashboard.web.bars import bars

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize("days_ago", [0, 1, 29, 30, 400])
def test_what_is_remembered_is_what_would_be_worked_out(days_ago: int) -> None:
    linked_at = NOW - timedelta(days=days_ago, hours=1)
    steady = Timeline(linked_at=linked_at, state=LinkState.HEALTHY)
    assert bars(steady, days=30, now=NOW) == module._bars(steady, 30, NOW)


def test_a_link_that_changed_is_not_taken_for_one_that_did_not() -> None:
    back = Change(at=NOW - timedelta(days=2), old=LinkState.EXPIRED, new=LinkState.HEALTHY)
    linked_at = NOW - timedelta(days=90)
    changed = Timeline(linked_at=linked_at, state=LinkState.HEALTHY, changes=[back])
    assert "expired" in {state for state, _ in bars(changed, days=30, now=NOW).days}
