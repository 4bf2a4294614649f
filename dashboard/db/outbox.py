"""From facts to deliveries: events are claimed, told in notices, and given a row per user (R52).

Everything here runs in one transaction of the caller: either an event is told and its deliveries
are there, or neither.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.events import EventKind
from dashboard.db.health import change_from
from dashboard.db.portions import portions
from dashboard.db.tables import DeliveryRow, EventRow, NoticeRow
from dashboard.domain.deliveries import DeliveryState
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.flapping import Recent
from dashboard.domain.notices import TROUBLE, NoticeKind
from dashboard.domain.states import MESSAGES_STOPPED

_AT_ONCE = 1_000
_TOLD_REFUSED = and_(
    col(EventRow.notice_id).is_not(None),
    col(EventRow.data)["new"].as_string().in_([state.value for state in MESSAGES_STOPPED]),
)
_TOLD_WELL = col(NoticeRow.kind) == NoticeKind.LINK_RECOVERED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """An event that this transaction has taken; nobody else will tell it."""

    seq: int
    at: datetime
    account_id: UUID | None
    user_id: UUID | None
    data: Mapping[str, Any]

    @property
    def change(self) -> LinkStateChanged:
        """The state change that an event of kind `link_state` carries."""
        return change_from(dict(self.data), self.at)


def oldest_untold(session: Session) -> Mapping[EventKind, datetime]:
    """When the first event of each kind happened that waits to be told."""
    rows = session.execute(
        select(col(EventRow.kind), func.min(col(EventRow.at)))
        .where(col(EventRow.told).is_(False))
        .group_by(col(EventRow.kind))
    )
    return {EventKind(kind): at for kind, at in rows}


def claim_untold(session: Session, kind: EventKind) -> list[Untold]:
    """Take what waits, oldest first; what another worker takes at the same moment is left out.

    Workers wait for each other here, so what one of them tells is known to the next.
    """
    waiting = (
        session.execute(
            select(col(EventRow.seq))
            .where(col(EventRow.told).is_(False), col(EventRow.kind) == kind.value)
            .order_by(col(EventRow.seq))
            .limit(_AT_ONCE)
            .with_for_update()
        )
        .scalars()
        .all()
    )
    claimed = session.execute(
        update(EventRow)
        .where(col(EventRow.seq).in_(waiting), col(EventRow.told).is_(False))
        .values(told=True)
        .returning(
            col(EventRow.seq),
            col(EventRow.at),
            col(EventRow.account_id),
            col(EventRow.user_id),
            col(EventRow.data),
        )
    ).all()
    events = [
        Untold(seq=seq, at=at, account_id=account_id, user_id=user_id, data=data)
        for seq, at, account_id, user_id, data in claimed
        if seq is not None  # the primary key: never
    ]
    return sorted(events, key=lambda event: event.seq)


def changes_before(
    session: Session, account_ids: Collection[UUID], claimed: Iterable[Untold]
) -> Mapping[UUID, LinkStateChanged]:
    """The last state change of each account before the claimed ones."""
    newest = (
        select(func.max(col(EventRow.seq)))
        .where(
            col(EventRow.account_id).in_(account_ids),
            col(EventRow.kind) == EventKind.LINK_STATE.value,
            col(EventRow.told).is_(True),
            col(EventRow.seq).not_in([event.seq for event in claimed]),
        )
        .group_by(col(EventRow.account_id))
    )
    rows = session.execute(select(EventRow).where(col(EventRow.seq).in_(newest))).scalars()
    return {row.account_id: change_from(row.data, row.at) for row in rows if row.account_id}


def newest_changes(
    session: Session, account_ids: Collection[UUID]
) -> Mapping[UUID, tuple[int, LinkStateChanged]]:
    """The last state change of each account, with its number."""
    found: dict[UUID, tuple[int, LinkStateChanged]] = {}
    for some in portions(account_ids):
        newest = (
            select(func.max(col(EventRow.seq)))
            .where(
                col(EventRow.account_id).in_(some),
                col(EventRow.kind) == EventKind.LINK_STATE.value,
            )
            .group_by(col(EventRow.account_id))
        )
        rows = session.execute(select(EventRow).where(col(EventRow.seq).in_(newest))).scalars()
        for row in rows:
            if row.account_id and row.seq:
                found[row.account_id] = row.seq, change_from(row.data, row.at)
    return found


def recent_past(
    session: Session, account_ids: Collection[UUID], claimed: Iterable[Untold], *, since: datetime
) -> Mapping[UUID, Recent]:
    """What happened to each link since then, but for the claimed changes."""
    rows = session.execute(
        select(
            col(EventRow.account_id),
            func.count(func.distinct(col(EventRow.notice_id))),
            func.max(case((col(NoticeRow.kind) == NoticeKind.LINK_FLAPPING.value, 1), else_=0)),
            func.max(case((_TOLD_REFUSED, col(EventRow.seq)), else_=0)),
            func.max(case((_TOLD_WELL, col(EventRow.seq)), else_=0)),
            func.max(col(EventRow.at)),
        )
        .outerjoin(NoticeRow, col(NoticeRow.id) == col(EventRow.notice_id))
        .where(
            col(EventRow.account_id).in_(account_ids),
            col(EventRow.kind) == EventKind.LINK_STATE.value,
            col(EventRow.at) >= since,
            col(EventRow.seq).not_in([event.seq for event in claimed]),
        )
        .group_by(col(EventRow.account_id))
    )
    return {
        account_id: Recent(
            told=told, flapping=bool(flapping), refused=refused > well, changed_at=changed_at
        )
        for account_id, told, flapping, refused, well, changed_at in rows
        if account_id is not None
    }


def open_stories(session: Session, account_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of the accounts of which trouble was the last thing told."""
    return frozenset(
        account_id
        for some in portions(account_ids)
        for account_id in _open_among(session, some)
        if account_id is not None
    )


def _open_among(session: Session, account_ids: Collection[UUID]) -> Iterable[UUID | None]:
    newest = (
        select(func.max(col(EventRow.seq)))
        .where(col(EventRow.account_id).in_(account_ids), col(EventRow.notice_id).is_not(None))
        .group_by(col(EventRow.account_id))
    )
    return session.execute(
        select(col(EventRow.account_id))
        .join(NoticeRow, col(NoticeRow.id) == col(EventRow.notice_id))
        .where(
            col(EventRow.seq).in_(newest),
            col(NoticeRow.kind).in_([kind.value for kind in TROUBLE]),
        )
    ).scalars()


def give_back(session: Session, seqs: Collection[int]) -> None:
    """Let claimed events wait once more: it is too early to say what they are."""
    session.execute(update(EventRow).where(col(EventRow.seq).in_(seqs)).values(told=False))


def add_notice(session: Session, kind: NoticeKind, *, seqs: Collection[int], now: datetime) -> UUID:
    """Store a notice that tells these events."""
    notice = NoticeRow(kind=kind.value, at=now)
    session.add(notice)
    session.flush()
    for some in portions(seqs):
        told = update(EventRow).where(col(EventRow.seq).in_(some))
        session.execute(told.values(notice_id=notice.id))
    return notice.id


def was_told(session: Session, kind: NoticeKind, user_id: UUID, *, since: datetime) -> bool:
    """Whether the user got, or is about to get, a notice of this kind that was made since then."""
    found = session.execute(
        select(col(DeliveryRow.id))
        .join(NoticeRow, col(NoticeRow.id) == col(DeliveryRow.notice_id))
        .where(
            col(NoticeRow.kind) == kind.value,
            col(DeliveryRow.user_id) == user_id,
            col(DeliveryRow.created_at) > since,
        )
        .limit(1)
    )
    return found.first() is not None


def add_deliveries(
    session: Session, notice_id: UUID, message_ids: Mapping[UUID, str], *, now: datetime
) -> None:
    """One delivery per user; `message_ids` holds the stable Message-ID of each."""
    for user_id, message_id in message_ids.items():
        session.add(
            DeliveryRow(
                notice_id=notice_id,
                user_id=user_id,
                state=DeliveryState.PENDING.value,
                message_id=message_id,
                due_at=now,
                created_at=now,
            )
        )
