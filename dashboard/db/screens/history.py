"""What happened to some links lately, for their bars: one query for a whole page of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.events import EventKind
from dashboard.db.tables import EventRow
from dashboard.domain.states import LinkState
from dashboard.domain.uptime import Change


def changes_of(
    session: Session, account_ids: Sequence[UUID], *, since: datetime
) -> dict[UUID, list[Change]]:
    """Return the changes of state of each account in order."""
    found: dict[UUID, list[Change]] = {account_id: [] for account_id in account_ids}
    rows = session.execute(
        select(col(EventRow.account_id), col(EventRow.at), col(EventRow.data))
        .where(
            col(EventRow.account_id).in_(account_ids),
            col(EventRow.kind) == EventKind.LINK_STATE.value,
            col(EventRow.at) >= since,
        )
        .order_by(col(EventRow.seq))
    )
    for account_id, at, data in rows:
        if account_id is not None:
            change = Change(at=at, old=LinkState(data["old"]), new=LinkState(data["new"]))
            found[account_id].append(change)
    return found
