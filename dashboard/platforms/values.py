"""Single values out of answers: of the right type, within bounds, fit to be stored and shown.

Whatever is none of that becomes "" or None; nothing here raises.
"""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

Body = Mapping[str, object]

_LONGEST_URL = 2_000
_LONGEST_TOKEN = 8_000
_LONGEST_INSTANT = 64
_LONGEST_COUNT = 12
_LONGEST_LIFE = timedelta(days=3_650)
_LAST_EPOCH = 253_402_300_799
_JOINERS = "\u200c\u200d"
_INVISIBLE = frozenset({"Cf", "Cs", "Co"})


def object_of(value: object) -> Body:
    """The JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def text_of(value: object, limit: int = 255) -> str:
    """The string on one line without control characters, at most `limit` long; else ""."""
    return one_line(value)[:limit].rstrip() if isinstance(value, str) else ""


def lines_of(value: object, limit: int) -> str:
    """Like `text_of`, but lines stay lines; at most one of them empty in a row."""
    if not isinstance(value, str):
        return ""
    lines = [one_line(line) for line in value[: limit * 2].splitlines()]
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return "\n".join(kept)[:limit].strip()


def token_of(value: object) -> str:
    """The token if it is one that can be sent back in a header, else ""."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TOKEN:
        return ""
    return value if all("!" <= letter <= "~" for letter in value) else ""


def web_address(value: object) -> str:
    """The address if a browser may be sent there (http or https), else ""."""
    if not isinstance(value, str) or len(value) > _LONGEST_URL or one_line(value) != value:
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme in {"http", "https"} and parts.netloc and " " not in value else ""


def instant_of(value: object) -> datetime | None:
    """The instant of an ISO 8601 text (without a zone: UTC), as aware UTC."""
    if not isinstance(value, str) or len(value) > _LONGEST_INSTANT:
        return None
    try:
        instant = datetime.fromisoformat(value)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def epoch_of(value: object) -> datetime | None:
    """The instant of a count of seconds since 1970, as aware UTC."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return datetime.fromtimestamp(value, UTC) if 0 <= value <= _LAST_EPOCH else None


def is_count(text: str) -> bool:
    """Whether the text is a whole number of ASCII digits and of a sane length."""
    return text.isascii() and text.isdigit() and len(text) < _LONGEST_COUNT


def span_of(value: object) -> timedelta | None:
    """The span of a count of seconds, at most ten years; None unless it is positive."""
    if (
        isinstance(value, str)
        and value.isascii()
        and value.isdigit()
        and len(value) < _LONGEST_COUNT
    ):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    return timedelta(seconds=min(value, _LONGEST_LIFE.total_seconds()))


def one_line(text: str) -> str:
    """One line: line ends and control characters become spaces, invisible ones vanish.

    Among the invisible are those that turn the direction of writing: they would garble a page.
    The joiners stay, emoji and Persian are written with them.
    """
    if not text.isprintable():  # most is, and need not be looked at letter by letter
        text = "".join(map(_printable, text))
    return " ".join(text.split())


def _printable(letter: str) -> str:
    if letter.isprintable() or letter in _JOINERS:
        return letter
    return "" if unicodedata.category(letter) in _INVISIBLE else " "
