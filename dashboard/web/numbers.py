"""Whole numbers out of addresses and forms, within what a column of the database holds."""

_MOST = 2**31 - 1  # INTEGER on PostgreSQL
_DIGITS = 10


def whole_number(text: str | None, default: int = 0) -> int:
    """Return the number; `default` for what is none, negative or larger than any of ours."""
    if text is None or not text.isdecimal() or len(text) > _DIGITS:
        return default
    number = int(text)
    return number if number <= _MOST else default
