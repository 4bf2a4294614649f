"""Deliveries on their way: claimed by one sender at a time, and settled only by their owner (R53).

All claims of one user's deliveries wait for each other, so that the cap (R61) and the joining of
mails (R55) are counted right with any number of senders.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import DeliveryRow, NoticeRow, UserRow
from dashboard.domain.deliveries import LEASE, WAITING, DeliveryState
from dashboard.domain.notices import NoticeKind

_WAITING = [state.value for state in WAITING]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as it was rendered."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that is ours until the lease ends. `mail` is set once it may have arrived."""

    id: UUID
    owner: str
    notice_id: UUID
    kind: NoticeKind
    user_id: UUID
    message_id: str
    attempts: int
    flights: int
    created_at: datetime
    accounts: frozenset[UUID]
    mail: Mail | None


def due_ids(session: Session, now: datetime, *, limit: int) -> list[UUID]:
    """Deliveries that may be claimed now, the longest waiting first."""
    return list(
        session.execute(
            select(col(DeliveryRow.id))
            .where(_claimable(now))
            .order_by(col(DeliveryRow.due_at), col(DeliveryRow.created_at))
            .limit(limit)
        ).scalars()
    )


def user_of(session: Session, delivery_id: UUID) -> UUID | None:
    """Whose delivery it is, if it exists."""
    return session.execute(
        select(col(DeliveryRow.user_id)).where(col(DeliveryRow.id) == delivery_id)
    ).scalar_one_or_none()


def lock_user(session: Session, user_id: UUID) -> None:
    """Let other claims of this user's deliveries wait until this transaction ends."""
    session.execute(select(col(UserRow.id)).where(col(UserRow.id) == user_id).with_for_update())


def claim(session: Session, delivery_id: UUID, *, owner: str, now: datetime) -> Claimed | None:
    """Take a due delivery, or one whose sender died; None if somebody else was faster."""
    done = session.execute(
        update(DeliveryRow)
        .where(col(DeliveryRow.id) == delivery_id, _claimable(now))
        .values(
            state=DeliveryState.SENDING.value,
            claim=owner,
            claimed_until=now + LEASE,
            attempts=col(DeliveryRow.attempts) + 1,
        )
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        return None
    row, kind = session.execute(
        select(DeliveryRow, col(NoticeRow.kind))
        .join(NoticeRow, col(NoticeRow.id) == col(DeliveryRow.notice_id))
        .where(col(DeliveryRow.id) == delivery_id)
        .execution_options(populate_existing=True)
    ).one()
    return Claimed(
        id=row.id,
        owner=owner,
        notice_id=row.notice_id,
        kind=NoticeKind(kind),
        user_id=row.user_id,
        message_id=row.message_id,
        attempts=row.attempts,
        flights=row.flights,
        created_at=row.created_at,
        accounts=frozenset(UUID(one) for one in row.accounts),
        mail=Mail(subject=row.subject, text=row.text, html=row.html) if row.flights else None,
    )


def taken_since(session: Session, user_id: UUID, since: datetime) -> list[datetime]:
    """When the user's mails of the time since then went out, or were claimed; oldest first."""
    rows = session.execute(
        select(col(DeliveryRow.sent_at), col(DeliveryRow.claimed_until)).where(
            col(DeliveryRow.user_id) == user_id,
            or_(
                and_(
                    col(DeliveryRow.state) == DeliveryState.SENT.value,
                    col(DeliveryRow.sent_at) > since,
                ),
                and_(
                    col(DeliveryRow.state) == DeliveryState.SENDING.value,
                    col(DeliveryRow.claimed_until) > since + LEASE,
                ),
            ),
        )
    )
    times = [sent_at or (until - LEASE if until else since) for sent_at, until in rows]
    return sorted(times)


def postpone(session: Session, user_id: UUID, until: datetime) -> bool:
    """Let everything that waits for the user wait until then; True for the first that has to."""
    its = and_(col(DeliveryRow.user_id) == user_id, col(DeliveryRow.state).in_(_WAITING))
    before = session.execute(
        select(func.count()).select_from(DeliveryRow).where(its, col(DeliveryRow.due_at) == until)
    ).scalar_one()
    session.execute(
        update(DeliveryRow).where(its, col(DeliveryRow.due_at) < until).values(due_at=until)
    )
    return before == 0


def join_waiting(session: Session, lead: Claimed, kinds: Collection[NoticeKind]) -> None:
    """Let the user's waiting deliveries of these kinds go out with `lead`."""
    notices = select(col(NoticeRow.id)).where(
        col(NoticeRow.kind).in_([kind.value for kind in kinds])
    )
    session.execute(
        update(DeliveryRow)
        .where(
            col(DeliveryRow.user_id) == lead.user_id,
            col(DeliveryRow.id) != lead.id,
            col(DeliveryRow.state).in_(_WAITING),
            col(DeliveryRow.flights) == 0,
            col(DeliveryRow.notice_id).in_(notices),
        )
        .values(state=DeliveryState.MERGED.value, lead_id=lead.id, due_at=None)
    )


def notices_of(session: Session, delivery_id: UUID) -> Mapping[UUID, NoticeKind]:
    """The notices that a delivery tells: its own and those that go out with it."""
    rows = session.execute(
        select(col(NoticeRow.id), col(NoticeRow.kind))
        .join(DeliveryRow, col(DeliveryRow.notice_id) == col(NoticeRow.id))
        .where(bundle(delivery_id))
    )
    return {notice_id: NoticeKind(kind) for notice_id, kind in rows}


def oldest_waiting(session: Session) -> datetime | None:
    """Since when the longest waiting delivery waits; for the health of the outbox.

    What only waits because its reader got enough mails for this hour is no sign of trouble.
    """
    held_back = and_(
        col(DeliveryRow.state) == DeliveryState.PENDING.value,
        col(DeliveryRow.due_at) > col(DeliveryRow.created_at),
    )
    return session.execute(
        select(func.min(col(DeliveryRow.created_at))).where(
            col(DeliveryRow.state).in_(_WAITING), not_(held_back)
        )
    ).scalar_one_or_none()


def _claimable(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(col(DeliveryRow.state).in_(_WAITING), col(DeliveryRow.due_at) <= now),
        and_(
            col(DeliveryRow.state) == DeliveryState.SENDING.value,
            col(DeliveryRow.claimed_until) <= now,
        ),
    )


def bundle(delivery_id: UUID) -> ColumnElement[bool]:
    """A delivery and those that go out with it."""
    return or_(col(DeliveryRow.id) == delivery_id, col(DeliveryRow.lead_id) == delivery_id)
