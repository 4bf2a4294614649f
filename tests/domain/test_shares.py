"""Whoever asks at the same time shares what a host may be asked at once."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.shares import LASTS, Share, taken

WHO = st.sampled_from(["a", "b", "c", "d"])


def test_who_asks_alone_has_all_of_it_and_two_have_half_after_a_look_each() -> None:
    held, mine = taken({}, "a", 128, now=0.0)
    assert mine == 128
    held, mine = taken(held, "b", 128, now=1.0)
    assert mine == 1, "the newcomer gets what is free, and at least one"
    held, mine = taken(held, "a", 128, now=1.5)
    assert mine == 64
    held, mine = taken(held, "b", 128, now=2.0)
    assert mine == 64


@given(st.lists(WHO, min_size=1, max_size=60), st.integers(min_value=1, max_value=300))
def test_together_they_never_have_more_than_there_is(looks: list[str], total: int) -> None:
    held: dict[str, Share] = {}
    for nth, who in enumerate(looks):
        held, mine = taken(held, who, total, now=float(nth) / 10)
        assert mine >= 1
        assert sum(share.number for share in held.values()) <= total + len(held) - 1


@given(st.integers(min_value=1, max_value=4), st.integers(min_value=4, max_value=300))
def test_after_two_looks_all_have_equal_parts(number: int, total: int) -> None:
    held: dict[str, Share] = {}
    for nth in range(3 * number):
        held, _ = taken(held, "abcd"[nth % number], total, now=float(nth))
    assert {share.number for share in held.values()} == {total // number}


def test_who_was_killed_leaves_a_share_that_lapses() -> None:
    held, _ = taken({}, "killed", 10, now=0.0)
    held, mine = taken(held, "alive", 10, now=LASTS - 1)
    assert mine == 1
    held, mine = taken(held, "alive", 10, now=LASTS)
    assert (mine, set(held)) == (10, {"alive"})


def test_a_share_that_a_wrong_clock_made_last_for_ever_is_dropped() -> None:
    held = {"ahead": Share(number=9, until=1_000_000.0)}
    assert taken(held, "me", 10, now=0.0)[1] == 10
