from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from dashboard.web.formatting import day, duration, instant, iso, number, plural, relative, share

NOW = datetime(2026, 11, 24, 16, 2, 30, tzinfo=UTC)


def test_an_instant_names_its_zone():
    assert instant(NOW) == "24 Nov 2026, 16:02 UTC"


def test_an_instant_of_another_zone_is_written_in_utc():
    amsterdam = NOW.astimezone(timezone(timedelta(hours=1)))
    assert instant(amsterdam) == "24 Nov 2026, 16:02 UTC"
    assert iso(amsterdam) == "2026-11-24T16:02:30Z"


def test_a_day_is_written_out():
    assert day(date(2026, 3, 1)) == "1 March 2026"
    assert day(NOW) == "24 November 2026"


AGO = {
    timedelta(0): "just now",
    timedelta(seconds=59): "just now",
    timedelta(seconds=60): "1 min ago",
    timedelta(minutes=59, seconds=59): "59 min ago",
    timedelta(hours=1): "1 h ago",
    timedelta(hours=23, minutes=59): "23 h ago",
    timedelta(days=1): "1 day ago",
    timedelta(days=14, hours=23): "14 days ago",
    timedelta(days=15): "2 weeks ago",
    timedelta(days=59): "8 weeks ago",
    timedelta(days=60): "25 September 2026",
}


@pytest.mark.parametrize(("span", "words"), AGO.items())
def test_what_was_is_told_in_the_unit_that_fits(span: timedelta, words: str):
    assert relative(NOW - span, now=NOW) == words


def test_what_comes_is_told_too():
    assert relative(NOW + timedelta(seconds=20), now=NOW) == "in a moment"
    assert relative(NOW + timedelta(minutes=6, seconds=5), now=NOW) == "in 6 min"
    assert relative(NOW + timedelta(days=90), now=NOW) == "on 22 February 2027"


SPANS = {
    timedelta(0): "0 s",
    timedelta(seconds=45): "45 s",
    timedelta(hours=3, minutes=12, seconds=50): "3 h 12 min",
    timedelta(hours=3, seconds=50): "3 h",
    timedelta(days=2, hours=4): "2 days 4 h",
    timedelta(seconds=-5): "0 s",
}


@pytest.mark.parametrize(("span", "words"), SPANS.items())
def test_a_duration_has_its_two_largest_units(span: timedelta, words: str):
    assert duration(span) == words


def test_counts_read_well():
    assert number(12345) == "12,345"
    assert plural(1, "post") == "1 post"
    assert plural(0, "post") == "0 posts"
    assert plural(1200, "reply", "replies") == "1,200 replies"


@pytest.mark.parametrize(
    ("part", "words"),
    [(1.0, "100 %"), (0.99999, "99.9 %"), (0.998, "99.8 %"), (0.5, "50.0 %"), (0.0, "0.0 %")],
)
def test_a_share_below_the_whole_is_never_written_as_the_whole(part: float, words: str):
    assert share(part) == words
