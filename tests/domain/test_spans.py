"""The calendar shows whole days of the reader, also when the clocks change."""

from datetime import date, timedelta

import pytest

from dashboard.domain.spans import View, span, zone


def test_a_month_is_shown_in_whole_weeks_from_monday() -> None:
    shown = span(View.MONTH, date(2026, 11, 24), "UTC")
    assert (shown.days[0], shown.days[-1]) == (date(2026, 10, 26), date(2026, 12, 6))
    assert [len(week) for week in shown.weeks] == [7] * 6
    assert (shown.earlier, shown.later) == (date(2026, 10, 1), date(2026, 12, 1))


def test_a_week_begins_on_monday() -> None:
    shown = span(View.WEEK, date(2026, 11, 24), "UTC")
    assert (shown.days[0], shown.days[-1]) == (date(2026, 11, 23), date(2026, 11, 29))
    assert shown.later == date(2026, 11, 30)


def test_a_list_is_a_month() -> None:
    shown = span(View.LIST, date(2026, 2, 14), "UTC")
    assert (len(shown.days), shown.earlier) == (28, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2027, 3, 28), 23), (date(2026, 10, 25), 25), (date(2026, 11, 24), 24)]
)
def test_r74_a_day_is_as_long_as_the_clocks_make_it(day: date, hours: int) -> None:
    shown = span(View.WEEK, day, "Europe/Amsterdam")
    length = shown.ends_at.timestamp() - shown.starts_at.timestamp()
    assert length == timedelta(days=7, hours=hours - 24).total_seconds()


def test_a_day_begins_where_the_reader_is() -> None:
    shown = span(View.WEEK, date(2026, 11, 24), "Pacific/Kiritimati")
    assert shown.starts_at.utcoffset() == timedelta(hours=14)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd"])
def test_an_unknown_zone_is_utc(name: str) -> None:
    assert zone(name).key == "UTC"
