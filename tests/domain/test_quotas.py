"""A quota of the day lasts until midnight, is never exceeded, and starves nobody."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.quotas import (
    Use,
    day_of,
    free_at,
    has_room_for_sync,
    line,
    next_day,
    rhythm,
    room_for_checks,
)

MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)

limits = st.integers(1, 1_000_000)
moments = st.integers(0, 86_399).map(lambda second: MIDNIGHT + timedelta(seconds=second))


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def test_by_noon_half_of_it_and_an_hours_worth_may_be_used() -> None:
    assert [line(240, at(hour)) for hour in (0, 1, 12, 23, 23.5)] == [10, 20, 130, 240, 240]


@given(limits, moments)
def test_the_line_stays_within_the_quota_and_allows_something(limit: int, now: datetime) -> None:
    assert 1 <= line(limit, now) <= limit


@given(limits, moments, st.integers(0, 1_000_000), st.integers(1, 500))
def test_whoever_comes_back_when_told_has_room(
    limit: int, now: datetime, used: int, units: int
) -> None:
    when = free_at(limit, Use(used=used), units, now) + timedelta(milliseconds=1)
    assert when >= now
    if day_of(when) == day_of(now):
        assert used + units <= line(limit, when) + 1
    else:
        assert used + units > limit


def test_a_day_of_checks_uses_the_quota_evenly_and_not_more() -> None:
    used = [0]
    for minute in range(24 * 60):
        now = at(minute / 60)
        used.append(used[-1] + room_for_checks(480, Use(used=used[-1]), now))
    assert used[-1] == 480
    assert used[12 * 60] == pytest.approx(260, abs=3)


def test_syncs_have_a_part_of_their_own_beside_checks() -> None:
    checks_took_all = Use(used=line(1000, at(12)))
    assert has_room_for_sync(1000, checks_took_all, 100, at(12))
    assert not has_room_for_sync(1000, Use(used=541, synced=100), 100, at(12))
    assert not has_room_for_sync(1000, Use(used=950), 100, at(12)), "never over the quota"


def test_a_page_that_does_not_fit_into_the_day_is_never_read() -> None:
    assert not has_room_for_sync(300, Use(), 100, at(23))
    assert has_room_for_sync(334, Use(), 100, at(0))


def test_the_day_is_that_of_utc() -> None:
    late = datetime.fromisoformat("2026-11-24T23:30:00-05:00")
    assert day_of(late).day == 25
    assert next_day(late) == datetime(2026, 11, 26, tzinfo=UTC)


def test_forty_accounts_and_480_reads_are_a_check_each_two_hours() -> None:
    assert rhythm(480, 40) == timedelta(hours=2)
