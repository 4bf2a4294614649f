"""Due times of periodic work: whoever writes the row has the tick (R67)."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import SlotRow

_KEPT = 100  # slots of a task that nobody can be late for any more than this


def claim(session: Session, task: str, slot: int, *, at: datetime) -> bool:
    """True for exactly one of all who ask for the same slot of the same task.

    Old slots of the task go at the same time: some tasks are due every few seconds.
    """
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = dialect.insert(SlotRow).values(task=task, slot=slot, at=at).on_conflict_do_nothing()
    won = bool(session.execute(row.returning(col(SlotRow.slot))).all())
    if won:
        session.execute(
            delete(SlotRow).where(col(SlotRow.task) == task, col(SlotRow.slot) < slot - _KEPT)
        )
    return won


def release(session: Session, task: str, slot: int) -> None:
    """Give a claimed tick back, for the next who asks."""
    session.execute(delete(SlotRow).where(col(SlotRow.task) == task, col(SlotRow.slot) == slot))
