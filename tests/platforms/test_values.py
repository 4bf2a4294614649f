"""Values out of answers are of the right type, within bounds, and fit to be stored and shown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.platforms.values import (
    epoch_of,
    instant_of,
    lines_of,
    span_of,
    text_of,
    token_of,
    web_address,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Bakery\r\n Jansen\x00", "Bakery Jansen"),
        ("a\u202eb\u200bc", "abc"),
        ("family 👩\u200d👩\u200d👧", "family 👩\u200d👩\u200d👧"),
        ("x" * 400, "x" * 255),
        (7, ""),
        (None, ""),
        (["Bakery"], ""),
    ],
)
def test_a_text_is_one_printable_line_of_bounded_length(value: Any, text: str) -> None:
    assert text_of(value) == text


def test_lines_stay_lines_with_at_most_one_empty_between() -> None:
    assert lines_of("one\n\n\n\n two \x07\r\nthree\n\n", 100) == "one\n\ntwo\nthree"
    assert lines_of(7, 100) == ""


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "tök", "x" * 9_000, None, 7, ["t"]])
def test_what_cannot_be_sent_in_a_header_is_no_token(token: Any) -> None:
    assert token_of(token) == ""


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https:///path",
        "https://a.example/\nb",
        "https://a.example/a b",
        "https://" + "a" * 2_000,
        "https://[::1",
        "ftp://a.example",
        None,
        7,
    ],
)
def test_r21_an_address_that_a_browser_must_not_be_sent_to_is_dropped(address: Any) -> None:
    assert web_address(address) == ""


def test_a_web_address_is_kept() -> None:
    assert web_address("https://a.example/@b?c=d") == "https://a.example/@b?c=d"


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2026-11-24T10:00:00Z", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("2026-11-24T11:00:00.000+01:00", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("yesterday", None),
        ("9" * 100, None),
        (1_800_000_000, None),
    ],
)
def test_instants_are_aware_utc_or_nothing(value: Any, instant: datetime | None) -> None:
    assert instant_of(value) == instant


@pytest.mark.parametrize("value", [True, -1, 10**15, float("inf"), float("nan"), "1", None])
def test_an_impossible_count_of_seconds_is_no_instant(value: Any) -> None:
    assert epoch_of(value) is None


@pytest.mark.parametrize(
    ("value", "span"),
    [
        (3600, timedelta(hours=1)),
        ("3600", timedelta(hours=1)),
        (10**30, timedelta(days=3_650)),
        (0, None),
        (-5, None),
        (True, None),
        ("9" * 40, None),
        ("٣", None),
        (None, None),
    ],
)
def test_lives_are_positive_and_bounded(value: Any, span: timedelta | None) -> None:
    assert span_of(value) == span


@given(st.text(max_size=200))
def test_no_text_makes_a_value_raise(text: str) -> None:
    assert text_of(text).isprintable() or set(text_of(text)) & {"\u200c", "\u200d"}
    instant_of(text)
    web_address(text)
    token_of(text)
    span_of(text)
    lines_of(text, 50)
