"""Signs of life of workers and schedulers."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import HeartbeatRow


def write(session: Session, *, name: str, kind: str, at: datetime) -> None:
    """Names belong to one process each, so nobody else writes the same row."""
    beaten = session.execute(
        update(HeartbeatRow)
        .where(col(HeartbeatRow.name) == name)
        .values(at=at)
        .returning(col(HeartbeatRow.name))
    )
    if not beaten.all():
        session.execute(insert(HeartbeatRow).values(name=name, kind=kind, at=at, data={}))


def latest(session: Session) -> dict[str, datetime]:
    """The newest sign of life of each kind."""
    rows = session.execute(select(HeartbeatRow)).scalars()
    newest: dict[str, datetime] = {}
    for row in rows:
        newest[row.kind] = max(row.at, newest.get(row.kind, row.at))
    return newest


def forget(session: Session, name: str) -> None:
    """A process that ended in peace is not missed."""
    session.execute(delete(HeartbeatRow).where(col(HeartbeatRow.name) == name))


def forget_before(session: Session, at: datetime) -> None:
    """Drop processes that were not seen since."""
    session.execute(delete(HeartbeatRow).where(col(HeartbeatRow.at) < at))
