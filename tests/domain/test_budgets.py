"""A platform never gets more than it takes, whoever asks first goes first, and nobody starves."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.budgets import Bucket, Budget, Priority, draw

NOW = 1_795_514_400.0
REDDIT = Budget(requests=100, seconds=60, source="test")


def take(
    bucket: Bucket, wanted: int, priority: Priority = Priority.CHECK, *, at: float = 0.0
) -> tuple[Bucket, int]:
    bucket, drawn = draw(bucket, REDDIT, wanted, priority, now=NOW + at, share=1.0)
    return bucket, drawn.granted


budgets = st.builds(
    Budget,
    requests=st.integers(1, 10_000),
    seconds=st.integers(1, 86_400),
    source=st.just("test"),
)
askings = st.lists(
    st.tuples(
        st.floats(0, 100_000),
        st.integers(1, 500),
        st.sampled_from([Priority.REFRESH, Priority.CHECK, Priority.SYNC]),
    ),
    max_size=60,
)


@given(budgets, askings)
def test_no_span_holds_more_than_the_platform_takes(
    budget: Budget, asked: list[tuple[float, int, Priority]]
) -> None:
    bucket, now, went = Bucket(), NOW, list[tuple[float, int]]()
    for passed, wanted, priority in asked:
        now += passed
        bucket, drawn = draw(bucket, budget, wanted, priority, now=now, share=1.0)
        assert 0 <= drawn.granted <= wanted
        went.append((now, drawn.granted))
    # One that takes a single question in its span gets at most one more at the seam of two spans.
    most = max(budget.requests, 2)
    for begin, _ in went:
        assert within(went, begin, budget.seconds) <= most + 1e-6


def within(went: Iterable[tuple[float, int]], begin: float, seconds: float) -> int:
    return sum(number for at, number in went if begin <= at < begin + seconds)


@pytest.mark.parametrize("requests", [4, 75, 100, 1000])
def test_whoever_asks_all_the_time_gets_what_there_is_and_never_more(requests: int) -> None:
    budget = Budget(requests=requests, seconds=60, source="test")
    bucket, went = Bucket(), list[tuple[float, int]]()
    for tick in range(1800):
        now = NOW + tick / 10
        bucket, drawn = draw(bucket, budget, 500, Priority.REFRESH, now=now, share=1.0)
        went.append((now, drawn.granted))
    spans = [within(went, NOW + begin / 10, 60) for begin in range(0, 1200, 7)]
    assert max(spans) <= requests
    assert min(spans) >= requests * 0.7


@given(budgets, st.sampled_from([Priority.REFRESH, Priority.CHECK, Priority.SYNC]))
def test_whoever_comes_back_when_told_is_let_in(budget: Budget, priority: Priority) -> None:
    bucket, drawn = draw(Bucket(), budget, 10**6, priority, now=NOW, share=1.0)
    bucket, drawn = draw(bucket, budget, 1, priority, now=drawn.next_at + 1e-3, share=1.0)
    assert drawn.granted == 1


@given(budgets, st.floats(0.01, 1.0))
def test_a_small_share_is_slow_and_never_nothing(budget: Budget, share: float) -> None:
    bucket, now, granted = Bucket(), NOW, 0
    for _ in range(5):
        bucket, drawn = draw(bucket, budget, 1, Priority.CHECK, now=now, share=share)
        granted += drawn.granted
        now = drawn.next_at + 1e-3
    assert granted >= 2


def test_checks_leave_room_for_renewals_and_syncs_for_checks() -> None:
    bucket, synced = take(Bucket(), 100, Priority.SYNC)
    bucket, checked = take(bucket, 100, Priority.CHECK)
    bucket, renewed = take(bucket, 100, Priority.REFRESH)
    assert (synced, checked, renewed) == (12, 6, 7)


def test_a_person_is_counted_and_never_held_back() -> None:
    bucket, _ = take(Bucket(), 100, Priority.REFRESH)
    bucket, person = take(bucket, 3, Priority.PERSON)
    assert person == 3
    bucket, checked = take(bucket, 1, Priority.CHECK, at=4.0)
    assert checked == 0


def test_a_sync_is_not_kept_waiting_for_ever_by_checks() -> None:
    bucket, at, synced = Bucket(), 0.0, 0
    while at < 1200:
        bucket, _ = take(bucket, 500, Priority.CHECK, at=at)
        bucket, got = take(bucket, 1, Priority.SYNC, at=at)
        synced += got
        at += 1.0
    assert synced > 2


@pytest.mark.parametrize(("ahead", "granted"), [(10.0, 0), (7200.0, 0)])
def test_a_clock_ahead_of_ours_lets_nobody_in_twice(ahead: float, granted: int) -> None:
    bucket, _ = take(Bucket(), 500, Priority.REFRESH, at=ahead)
    assert take(bucket, 1, Priority.REFRESH, at=0.0)[1] == granted


def test_a_clock_that_was_set_back_stops_nothing_for_long() -> None:
    """R75."""
    bucket, _ = take(Bucket(), 500, Priority.REFRESH, at=7200.0)
    bucket, _ = take(bucket, 1, Priority.REFRESH, at=0.0)
    assert take(bucket, 1, Priority.REFRESH, at=5.0)[1] == 1
