"""The sandbox's only look at the clock, and how instants are written in its database."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_now() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC)


def stamp(at: datetime) -> str:
    """Write an instant so that text order is time order."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def read_stamp(text: str) -> datetime:
    """The instant that `stamp` wrote."""
    return datetime.fromisoformat(text)


def read_optional(text: str | None) -> datetime | None:
    """Like `read_stamp`, for a column that may be empty."""
    return None if text is None else read_stamp(text)


def iso(at: datetime) -> str:
    """An instant as the platform's answers give it, whole seconds: 2026-11-24T10:00:00Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_optional(at: datetime | None) -> str | None:
    """Like `iso`, for an instant that may be missing."""
    return None if at is None else iso(at)
