"""Due times of periodic work: whoever writes the row has the tick (R67)."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import SlotRow


def claim(session: Session, task: str, slot: int, *, at: datetime) -> bool:
    """True for exactly one of all who ask for the same slot of the same task."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = dialect.insert(SlotRow).values(task=task, slot=slot, at=at).on_conflict_do_nothing()
    return bool(session.execute(row.returning(col(SlotRow.slot))).all())


def release(session: Session, task: str, slot: int) -> None:
    """Give a claimed tick back, for the next who asks."""
    session.execute(delete(SlotRow).where(col(SlotRow.task) == task, col(SlotRow.slot) == slot))


def forget_before(session: Session, at: datetime) -> None:
    """Drop rows that nobody can claim any more."""
    session.execute(delete(SlotRow).where(col(SlotRow.at) < at))
