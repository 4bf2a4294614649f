"""Whose trouble many refusals are; small teams are never kept waiting (R59)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.causes import Cause
from dashboard.domain.refusals import (
    FEWEST_PEOPLE,
    LONGEST,
    LONGEST_HEALING,
    SAMPLE,
    Refusals,
    blamed,
    is_mass,
    is_over,
    is_too_early,
    sample,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
COUNT = st.integers(min_value=0, max_value=400)
FOUND = st.builds(Refusals, refused=COUNT, accepted=COUNT, newly_refused=COUNT, watched=COUNT)


def found(refused: int, accepted: int, newly: int, watched: int) -> Refusals:
    return Refusals(refused=refused, accepted=accepted, newly_refused=newly, watched=watched)


@given(FOUND)
def test_fewer_than_four_people_are_never_a_platform(one: Refusals) -> None:
    if one.newly_refused < FEWEST_PEOPLE or one.watched < FEWEST_PEOPLE:
        assert not is_mass(one)


@given(st.integers(min_value=FEWEST_PEOPLE, max_value=400))
def test_everybody_refused_is_always_a_platform(people: int) -> None:
    assert is_mass(found(min(people, SAMPLE), 0, people, people))


@given(FOUND, st.integers(min_value=1, max_value=50))
def test_more_who_are_accepted_never_make_it_the_platform(one: Refusals, more: int) -> None:
    calmer = found(one.refused, one.accepted + more, one.newly_refused, one.watched)
    assert is_mass(one) or not is_mass(calmer)


@given(FOUND, st.integers(min_value=1, max_value=50))
def test_more_who_are_refused_never_make_it_less_the_platform(one: Refusals, more: int) -> None:
    worse = found(one.refused + more, one.accepted, one.newly_refused + more, one.watched + more)
    nearly_all = one.refused >= FEWEST_PEOPLE and 3 * one.accepted <= one.refused
    assert not is_mass(one) or not nearly_all or is_mass(worse)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60))
def test_one_person_counts_once_however_many_accounts_he_has(answers) -> None:
    refused, accepted = sample(answers)
    assert refused + accepted == len({person for person, _ in answers})
    accepted_once = {person for person, no in answers if not no}
    assert accepted == len(accepted_once)


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=200))
def test_only_the_latest_people_are_weighed(answers) -> None:
    assert sum(sample((str(person), no) for person, no in answers)) <= SAMPLE


@pytest.mark.parametrize(
    ("one", "mass", "early"),
    [
        (found(1, 6, 1, 300), False, False),  # one of many
        (found(1, 0, 1, 300), False, True),  # nobody else was asked yet
        (found(7, 0, 7, 300), True, False),  # and all strangers as well
        (found(6, 2, 300, 10_000), True, False),  # a few still had an answer on its way
        (found(5, 7, 300, 10_000), False, False),  # 3 % of all
        (found(5, 7, 160, 300), True, False),  # half of all people
        (found(3, 0, 3, 3), False, False),  # a small team
        (found(0, 0, 1, 1), False, False),
    ],
)
def test_what_is_told_of_whom(one: Refusals, mass: bool, early: bool) -> None:
    assert (is_mass(one), is_too_early(one)) == (mass, early)


@pytest.mark.parametrize(
    ("cause", "app_refused", "blame"),
    [
        (Cause.LOGGED_OUT, False, Cause.LOGGED_OUT),
        (Cause.LOGGED_OUT, True, Cause.APP_PROBLEM),
        (Cause.APP_REMOVED, False, Cause.APP_PROBLEM),
        (None, False, Cause.TOKEN_REFUSED),
    ],
)
def test_people_do_not_all_remove_one_app(cause, app_refused: bool, blame: Cause) -> None:
    assert blamed(cause, app_refused=app_refused) is blame


@pytest.mark.parametrize(
    ("still", "unasked", "age", "healing", "over"),
    [
        (0, 0, timedelta(minutes=3), None, True),
        (5, 5, timedelta(minutes=30), None, False),  # nobody was accepted yet
        (5, 2, timedelta(minutes=60), LONGEST_HEALING, False),  # some were not asked since
        (5, 0, timedelta(minutes=60), LONGEST_HEALING / 2, False),
        (5, 0, timedelta(minutes=60), LONGEST_HEALING, True),
        (5, 5, LONGEST, None, True),  # no disturbance lasts so long
    ],
)
def test_it_is_over_when_all_are_well_or_had_their_chance(
    still: int, unasked: int, age: timedelta, healing: timedelta | None, over: bool
) -> None:
    assert over is is_over(
        still_refused=still,
        unasked=unasked,
        began_at=NOW - age,
        healing_since=NOW - healing if healing else None,
        now=NOW,
    )
