"""When somebody is reminded once more that a link must be renewed by a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

BEFORE = (timedelta(days=7), timedelta(days=2))
"""How long before the date; the first notice comes when the link turns `expiring`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A link that is `expiring` since `since`, and when it was reminded of last."""

    account_id: UUID
    since: datetime
    renew_by: datetime
    reminded_at: datetime | None


def is_due(dated: Dated, *, now: datetime) -> bool:
    """Whether a moment to remind has passed since people last heard of it.

    Two moments that passed together (after a pause of ours) are one reminder; a new date after a
    renewal begins anew by itself.
    """
    told = max(dated.since, dated.reminded_at or dated.since)
    return dated.renew_by > now and any(told < dated.renew_by - before <= now for before in BEFORE)
