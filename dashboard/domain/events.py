"""Facts that happened. They are stored in the transaction that made them true."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.capabilities import Missing
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Evidence
from dashboard.domain.states import LinkState


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStateChanged:
    """A link moved to another state, or stayed broken for another cause."""

    at: datetime
    old: LinkState
    new: LinkState
    cause: Cause | None
    evidence: Evidence | None = None
    missing: tuple[Missing, ...] = ()
    renew_by: datetime | None = None
    troubled_since: datetime | None = None
