"""How instants, durations and counts are written for people.

Everything is in UTC and English; `static/js/app.js` rewrites instants in the reader's own zone by
the same rules, so a change here is a change there.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from flask import Flask

_MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_DAYS_IN_DAYS = 14  # up to here "12 days ago" is clearer than "1 week ago"
_WHOLE = 1_000  # tenths of a per cent
_DAYS_IN_WEEKS = 60


def instant(moment: datetime) -> str:
    """Return "24 Nov 2026, 16:02 UTC"."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {_MONTHS[moment.month - 1][:3]} {moment.year}, {moment:%H:%M} UTC"


def iso(moment: datetime) -> str:
    """Return the machine's form for the `datetime` attribute: "2026-11-24T16:02:00Z"."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(when: date) -> str:
    """Return "24 November 2026"; of an instant, its day in UTC."""
    if isinstance(when, datetime):
        when = when.astimezone(UTC).date()
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def relative(moment: datetime, *, now: datetime, coming: bool = False) -> str:
    """Return "3 h ago", "in 5 days", "just now"; from 60 days away on the day itself.

    What is `coming` and late by less than a minute is still "in a moment".
    """
    seconds = (moment - now).total_seconds()
    amount = _amount(abs(seconds))
    if amount is None:
        return f"{'on ' if seconds > 0 else ''}{day(moment)}"
    if not amount:
        return "in a moment" if seconds > 0 or coming else "just now"
    return f"in {amount}" if seconds > 0 else f"{amount} ago"


def _amount(seconds: float) -> str | None:
    """Return the one unit that fits; empty below a minute, None where a date says more."""
    if seconds < _MINUTE:
        return ""
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h"
    days = int(seconds // _DAY)
    if days <= _DAYS_IN_DAYS:
        return plural(days, "day")
    return plural(days // 7, "week") if days < _DAYS_IN_WEEKS else None


def duration(span: timedelta) -> str:
    """Return the two largest units: "3 h 12 min", "2 days 4 h", "45 s"."""
    seconds = max(int(span.total_seconds()), 0)
    days, rest = divmod(seconds, _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes, seconds = divmod(rest, _MINUTE)
    units = [
        plural(days, "day") if days else "",
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes else "",
        f"{seconds} s" if seconds else "",
    ]
    first = next((index for index, unit in enumerate(units) if unit), None)
    if first is None:
        return "0 s"
    return " ".join(unit for unit in units[first : first + 2] if unit)


def number(count: int) -> str:
    """Return "1,234"."""
    return f"{count:,}"


def share(part: float) -> str:
    """Return "99.8 %"; a little below the whole is never written as the whole."""
    tenths = int(part * 1_000 + 1e-9)
    return "100 %" if tenths == _WHOLE else f"{tenths / 10:.1f} %"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return the count with its noun: "1 post", "2 posts", "3 replies"."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def add_filters(app: Flask, now: Callable[[], datetime]) -> None:
    """Give the templates of `app` these filters; `relative` measures from `now()`."""
    app.jinja_env.filters |= {
        "instant": instant,
        "iso": iso,
        "day": day,
        "relative": lambda moment, coming=False: relative(moment, now=now(), coming=coming),
        "duration": duration,
        "number": number,
        "share": share,
        "plural": plural,
    }
