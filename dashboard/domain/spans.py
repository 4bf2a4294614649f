"""The days that a calendar view shows, in the reader's own time zone."""

from calendar import Calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class View(StrEnum):
    """How much the calendar shows at once."""

    MONTH = "month"
    WEEK = "week"
    LIST = "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Whole weeks for a month, seven days for a week, a month for a list.

    `starts_at` and `ends_at` are the instants at which the first day begins and the last ends.
    """

    view: View
    on: date
    days: tuple[date, ...]
    starts_at: datetime
    ends_at: datetime
    earlier: date
    later: date

    @property
    def weeks(self) -> tuple[tuple[date, ...], ...]:
        return tuple(self.days[start : start + 7] for start in range(0, len(self.days), 7))


def zone(name: str) -> ZoneInfo:
    """The named time zone, UTC when it is not known here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def span(view: View, on: date, time_zone: str) -> Span:
    """Return the days to show around `on`; weeks begin on Monday."""
    first = on.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    if view is View.MONTH:
        days = tuple(Calendar().itermonthdates(on.year, on.month))
        earlier, later = (first - timedelta(days=1)).replace(day=1), following
    elif view is View.WEEK:
        monday = on - timedelta(days=on.weekday())
        days = tuple(monday + timedelta(days=number) for number in range(7))
        earlier, later = monday - timedelta(days=7), monday + timedelta(days=7)
    else:
        days = tuple(first + timedelta(days=number) for number in range((following - first).days))
        earlier, later = (first - timedelta(days=1)).replace(day=1), following
    here = zone(time_zone)
    return Span(
        view=view,
        on=on,
        days=days,
        starts_at=_midnight(days[0], here),
        ends_at=_midnight(days[-1] + timedelta(days=1), here),
        earlier=earlier,
        later=later,
    )


def _midnight(day: date, here: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=here)
