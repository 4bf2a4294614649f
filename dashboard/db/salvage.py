"""New credentials whose regular write missed: kept sealed until they are put in place (R34).

They are sealed for the row of their grant, so putting one in place is a plain copy.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import SalvageRow


def add_salvage(
    session: Session, *, grant_id: UUID, generation: int, sealed: bytes, why: str, now: datetime
) -> None:
    """Keep what was obtained with the credential of that generation."""
    session.add(
        SalvageRow(grant_id=grant_id, generation=generation, credential=sealed, why=why, at=now)
    )


def find_salvage(session: Session, *, grant_id: UUID, generation: int) -> bytes | None:
    """The newest credential that was obtained with that generation and never put in place."""
    found: bytes | None = session.execute(
        select(col(SalvageRow.credential))
        .where(col(SalvageRow.grant_id) == grant_id, col(SalvageRow.generation) == generation)
        .order_by(col(SalvageRow.at).desc())
        .limit(1)
    ).scalar_one_or_none()
    return found


def drop_salvage(session: Session, *, grant_id: UUID, generation: int) -> None:
    """Forget what is in place now, and what is older."""
    session.execute(
        delete(SalvageRow).where(
            col(SalvageRow.grant_id) == grant_id, col(SalvageRow.generation) <= generation
        )
    )


def erase_salvage(session: Session, grant_id: UUID) -> None:
    """A permission that is given back leaves no token behind (R38)."""
    session.execute(delete(SalvageRow).where(col(SalvageRow.grant_id) == grant_id))


def forget_salvage(session: Session, *, before: datetime) -> None:
    """Forget what nobody has needed since then."""
    session.execute(delete(SalvageRow).where(col(SalvageRow.at) < before))
