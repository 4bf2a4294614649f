"""The states a link can be in; `transitions.py` says how it moves between them."""

from enum import StrEnum


class LinkState(StrEnum):
    """Where a link stands; the words and shapes of the pages follow these."""

    NEW = "new"  # linked, never checked
    HEALTHY = "healthy"  # a real read worked, all wanted permissions are there
    EXPIRING = "expiring"  # works now; a person must renew it before a known date
    LIMITED = "limited"  # works, but a wanted permission or role is missing
    EXPIRED = "expired"  # the platform has definitely refused the token: relink
    BLOCKED = "blocked"  # the owner must first act at the platform
    UNREACHABLE = "unreachable"  # no answer for longer than patience allows
    PAUSED = "paused"  # a person switched checking off


NEEDS_A_PERSON = frozenset({LinkState.EXPIRED, LinkState.BLOCKED, LinkState.LIMITED})
"""States in which somebody must do something now."""

WORKS = frozenset({LinkState.HEALTHY, LinkState.EXPIRING})
"""States in which all that is wanted works now."""

MESSAGES_STOPPED = frozenset({LinkState.EXPIRED, LinkState.BLOCKED})
"""States in which certainly no messages come in and no posts go out."""
