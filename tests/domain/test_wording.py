"""Plain English in the reader's own zone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.wording import day, day_and_time, listed, one_line, span, zone_named

AT = datetime(2026, 11, 24, 23, 2, tzinfo=UTC)


def test_an_instant_is_told_in_the_readers_zone() -> None:
    assert day_and_time(AT, zone_named("Europe/Amsterdam")) == "Wednesday 25 November 2026, 00:02"
    assert day(AT, zone_named("America/New_York")) == "24 November 2026"


@pytest.mark.parametrize("name", ["", "Nowhere/Known", "../../etc/passwd", "\0", "Europe"])
def test_a_zone_that_is_not_known_is_utc(name: str) -> None:
    assert zone_named(name).key == "UTC"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=-5), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=3, minutes=12), "3 hours and 12 minutes"),
        (timedelta(hours=3), "3 hours"),
        (timedelta(days=2, hours=1, minutes=5), "2 days and 1 hour"),
        (timedelta(days=2, minutes=5), "2 days"),
    ],
)
def test_a_span_is_its_two_largest_units(length: timedelta, words: str) -> None:
    assert span(length) == words


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["A"], "A"),
        (["A", "B"], "A and B"),
        (["A", "B", "C"], "A, B and C"),
        (["A", "B", "C", "D", "E"], "A, B, C and 2 more"),
    ],
)
def test_a_list_is_cut_where_it_gets_long(names: list[str], words: str) -> None:
    assert listed(names, most=3) == words


@given(st.text())
def test_a_name_becomes_one_short_line_without_controls(text: str) -> None:
    """R21, R56"""
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= 60
    assert line == line.strip()
