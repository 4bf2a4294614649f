"""What removing an account costs, and the end of its rows after the days of grace.

The numbers of `count_loss` are checked in a test against what `purge_account` really deletes: a
page that promises something else than it does is worse than none.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.accounts import forget_access
from dashboard.db.tables import (
    AccountRow,
    AttemptRow,
    EventRow,
    LinkRow,
    MentionRow,
    PictureRow,
    PublicationRow,
    SyncRow,
)
from dashboard.domain.calendar import ON_THE_PLATFORM, Loss, PublicationState, window_start

_PLANNED = (PublicationState.SCHEDULED.value, PublicationState.HELD.value)


def count_loss(session: Session, account_id: UUID, *, now: datetime) -> Loss:
    """Publications of an account: all, those that could be loaded again, those not yet out."""
    its = col(PublicationRow.account_id) == account_id
    again = (
        col(PublicationRow.state).in_([state.value for state in ON_THE_PLATFORM])
        & (col(PublicationRow.published_at) >= window_start(now))
        & col(PublicationRow.gone_at).is_(None)
    )
    planned = col(PublicationRow.state).in_(_PLANNED)
    total, loadable, waiting = session.execute(
        select(
            func.count(),
            func.count().filter(again),
            func.count().filter(planned),
        ).where(its)
    ).one()
    return Loss(total=total, again=loadable, for_good=total - loadable, planned=waiting)


def accounts_to_purge(session: Session, *, now: datetime) -> list[UUID]:
    """Removed accounts whose days of grace are over."""
    found = session.execute(
        select(col(AccountRow.id)).where(
            col(AccountRow.removed_at).is_not(None), col(AccountRow.purge_at) <= now
        )
    )
    return list(found.scalars())


def purge_account(session: Session, account_id: UUID, *, now: datetime) -> bool:
    """Delete the account with all that hangs on it; False when it was brought back meanwhile."""
    claimed = session.execute(
        update(AccountRow)
        .where(
            col(AccountRow.id) == account_id,
            col(AccountRow.removed_at).is_not(None),
            col(AccountRow.purge_at) <= now,
        )
        .values(purge_at=now)
    )
    if claimed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    its = select(col(PublicationRow.id)).where(col(PublicationRow.account_id) == account_id)
    session.execute(delete(PictureRow).where(col(PictureRow.publication_id).in_(its)))
    for table in (PublicationRow, MentionRow, SyncRow, EventRow, AttemptRow, LinkRow):
        session.execute(delete(table).where(col(table.account_id) == account_id))
    forget_access(session, account_id)
    session.execute(delete(AccountRow).where(col(AccountRow.id) == account_id))
    return True
