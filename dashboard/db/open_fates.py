"""Posts that a platform has taken and still works on: whom to ask what became of them, and when.

Such a post is `unknown` with a `try_at`; the platform's name of the task stands in its evidence. It
is never claimed to be sent: asking is all that happens here, so asking twice does no harm.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import AccountRow, LinkRow, PublicationRow
from dashboard.domain.calendar import PublicationState

TRACE = "trace"
"""The key of the task's name in `PublicationRow.evidence`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFate:
    """A post to ask about. `grant_id` None: its account is not linked any more."""

    id: UUID
    account_id: UUID
    link_id: UUID
    platform: str
    server: str
    grant_id: UUID | None
    trace: str
    sent_at: datetime


def open_fates(session: Session, *, now: datetime, limit: int = 50) -> list[UUID]:
    """Those whose time to ask has come, the longest waiting first."""
    rows = session.execute(
        select(col(PublicationRow.id))
        .where(*_open(now))
        .order_by(col(PublicationRow.try_at), col(PublicationRow.id))
        .limit(limit)
    )
    return list(rows.scalars())


def claim_fate(
    session: Session, publication_id: UUID, *, again_at: datetime, now: datetime
) -> OpenFate | None:
    """Take one to ask about, due again at `again_at`; None when another worker was faster."""
    taken = session.execute(
        update(PublicationRow)
        .where(col(PublicationRow.id) == publication_id, *_open(now))
        .values(try_at=again_at)
    )
    if _count(taken) != 1:
        return None
    row, account, link = session.execute(
        select(PublicationRow, AccountRow, LinkRow)
        .join(AccountRow, col(AccountRow.id) == col(PublicationRow.account_id))
        .join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))
        .where(col(PublicationRow.id) == publication_id)
        .execution_options(populate_existing=True)
    ).one()
    return OpenFate(
        id=row.id,
        account_id=account.id,
        link_id=link.id,
        platform=account.platform,
        server=account.server,
        grant_id=None if account.removed_at else link.grant_id,
        trace=str((row.evidence or {}).get(TRACE, "")),
        sent_at=row.sent_at or now,
    )


def settle_fate(session: Session, of: OpenFate, *, now: datetime, **values: Any) -> bool:
    """Write what is known of it now; False when a person or a synchronisation was faster."""
    done = session.execute(
        update(PublicationRow)
        .where(
            col(PublicationRow.id) == of.id,
            col(PublicationRow.state) == PublicationState.UNKNOWN.value,
            col(PublicationRow.sent_at) == of.sent_at,
        )
        .values(changed_at=now, **values)
    )
    return _count(done) == 1


def _open(now: datetime) -> tuple[Any, ...]:
    return (
        col(PublicationRow.state) == PublicationState.UNKNOWN.value,
        col(PublicationRow.try_at) <= now,
    )


def _count(done: Any) -> int:
    return int(done.rowcount)
