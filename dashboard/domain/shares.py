"""How those who ask at the same moment share what a host may be asked at once.

Each round of checks holds a share of the same number for every host, as it does not know whom it
will ask. A newcomer gets what is free, at least one; the others make room the next time they look,
so within a moment all have equal parts and together never more than the number (but for those whose
one is one too many). Whoever dies leaves a share that lapses. Pure: instants are seconds since
1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass

LASTS = 90.0
"""Seconds for which a share holds unless it is looked at again: more than clocks differ (R75)."""

_CLOCKS_APART = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many questions its holder may have under way at a host, and until when it holds."""

    number: int
    until: float


def taken(
    held: Mapping[str, Share], who: str, total: int, *, now: float
) -> tuple[dict[str, Share], int]:
    """All shares after `who` has looked, and how many questions that gives him; at least one."""
    others = {
        one: share
        for one, share in held.items()
        if one != who and now < share.until <= now + LASTS + _CLOCKS_APART
    }
    fair = total // (len(others) + 1)
    free = total - sum(share.number for share in others.values())
    mine = max(1, min(fair, free))
    return {**others, who: Share(number=mine, until=now + LASTS)}, mine
