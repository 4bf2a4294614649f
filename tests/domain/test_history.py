"""A day's bar shows its worst state, and for how long."""

from datetime import timedelta

from dashboard.domain.history import daily, summary
from dashboard.domain.states import LinkState
from dashboard.domain.uptime import Change, Timeline
from tests.fakes import START

WORDS = {state: state.value.title() for state in LinkState}


def timeline(*changes: Change, linked_days_ago: float = 99) -> Timeline:
    state = changes[-1].new if changes else LinkState.HEALTHY
    linked_at = START - timedelta(days=linked_days_ago)
    return Timeline(linked_at=linked_at, state=state, changes=changes)


def test_a_day_with_three_broken_hours_shows_them() -> None:
    broke = START - timedelta(days=1, hours=2)
    line = timeline(
        Change(at=broke, old=LinkState.HEALTHY, new=LinkState.EXPIRED),
        Change(at=broke + timedelta(hours=3), old=LinkState.EXPIRED, new=LinkState.HEALTHY),
    )
    days = daily(line, days=3, now=START)
    assert [day.worst for day in days] == [
        LinkState.HEALTHY,
        LinkState.EXPIRED,
        LinkState.HEALTHY,
    ]
    assert days[1].lasted == timedelta(hours=3)


def test_today_counts_up_to_now_and_earlier_changes_do_not_colour_later_days() -> None:
    line = timeline(
        Change(at=START - timedelta(days=5), old=LinkState.HEALTHY, new=LinkState.EXPIRED)
    )
    days = daily(line, days=2, now=START)
    assert [day.worst for day in days] == [LinkState.EXPIRED, LinkState.EXPIRED]
    assert days[-1].lasted == timedelta(hours=10)


def test_days_before_the_link_are_empty() -> None:
    days = daily(timeline(linked_days_ago=1), days=4, now=START)
    assert [day.worst for day in days] == [None, None, LinkState.HEALTHY, LinkState.HEALTHY]


def test_the_day_of_linking_is_as_good_as_the_link_turned_out() -> None:
    line = timeline(
        Change(at=START - timedelta(hours=1), old=LinkState.NEW, new=LinkState.HEALTHY),
        linked_days_ago=0.1,
    )
    assert daily(line, days=1, now=START)[0].worst is LinkState.HEALTHY


def test_the_summary_says_it_in_words() -> None:
    line = timeline(
        Change(at=START - timedelta(hours=1), old=LinkState.HEALTHY, new=LinkState.EXPIRED)
    )
    text = summary(daily(line, days=3, now=START), WORDS)
    assert text == "The last 3 days: healthy on 2, expired on 1"
    assert "nothing known" in summary(
        daily(timeline(linked_days_ago=0), days=1, now=START - timedelta(days=1)), WORDS
    )
