"""When the next question is asked: never all at once, never too late, never against a wish."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, Evidence, NoAnswer, Refused, Works
from dashboard.domain.links import LinkHealth
from dashboard.domain.rota import Rota, draw_lot, next_check
from dashboard.domain.states import LinkState
from dashboard.domain.transitions import Patience, advance
from tests.fakes import START

ROTA = Rota(every=timedelta(minutes=10), patience=Patience())
SAID = Evidence(call="read the profile")
WORKS = Works()
SILENT = NoAnswer(cause=Cause.NO_ANSWER, evidence=SAID)
HEALTHY = LinkHealth(state=LinkState.HEALTHY, since=START)

LOTS = st.floats(0, 1, exclude_max=True)


def wait(
    health: LinkHealth, outcome: CheckOutcome = WORKS, *, streak: int = 0, lot: float = 0.5
) -> timedelta:
    return next_check(health, outcome, now=START, streak=streak, lot=lot, rota=ROTA) - START


@pytest.mark.parametrize(
    ("lot", "minutes"), [(0.0, 9.0), (0.5, 10.0), (0.999999, 11.0)], ids=["early", "usual", "late"]
)
def test_checks_are_spread_by_a_tenth_to_both_sides(lot: float, minutes: float) -> None:
    assert wait(HEALTHY, lot=lot).total_seconds() == pytest.approx(minutes * 60, abs=1)


@pytest.mark.parametrize(("streak", "minutes"), [(0, 10), (50, 12.5), (100, 15), (100_000, 15)])
def test_a_link_that_always_works_is_asked_less_often_up_to_a_cap(
    streak: int, minutes: float
) -> None:
    assert wait(HEALTHY, streak=streak) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("misses", "minutes"), [(1, 2), (2, 4), (3, 8), (4, 10), (60, 10)], ids=str
)
def test_after_a_silence_it_asks_sooner_and_then_slower_again(misses: int, minutes: float) -> None:
    link = replace(HEALTHY, misses=misses)
    assert wait(link, SILENT) == timedelta(minutes=minutes)


def test_the_end_of_patience_is_looked_at_when_it_comes() -> None:
    link = replace(HEALTHY, misses=4, silent_since=START - timedelta(minutes=10))
    assert wait(link, SILENT) == timedelta(minutes=5)


def test_a_doubtful_refusal_is_asked_again_after_a_short_pause() -> None:
    assert wait(replace(HEALTHY, doubts=1)) == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("state", "minutes"), [("expired", 20), ("blocked", 10), ("unreachable", 5), ("limited", 10)]
)
def test_a_broken_link_stays_in_the_rota(state: str, minutes: float) -> None:
    assert wait(replace(HEALTHY, state=LinkState(state))) == timedelta(minutes=minutes)


def test_near_its_end_a_link_is_asked_more_often() -> None:
    assert wait(replace(HEALTHY, renew_by=START + timedelta(days=3))) == timedelta(minutes=5)


def test_the_day_on_which_a_renewal_must_be_told_is_not_missed() -> None:
    link = replace(HEALTHY, renew_by=START + timedelta(days=14, minutes=3))
    assert wait(link, streak=100) == timedelta(minutes=3)


@given(seconds=st.integers(0, 86_400), lot=LOTS, misses=st.integers(1, 30))
def test_a_wish_to_wait_is_never_shortened(seconds: int, lot: float, misses: int) -> None:
    """R45."""
    asked = replace(SILENT, retry_after=timedelta(seconds=seconds))
    link = replace(HEALTHY, misses=misses, silent_since=START)
    assert wait(link, asked, lot=lot) >= timedelta(seconds=seconds)


@given(
    state=st.sampled_from([state for state in LinkState if state is not LinkState.PAUSED]),
    outcome=st.sampled_from([Works(), SILENT, Refused(cause=Cause.APP_REMOVED, evidence=SAID)]),
    streak=st.integers(0, 10_000),
    lot=LOTS,
    every=st.timedeltas(timedelta(seconds=5), timedelta(days=1)),
)
def test_every_state_but_paused_stays_in_the_rota(
    state: LinkState, outcome: CheckOutcome, streak: int, lot: float, every: timedelta
) -> None:
    rota = replace(ROTA, every=every)
    health, _ = advance(replace(HEALTHY, state=state), outcome, now=START, patience=rota.patience)
    at = next_check(health, outcome, now=START, streak=streak, lot=lot, rota=rota)
    assert START < at <= START + every * 2.2


def test_lots_are_spread_evenly_and_the_same_for_the_same_link_and_time() -> None:
    lots = [draw_lot(UUID(int=number), START) for number in range(10_000)]
    tenths = [sum(tenth <= lot * 10 < tenth + 1 for lot in lots) for tenth in range(10)]
    assert min(tenths) > 850
    assert max(tenths) < 1150
    link = uuid4()
    assert draw_lot(link, START) == draw_lot(link, START)
    assert draw_lot(link, START) != draw_lot(link, START + timedelta(minutes=10))
