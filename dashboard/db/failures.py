"""Jobs that crashed or raised: counted before they run, so that a killed process counts too."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import JobFailureRow

_ERROR_LENGTH = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailure:
    """What is known of a job that did not end well. `key` is its name and ids."""

    key: str
    job: str
    first_at: datetime
    last_at: datetime
    crashes: int
    running: bool
    error: str
    seen: bool


def begin(session: Session, *, key: str, job: str, now: datetime) -> None:
    """Count a run that may not come back; commit before it runs."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = dialect.insert(JobFailureRow).values(
        key=key, job=job, first_at=now, last_at=now, crashes=1, running=True, error="", seen_at=None
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=["key"],
            set_={"crashes": col(JobFailureRow.crashes) + 1, "running": True, "last_at": now},
        )
    )


def end_well(session: Session, key: str) -> None:
    """All is forgiven: the row goes."""
    session.execute(delete(JobFailureRow).where(col(JobFailureRow.key) == key))


def end_with_error(session: Session, *, key: str, error: str, now: datetime) -> None:
    """The run raised: that is no crash of the process, so it is not counted as one."""
    session.execute(
        update(JobFailureRow)
        .where(col(JobFailureRow.key) == key)
        .values(crashes=0, running=False, error=error[:_ERROR_LENGTH], last_at=now, seen_at=None)
    )


def put_aside(
    session: Session, *, crashes: int, before: datetime, error: str, now: datetime
) -> list[str]:
    """Mark those that began so often, last before that instant, and never ended; their keys."""
    lost = (
        col(JobFailureRow.running).is_(True),
        col(JobFailureRow.crashes) >= crashes,
        col(JobFailureRow.last_at) < before,
    )
    marked = session.execute(
        update(JobFailureRow)
        .where(*lost)
        .values(running=False, error=error, last_at=now, seen_at=None)
        .returning(col(JobFailureRow.key))
    )
    return list(marked.scalars())


def find(session: Session, key: str) -> JobFailure | None:
    row = session.get(JobFailureRow, key)
    return None if row is None else _failure(row)


def troubles(session: Session, *, limit: int = 100) -> list[JobFailure]:
    """What administrators should see, newest first: errors and jobs put aside, no healthy runs."""
    rows = session.execute(
        select(JobFailureRow)
        .where(col(JobFailureRow.error) != "")
        .order_by(col(JobFailureRow.last_at).desc())
        .limit(limit)
    ).scalars()
    return [_failure(row) for row in rows]


def mark_seen(session: Session, *, now: datetime) -> None:
    """An administrator has looked at all of them."""
    session.execute(
        update(JobFailureRow).where(col(JobFailureRow.seen_at).is_(None)).values(seen_at=now)
    )


def forget_before(session: Session, at: datetime) -> None:
    """Drop what did not happen again since."""
    session.execute(delete(JobFailureRow).where(col(JobFailureRow.last_at) < at))


def _failure(row: JobFailureRow) -> JobFailure:
    return JobFailure(
        key=row.key,
        job=row.job,
        first_at=row.first_at,
        last_at=row.last_at,
        crashes=row.crashes,
        running=row.running,
        error=row.error,
        seen=row.seen_at is not None,
    )
