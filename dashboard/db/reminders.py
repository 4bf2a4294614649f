"""Which links are near the date by which a person must renew them, and were not reminded of yet."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import AccountRow, LinkRow
from dashboard.domain.reminders import BEFORE, Dated, is_due
from dashboard.domain.states import LinkState


def due_reminders(session: Session, *, now: datetime) -> list[Dated]:
    """Few rows at any number of links: only those that are `expiring` are looked at."""
    rows = session.execute(
        select(
            col(LinkRow.account_id),
            col(LinkRow.since),
            col(LinkRow.renew_by),
            col(LinkRow.reminded_at),
        )
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
        .where(
            col(LinkRow.state) == LinkState.EXPIRING.value,
            col(LinkRow.renew_by) > now,
            col(LinkRow.renew_by) <= now + max(BEFORE),
            col(AccountRow.removed_at).is_(None),
        )
        .order_by(col(LinkRow.renew_by))
    )
    found = [
        Dated(account_id=account_id, since=since, renew_by=renew_by, reminded_at=reminded_at)
        for account_id, since, renew_by, reminded_at in rows
        if renew_by is not None
    ]
    return [dated for dated in found if is_due(dated, now=now)]


def claim_reminders(
    session: Session, due: Collection[Dated], *, now: datetime
) -> list[tuple[UUID, datetime]]:
    """Note that these are reminded of now; what somebody else noted meanwhile is left out."""
    claimed = []
    for dated in due:
        done = session.execute(
            update(LinkRow)
            .where(
                col(LinkRow.account_id) == dated.account_id,
                col(LinkRow.state) == LinkState.EXPIRING.value,
                col(LinkRow.renew_by) == dated.renew_by,
                or_(
                    col(LinkRow.reminded_at) == dated.reminded_at,
                    col(LinkRow.reminded_at).is_(None),
                ),
            )
            .values(reminded_at=now)
        )
        if done.rowcount == 1:  # type: ignore[attr-defined]
            claimed.append((dated.account_id, dated.renew_by))
    return claimed
