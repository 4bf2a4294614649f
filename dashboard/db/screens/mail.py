"""Settings > General > Mail: what went out, what did not and why, and what was kept to be read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import DeliveryRow, JobFailureRow, NoticeRow, UserRow
from dashboard.domain.deliveries import DeliveryState
from dashboard.domain.notices import NoticeKind

_SHOWN = 50
_RECENT = timedelta(days=7)
_DEAD, _RETRY, _KEPT = (
    DeliveryState.DEAD.value,
    DeliveryState.RETRY.value,
    DeliveryState.KEPT.value,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLine:
    """One delivery in a list. `subject` is empty for one that was never written."""

    id: UUID
    kind: NoticeKind
    subject: str
    recipient: str
    at: datetime
    error: str
    attempts: int
    due_at: datetime | None
    given_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MailScreen:
    """Numbers of the last seven days, and the lists."""

    sent: int
    waiting: int
    suppressed: int
    failed: tuple[MailLine, ...]
    kept: tuple[MailLine, ...]
    kept_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    """A mail to be read here."""

    subject: str
    recipient: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What administrators have not dealt with yet."""

    mails: int
    jobs: int


def mail_screen(session: Session, *, now: datetime) -> MailScreen:
    """For administrators only: it names addresses of everybody."""
    recent = {
        row[0]: row[1]
        for row in session.execute(
            select(col(DeliveryRow.state), func.count())
            .where(col(DeliveryRow.created_at) >= now - _RECENT)
            .group_by(col(DeliveryRow.state))
        )
    }
    return MailScreen(
        sent=recent.get(DeliveryState.SENT.value, 0),
        waiting=_count(session, DeliveryState.PENDING, DeliveryState.RETRY),
        suppressed=recent.get(DeliveryState.SUPPRESSED.value, 0),
        failed=_lines(session, _listed(_DEAD, _RETRY)),
        kept=_lines(session, _listed(_KEPT)),
        kept_count=_count(session, DeliveryState.KEPT),
    )


def kept_mail(session: Session, delivery_id: UUID) -> KeptMail | None:
    """Only kept mails can be read: what went out belongs to who got it."""
    row = session.get(DeliveryRow, delivery_id)
    if row is None or row.state != _KEPT:
        return None
    return KeptMail(subject=row.subject, recipient=row.recipient, at=row.created_at, text=row.text)


def count_unread_failures(session: Session) -> Unread:
    """For the banner of administrators."""
    return Unread(
        mails=_count(session, DeliveryState.DEAD),
        jobs=session.execute(
            select(func.count())
            .select_from(JobFailureRow)
            .where(col(JobFailureRow.error) != "", col(JobFailureRow.seen_at).is_(None))
        ).scalar_one(),
    )


def _count(session: Session, *states: DeliveryState) -> int:
    return session.execute(
        select(func.count())
        .select_from(DeliveryRow)
        .where(col(DeliveryRow.state).in_([state.value for state in states]))
    ).scalar_one()


def _listed(*states: str) -> Select[DeliveryRow, str, str]:
    return (
        select(DeliveryRow, col(NoticeRow.kind), col(UserRow.email))
        .join(NoticeRow, col(NoticeRow.id) == col(DeliveryRow.notice_id))
        .join(UserRow, col(UserRow.id) == col(DeliveryRow.user_id))
        .where(col(DeliveryRow.state).in_(states))
        .order_by(col(DeliveryRow.created_at).desc())
        .limit(_SHOWN)
    )


def _lines(session: Session, query: Select[DeliveryRow, str, str]) -> tuple[MailLine, ...]:
    return tuple(
        MailLine(
            id=row.id,
            kind=NoticeKind(kind),
            subject=row.subject,
            recipient=row.recipient or email,
            at=row.created_at,
            error=row.error,
            attempts=row.attempts,
            due_at=row.due_at,
            given_up=row.state == _DEAD,
        )
        for row, kind, email in session.execute(query)
    )
