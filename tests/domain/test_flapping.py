"""When a link counts as unsteady: the page says it as the mails do (R60)."""

from datetime import timedelta

import pytest

from dashboard.domain.flapping import STEADY_AFTER, Unsteady, unsteady
from dashboard.domain.states import LinkState
from dashboard.domain.uptime import Change
from tests.fakes import START

HEALTHY, SILENT = LinkState.HEALTHY, LinkState.UNREACHABLE


def flips(*minutes_ago: int) -> list[Change]:
    """Broken, well, broken, ... so many minutes ago."""
    states = [HEALTHY, SILENT] * len(minutes_ago)
    return [
        Change(at=START - timedelta(minutes=ago), old=states[nth], new=states[nth + 1])
        for nth, ago in enumerate(minutes_ago)
    ]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([], None),
        (flips(50, 40), None),  # once broken is broken
        (flips(50, 40, 30), Unsteady(since=START - timedelta(minutes=50), times=2)),
        (flips(90, 80, 70, 60), None),  # steady for an hour
        (flips(1500, 1490, 50, 40), None),  # the first was longer ago than a day
    ],
)
def test_a_link_is_unsteady_from_its_second_break_within_a_day(changes, found) -> None:
    assert unsteady(changes, now=START) == found
    assert timedelta(hours=1) == STEADY_AFTER
