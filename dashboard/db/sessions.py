"""Signed-in browsers in and out; of the cookie's secret only the hash is known here (R3)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, delete, select, update

from dashboard.db.tables import SessionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """A signed-in browser: whose, since when, last used by a person when."""

    id_hash: str
    user_id: UUID
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    user_agent: str = ""
    ip: str = ""


def add_session(session: Session, stored: StoredSession) -> None:
    session.add(
        SessionRow(
            id_hash=stored.id_hash,
            user_id=stored.user_id,
            data=stored.data,
            created_at=stored.created_at,
            used_at=stored.used_at,
            expires_at=stored.expires_at,
            user_agent=stored.user_agent[:300],
            ip=stored.ip[:64],
        )
    )


def find_session(session: Session, id_hash: str) -> StoredSession | None:
    row = session.get(SessionRow, id_hash)
    return None if row is None or row.user_id is None else _stored(row, row.user_id)


def sessions_of(session: Session, user_id: UUID) -> list[StoredSession]:
    """The browsers in which the user is signed in, the last used first."""
    rows = session.exec(
        select(SessionRow)
        .where(SessionRow.user_id == user_id)
        .order_by(col(SessionRow.used_at).desc())
    )
    return [_stored(row, user_id) for row in rows]


def keep_data(session: Session, id_hash: str, data: dict[str, Any]) -> None:
    session.exec(update(SessionRow).where(col(SessionRow.id_hash) == id_hash).values(data=data))


def touch(session: Session, id_hash: str, now: datetime) -> None:
    """Note that a person used it."""
    session.exec(update(SessionRow).where(col(SessionRow.id_hash) == id_hash).values(used_at=now))


def end_session(session: Session, id_hash: str, *, user_id: UUID | None = None) -> bool:
    """End it, only if it is of `user_id` where one is given; False if there was nothing to end."""
    ending = delete(SessionRow).where(col(SessionRow.id_hash) == id_hash)
    if user_id is not None:
        ending = ending.where(col(SessionRow.user_id) == user_id)
    return session.exec(ending).rowcount > 0


def end_sessions_of(session: Session, user_id: UUID) -> int:
    """End all of a user, at once; returns how many there were."""
    return session.exec(delete(SessionRow).where(col(SessionRow.user_id) == user_id)).rowcount


def forget_ended(session: Session, *, now: datetime, idle_since: datetime) -> None:
    """Delete those that are too old, or that nobody used since then."""
    over = (col(SessionRow.expires_at) <= now) | (col(SessionRow.used_at) <= idle_since)
    session.exec(delete(SessionRow).where(over))


def _stored(row: SessionRow, user_id: UUID) -> StoredSession:
    return StoredSession(
        id_hash=row.id_hash,
        user_id=user_id,
        created_at=row.created_at,
        used_at=row.used_at,
        expires_at=row.expires_at,
        data=dict(row.data),
        user_agent=row.user_agent,
        ip=row.ip,
    )
