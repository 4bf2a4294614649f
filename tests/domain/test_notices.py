"""What is worth telling, of one change and of several in a row."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.causes import Cause
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.notices import (
    NOTICE_SPECS,
    NoticeKind,
    notice_for_changes,
    still_true,
)
from dashboard.domain.states import LinkState
from tests.fakes import START

NEW, HEALTHY, EXPIRING, LIMITED, EXPIRED, BLOCKED, UNREACHABLE, PAUSED = LinkState


def changes(*states: LinkState, cause: Cause | None = None) -> list[LinkStateChanged]:
    return [
        LinkStateChanged(at=START + timedelta(seconds=step), old=old, new=new, cause=cause)
        for step, (old, new) in enumerate(pairwise(states))
    ]


@pytest.mark.parametrize(
    ("states", "kind"),
    [
        ((NEW, HEALTHY), None),
        ((NEW, EXPIRED), NoticeKind.LINK_BROKEN),
        ((HEALTHY, EXPIRED), NoticeKind.LINK_BROKEN),
        ((HEALTHY, BLOCKED), NoticeKind.LINK_BROKEN),
        ((HEALTHY, UNREACHABLE), NoticeKind.LINK_BROKEN),
        ((HEALTHY, LIMITED), NoticeKind.LINK_LIMITED),
        ((HEALTHY, EXPIRING), NoticeKind.LINK_EXPIRING),
        ((EXPIRED, HEALTHY), NoticeKind.LINK_RECOVERED),
        ((EXPIRED, EXPIRING), NoticeKind.LINK_RECOVERED),
        ((LIMITED, HEALTHY), NoticeKind.LINK_RECOVERED),
        ((EXPIRING, HEALTHY), None),
        ((HEALTHY, PAUSED), None),
        ((HEALTHY, UNREACHABLE, EXPIRED), NoticeKind.LINK_BROKEN),
        ((HEALTHY, EXPIRED, LIMITED), NoticeKind.LINK_LIMITED),
    ],
)
def test_each_change_is_told_as_what_it_means(
    states: tuple[LinkState, ...], kind: NoticeKind | None
) -> None:
    assert notice_for_changes(changes(*states)) is kind


def test_trouble_that_came_and_went_is_told_to_nobody() -> None:
    """R55"""
    assert notice_for_changes(changes(HEALTHY, EXPIRED, HEALTHY)) is None


def test_trouble_that_went_and_came_back_the_same_is_not_told_twice() -> None:
    before = changes(HEALTHY, EXPIRED, cause=Cause.PASSWORD_CHANGED)[0]
    again = changes(EXPIRED, HEALTHY, EXPIRED, cause=Cause.PASSWORD_CHANGED)
    assert notice_for_changes(again, before=before, story_open=True) is None


def test_trouble_that_came_back_for_another_cause_is_told() -> None:
    before = changes(HEALTHY, EXPIRED, cause=Cause.PASSWORD_CHANGED)[0]
    again = changes(EXPIRED, HEALTHY, EXPIRED, cause=Cause.APP_REMOVED)
    assert notice_for_changes(again, before=before, story_open=True) is NoticeKind.LINK_BROKEN


def test_a_story_that_people_know_is_closed_after_a_pause() -> None:
    before = changes(EXPIRED, PAUSED)[0]
    resumed = changes(PAUSED, NEW, HEALTHY)
    assert notice_for_changes(resumed, before=before) is None
    assert notice_for_changes(resumed, before=before, story_open=True) is NoticeKind.LINK_RECOVERED


@given(st.lists(st.sampled_from(list(LinkState)), min_size=2, max_size=8), st.booleans())
def test_what_is_told_is_true_of_where_the_link_ended(
    states: list[LinkState], story_open: bool
) -> None:
    kind = notice_for_changes(changes(*states), story_open=story_open)
    assert kind is None or still_true(kind, states[-1])


def test_a_notice_that_is_about_no_link_stays_true() -> None:
    assert all(still_true(NoticeKind.SETTINGS_CHANGED, state) for state in LinkState)


def test_every_kind_has_a_spec() -> None:
    assert set(NOTICE_SPECS) == set(NoticeKind)
