"""The numbers that people meet, by their values: a test that reads a constant agrees with any."""

from datetime import timedelta

import pytest

from dashboard.domain.incidents import healed_for_long
from dashboard.domain.posting import Fate, judge
from dashboard.domain.refusals import Refusals, is_mass, is_over, sample
from dashboard.domain.states import LinkState
from tests.fakes import START


@pytest.mark.parametrize(("people", "mass"), [(3, False), (4, True)])
def test_four_refused_people_are_a_platforms_trouble(people: int, mass: bool) -> None:
    found = Refusals(refused=people, accepted=0, newly_refused=people, watched=people)
    assert is_mass(found) is mass


def test_the_latest_answers_of_twelve_people_are_weighed() -> None:
    assert sample((f"person {number}", True) for number in range(20)) == (12, 0)


@pytest.mark.parametrize(("minutes", "over"), [(119, False), (120, True)])
def test_after_two_hours_a_refusal_is_no_disturbance_any_more(minutes: int, over: bool) -> None:
    began = START - timedelta(minutes=minutes)
    found = is_over(still_refused=5, unasked=5, began_at=began, healing_since=None, now=START)
    assert found is over


@pytest.mark.parametrize(("minutes", "long"), [(44, False), (45, True)])
def test_an_outage_heals_for_three_quarters_of_an_hour(minutes: int, long: bool) -> None:
    assert healed_for_long(START - timedelta(minutes=minutes), START) is long


@pytest.mark.parametrize(("minutes", "fate"), [(60, Fate.GO), (61, Fate.TOO_LATE)])
def test_r76_a_post_goes_out_up_to_an_hour_late(minutes: int, fate: Fate) -> None:
    planned = START - timedelta(minutes=minutes)
    judged = judge(planned, LinkState.HEALTHY, may_publish=True, linked=True, now=START)
    assert judged.fate is fate
