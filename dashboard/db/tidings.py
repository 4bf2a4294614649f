"""What a mail speaks of: the events of its notices, and how the accounts stand at this moment."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.events import EventKind
from dashboard.db.health import change_from, health_of
from dashboard.db.portions import portions
from dashboard.db.tables import (
    AccountRow,
    DeliveryRow,
    EventRow,
    GrantRow,
    LinkRow,
    NoticeRow,
    PublicationRow,
    UserRow,
)
from dashboard.domain.calendar import PublicationState
from dashboard.domain.deliveries import DeliveryState
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.links import LinkHealth
from dashboard.domain.notices import TROUBLE, NoticeKind

_PLANNED = (PublicationState.SCHEDULED.value, PublicationState.HELD.value)
_WENT_OUT = frozenset({DeliveryState.SENT, DeliveryState.KEPT, DeliveryState.DEAD})
"""Told, or as good as told: a dead delivery's reader gets nothing anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiding:
    """One event with the notice that tells it."""

    notice_id: UUID
    kind: NoticeKind
    seq: int
    at: datetime
    account_id: UUID | None
    actor_id: UUID | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNow:
    """An account, its link and what is planned on it."""

    id: UUID
    platform: str
    name: str
    handle: str
    health: LinkHealth
    planned: int
    next_due: datetime | None
    grant_id: UUID | None
    person: str  # whose log-in it hangs on


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The trouble that a recovery ends, who repaired it, and what the reader heard of it."""

    change: LinkStateChanged
    relinked_by: str
    missed: bool  # a mail was meant for the reader, but the trouble was over before it went out
    message_id: str  # of the mail that told it; empty if none did


def tidings(session: Session, notices: Mapping[UUID, NoticeKind]) -> list[Tiding]:
    """The events of these notices in the order in which they happened."""
    rows = session.execute(
        select(EventRow)
        .where(col(EventRow.notice_id).in_(notices.keys()))
        .order_by(col(EventRow.seq))
    ).scalars()
    return [
        Tiding(
            notice_id=row.notice_id,
            kind=notices[row.notice_id],
            seq=row.seq,
            at=row.at,
            account_id=row.account_id,
            actor_id=row.actor_id,
            data=row.data,
        )
        for row in rows
        if row.notice_id is not None and row.seq is not None
    ]


def accounts_now(
    session: Session, account_ids: Collection[UUID], *, now: datetime
) -> Mapping[UUID, AccountNow]:
    """Accounts that still have a link, with what waits to be published."""
    found: dict[UUID, AccountNow] = {}
    for some in portions(account_ids):
        planned = _planned(session, some, now)
        rows = session.execute(
            select(AccountRow, LinkRow, col(GrantRow.subject_name))
            .join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))
            .outerjoin(GrantRow, col(GrantRow.id) == col(LinkRow.grant_id))
            .where(col(AccountRow.id).in_(some))
        )
        for account, link, person in rows:
            count, next_due = planned.get(account.id, (0, None))
            found[account.id] = AccountNow(
                id=account.id,
                platform=account.platform,
                name=account.name or account.handle or account.remote_id,
                handle=account.handle,
                health=health_of(link),
                planned=count,
                next_due=next_due,
                grant_id=link.grant_id,
                person=person or "",
            )
    return found


def _planned(
    session: Session, account_ids: Collection[UUID], now: datetime
) -> dict[UUID, tuple[int, datetime | None]]:
    rows = session.execute(
        select(
            col(PublicationRow.account_id),
            func.count(),
            func.min(col(PublicationRow.at)).filter(col(PublicationRow.at) >= now),
        )
        .where(
            col(PublicationRow.account_id).in_(account_ids),
            col(PublicationRow.state).in_(_PLANNED),
        )
        .group_by(col(PublicationRow.account_id))
    )
    return {account_id: (count, next_due) for account_id, count, next_due in rows}


def past_of(session: Session, recovery: Tiding, reader: UUID) -> Past | None:
    """The last trouble that was worth telling before a recovery of the same account."""
    row = session.execute(
        select(EventRow)
        .join(NoticeRow, col(NoticeRow.id) == col(EventRow.notice_id))
        .where(
            col(EventRow.account_id) == recovery.account_id,
            col(EventRow.seq) < recovery.seq,
            col(NoticeRow.kind).in_([kind.value for kind in TROUBLE]),
        )
        .order_by(col(EventRow.seq).desc())
        .limit(1)
    ).scalar_one_or_none()
    if row is None or row.notice_id is None:
        return None
    delivery = session.execute(
        select(DeliveryRow).where(
            col(DeliveryRow.notice_id) == row.notice_id, col(DeliveryRow.user_id) == reader
        )
    ).scalar_one_or_none()
    told_by = _told_by(session, delivery, str(recovery.account_id))
    return Past(
        change=change_from(row.data, row.at),
        relinked_by=_relinked_by(session, recovery, since=row.seq or 0),
        missed=delivery is not None and not told_by,
        message_id=told_by,
    )


def name_of_user(session: Session, user_id: UUID | None) -> str:
    """Empty for Linkkeeper itself and for whoever is not there any more."""
    name = session.execute(
        select(col(UserRow.name)).where(col(UserRow.id) == user_id)
    ).scalar_one_or_none()
    return name or ""


def _told_by(session: Session, delivery: DeliveryRow | None, account_id: str) -> str:
    """The Message-ID of the mail in which a delivery's account was named; empty if in none."""
    if delivery is None or account_id not in delivery.accounts:
        return ""
    lead = session.get(DeliveryRow, delivery.lead_id) if delivery.lead_id else delivery
    if lead is None or (lead.state not in _WENT_OUT and lead.flights == 0):
        return ""
    return lead.message_id


def _relinked_by(session: Session, recovery: Tiding, *, since: int) -> str:
    """Who relinked it, by name; empty when it healed by itself."""
    actor = session.execute(
        select(col(EventRow.actor_id))
        .where(
            col(EventRow.account_id) == recovery.account_id,
            col(EventRow.kind) == EventKind.RELINKED.value,
            col(EventRow.seq) > since,
            col(EventRow.seq) <= recovery.seq,
        )
        .order_by(col(EventRow.seq).desc())
        .limit(1)
    ).scalar_one_or_none()
    return name_of_user(session, actor)
