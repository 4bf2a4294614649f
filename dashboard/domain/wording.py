"""How instants, spans and lists are written in mails: plain English in the reader's own zone.

Pages do the same in `web/formatting`, where the browser knows the zone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_LONGEST_NAME = 60


def zone_named(name: str) -> ZoneInfo:
    """The zone, or UTC for a name that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def day_and_time(at: datetime, zone: ZoneInfo) -> str:
    """Return "Tuesday 24 November 2026, 16:02"."""
    local = at.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {day(at, zone)}, {local:%H:%M}"


def day(at: datetime, zone: ZoneInfo) -> str:
    """Return "24 November 2026"."""
    local = at.astimezone(zone)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def span(length: timedelta) -> str:
    """Return the two largest units in words: "2 days and 4 hours", "12 minutes"."""
    minutes = max(int(length.total_seconds()) // 60, 0)
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    units = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    first = next((index for index, (count, _) in enumerate(units) if count), None)
    if first is None:
        return "less than a minute"
    return " and ".join(counted(count, word) for count, word in units[first : first + 2] if count)


def counted(count: int, one: str) -> str:
    """Return "1 post" or "2 posts"."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def listed(names: Sequence[str], *, most: int) -> str:
    """Return "A", "A and B", "A, B and C" or "A, B and 4 more"."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    if len(names) < 2:  # noqa: PLR2004  # a list of one is no list
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def one_line(text: str, longest: int = _LONGEST_NAME) -> str:
    """A name from a platform as it may stand in a sentence: one line, no controls, not endless.

    Invisible direction marks go too: they can make a name read as something else (R21, R56).
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    line = " ".join(printable.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
