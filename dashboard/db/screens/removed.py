"""Accounts that were removed and can still be brought back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import reachable
from dashboard.db.tables import AccountRow, PublicationRow, UserRow
from dashboard.domain.team import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedAccount:
    """`purge_at` is when it goes for good."""

    id: UUID
    platform: str
    name: str
    removed_at: datetime
    removed_by: str
    purge_at: datetime
    publications: int


def removed_accounts(session: Session, viewer: Viewer) -> list[RemovedAccount]:
    """Return what the viewer's role reached, the latest removal first."""
    publications = (
        select(func.count())
        .where(col(PublicationRow.account_id) == col(AccountRow.id))
        .correlate(AccountRow)
        .scalar_subquery()
    )
    rows = session.execute(
        select(AccountRow, col(UserRow.name), publications)
        .outerjoin(UserRow, col(UserRow.id) == col(AccountRow.removed_by))
        .where(col(AccountRow.removed_at).is_not(None), reachable(viewer.role_id))
        .order_by(col(AccountRow.removed_at).desc())
    )
    return [
        RemovedAccount(
            id=account.id,
            platform=account.platform,
            name=account.name,
            removed_at=account.removed_at,
            removed_by=name or "",
            purge_at=account.purge_at,
            publications=count,
        )
        for account, name, count in rows
    ]
