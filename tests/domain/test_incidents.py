"""When silent links are one story: the edges of the rule (R59)."""

import pytest

from dashboard.domain.incidents import Census, is_silent


@pytest.mark.parametrize(
    ("watched", "silent", "one_story"),
    [(1, 1, False), (2, 1, False), (2, 2, True), (4, 2, True), (5, 2, False), (300, 150, True)],
)
def test_r59_half_of_the_links_and_at_least_two_make_an_incident(
    watched: int, silent: int, *, one_story: bool
) -> None:
    assert is_silent(Census(watched=watched, silent=silent)) is one_story
