"""Platform synchronisations: asked for, claimed by one worker, and what each did."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import AccountRow, LinkRow, SyncRow
from dashboard.domain.states import LinkState

SYNC_EVERY = timedelta(hours=6)
_LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An account whose posts are to be listed now."""

    account_id: UUID
    platform: str
    server: str
    remote_id: str
    name: str
    handle: str
    grant_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a synchronisation did; `trouble` in plain words when it stopped early.

    `again_at` when it is to go on before its usual time, automatic or not.
    """

    loaded: int = 0
    changed: int = 0
    gone: int = 0
    back_to: datetime | None = None
    trouble: str = ""
    again_at: datetime | None = None


def ask_for_sync(session: Session, account_id: UUID, *, by: UUID | None, now: datetime) -> None:
    """Put the account in line; a synchronisation that already waits is not asked for twice."""
    waiting = session.execute(
        select(col(SyncRow.id)).where(
            col(SyncRow.account_id) == account_id, col(SyncRow.state) == "queued"
        )
    ).first()
    if waiting is None:
        session.add(SyncRow(account_id=account_id, asked_by=by, asked_at=now))
    session.execute(
        update(AccountRow)
        .where(col(AccountRow.id) == account_id, col(AccountRow.removed_at).is_(None))
        .values(next_sync_at=now)
    )


def due_syncs(session: Session, *, now: datetime, limit: int = 200) -> list[UUID]:
    """Accounts whose time has come and that nobody is working on."""
    rows = session.execute(
        select(col(AccountRow.id))
        .where(
            col(AccountRow.next_sync_at) <= now,
            col(AccountRow.removed_at).is_(None),
            or_(
                col(AccountRow.sync_claimed_until).is_(None),
                col(AccountRow.sync_claimed_until) < now,
            ),
        )
        .order_by(col(AccountRow.next_sync_at))
        .limit(limit)
    )
    return list(rows.scalars())


def claim_sync(session: Session, account_id: UUID, *, owner: str, now: datetime) -> Claimed | None:
    """None when it is not due, somebody else has it, or there is no link to read with."""
    done = session.execute(
        update(AccountRow)
        .where(
            col(AccountRow.id) == account_id,
            col(AccountRow.next_sync_at) <= now,
            col(AccountRow.removed_at).is_(None),
            or_(
                col(AccountRow.sync_claimed_until).is_(None),
                col(AccountRow.sync_claimed_until) < now,
            ),
        )
        .values(sync_claim=owner, sync_claimed_until=now + _LEASE)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        return None
    row = session.execute(
        select(AccountRow, LinkRow)
        .join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))
        .where(col(AccountRow.id) == account_id)
    ).one()
    account: AccountRow = row[0]
    link: LinkRow = row[1]
    session.execute(
        update(SyncRow)
        .where(col(SyncRow.account_id) == account_id, col(SyncRow.state) == "queued")
        .values(state="running")
    )
    if link.grant_id is None or link.state == LinkState.PAUSED.value:
        trouble = Report(trouble="The account is paused or not linked.")
        session.flush()
        finish_sync(session, account_id, owner=owner, report=trouble, now=now)
        return None
    return Claimed(
        account_id=account.id,
        platform=account.platform,
        server=account.server,
        remote_id=account.remote_id,
        name=account.name,
        handle=account.handle,
        grant_id=link.grant_id,
    )


def finish_sync(
    session: Session, account_id: UUID, *, owner: str, report: Report, now: datetime
) -> bool:
    """Write what it did and when the next is due; False when the claim was lost meanwhile."""
    account = session.execute(
        select(AccountRow).where(
            col(AccountRow.id) == account_id, col(AccountRow.sync_claim) == owner
        )
    ).scalar_one_or_none()
    if account is None:
        return False
    account.sync_claim, account.sync_claimed_until = "", None
    account.next_sync_at = report.again_at or (now + SYNC_EVERY if account.auto_sync else None)
    running = session.execute(
        select(SyncRow).where(
            col(SyncRow.account_id) == account_id, col(SyncRow.state) == "running"
        )
    ).scalars()
    rows = list(running) or [SyncRow(account_id=account_id, asked_at=now)]
    for row in rows:
        row.state = "failed" if report.trouble else "done"
        row.finished_at = now
        row.loaded, row.changed, row.gone = report.loaded, report.changed, report.gone
        row.back_to, row.trouble = report.back_to, report.trouble
        session.add(row)
    return True


def set_auto_sync(session: Session, account_id: UUID, *, wanted: bool, now: datetime) -> None:
    """Switch the automatic synchronisation of one account; switched on, the first is due now."""
    session.execute(
        update(AccountRow)
        .where(col(AccountRow.id) == account_id)
        .values(auto_sync=wanted, next_sync_at=now if wanted else None)
    )
