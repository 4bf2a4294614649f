"""The one reader of the clock."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant, aware UTC."""
    return datetime.now(UTC)
