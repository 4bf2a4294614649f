"""Patience with a mail server."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.deliveries import retry_in


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_pauses_grow_to_a_quarter_of_an_hour_and_never_vanish(attempts: int, chance: float) -> None:
    """R54: back-off with jitter."""
    assert timedelta(seconds=15) <= retry_in(attempts, chance) <= timedelta(minutes=15)


def test_a_second_pause_is_longer_than_the_first() -> None:
    assert retry_in(2, 0.5) > retry_in(1, 0.5)


def test_chance_spreads_what_failed_together() -> None:
    assert retry_in(4, 0.0) == retry_in(4, 1.0) / 2
