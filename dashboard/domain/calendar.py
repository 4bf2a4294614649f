"""Publications, and what a platform synchronisation changes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

PublicationId = NewType("PublicationId", UUID)

SYNC_REACH = timedelta(weeks=8)
"""Platform synchronisation loads at most this far back, whatever the platform would give."""


class PublicationState(StrEnum):
    """Where a publication stands; `loaded` means made at the platform and found there."""

    SCHEDULED = "scheduled"
    HELD = "held"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    FAILED = "failed"
    UNKNOWN = "unknown"
    MISSED = "missed"
    LOADED = "loaded"


ON_THE_PLATFORM = frozenset({PublicationState.PUBLISHED, PublicationState.LOADED})
"""States in which the text stands at the platform and could be loaded from there again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPost:
    """A post as the platform lists it; text is hostile until a page escapes it (R21)."""

    remote_id: str
    text: str
    url: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What removing an account would cost, in publications (peers' feature 8).

    `again` of the `total` lie within the synchronisation window and stand at the platform, so
    they could be loaded again; `for_good` would be gone; `planned` had not gone out yet.
    """

    total: int
    again: int
    for_good: int
    planned: int


def window_start(now: datetime) -> datetime:
    """The oldest instant that a synchronisation at `now` may load."""
    return now - SYNC_REACH
