"""Log-ins at a platform under way (R25): single use, bound to the browser session, short-lived."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import AttemptRow

LIFETIME = timedelta(minutes=10)


class Phase(StrEnum):
    """How far an attempt has come; it only moves forward."""

    STARTED = "started"
    RETURNED = "returned"  # the platform sent the browser back; the state is used up
    PICKING = "picking"  # waiting for a person's choice
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """`account_id` is set for a relink. `verifier` and `result` are sealed."""

    id: UUID
    session_hash: str
    user_id: UUID
    platform: str
    server: str
    app_id: UUID | None
    account_id: UUID | None
    redirect_uri: str
    verifier: bytes
    typed: dict[str, Any]
    phase: Phase
    result: bytes
    outcome: dict[str, Any]
    expires_at: datetime


def insert_attempt(session: Session, row: AttemptRow) -> None:
    session.add(row)


def find_by_state(session: Session, state_hash: str) -> Attempt | None:
    row = session.execute(
        select(AttemptRow).where(col(AttemptRow.state_hash) == state_hash)
    ).scalar_one_or_none()
    return None if row is None else _attempt(row)


def find_attempt(
    session: Session, attempt_id: UUID, *, user_id: UUID, session_hash: str, now: datetime
) -> Attempt | None:
    """None when it is somebody else's, another browser's, or too old."""
    row = session.execute(
        select(AttemptRow).where(
            col(AttemptRow.id) == attempt_id,
            col(AttemptRow.user_id) == user_id,
            col(AttemptRow.session_hash) == session_hash,
            col(AttemptRow.expires_at) > now,
        )
    ).scalar_one_or_none()
    return None if row is None else _attempt(row)


def move_attempt(
    session: Session,
    attempt_id: UUID,
    *,
    old: Phase,
    new: Phase,
    result: bytes | None = None,
    outcome: dict[str, Any] | None = None,
) -> bool:
    """Take the next step; False when another request took it first."""
    values: dict[str, Any] = {"phase": new.value}
    if result is not None:
        values["result"] = result
    if outcome is not None:
        values["outcome"] = outcome
    done = session.execute(
        update(AttemptRow)
        .where(col(AttemptRow.id) == attempt_id, col(AttemptRow.phase) == old.value)
        .values(**values)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def delete_old_attempts(session: Session, now: datetime) -> int:
    """Sealed results of log-ins nobody finished go after a day."""
    done = session.execute(
        delete(AttemptRow).where(col(AttemptRow.expires_at) < now - timedelta(days=1))
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def _attempt(row: AttemptRow) -> Attempt:
    return Attempt(
        id=row.id,
        session_hash=row.session_hash,
        user_id=row.user_id,
        platform=row.platform,
        server=row.server,
        app_id=row.app_id,
        account_id=row.account_id,
        redirect_uri=row.redirect_uri,
        verifier=row.verifier,
        typed=row.typed,
        phase=Phase(row.phase),
        result=row.result,
        outcome=row.outcome,
        expires_at=row.expires_at,
    )
