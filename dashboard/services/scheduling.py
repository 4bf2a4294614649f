"""Who may do a tick of periodic work: any number of schedulers may ask, one gets it (R67).

A slot is the number of whole intervals since 1970, so all processes agree on it without talking.
After a pause only the present slot is claimed: missed ticks are not made up for one by one (R76).
"""

from datetime import UTC, datetime, timedelta

from dashboard.db import slots
from dashboard.services.ports import Tools

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def slot_at(now: datetime, every: timedelta) -> int:
    """The number of the interval that `now` lies in."""
    return (now - _EPOCH) // every


def claim_slot(tools: Tools, task: str, every: timedelta) -> int | None:
    """The slot if this caller is the one to do it, else None."""
    now = tools.now()
    slot = slot_at(now, every)
    with tools.database.writing() as unit:
        return slot if slots.claim(unit, task, slot, at=now) else None


def release_slot(tools: Tools, task: str, slot: int) -> None:
    """The tick could not be passed on; somebody may claim it again."""
    with tools.database.writing() as unit:
        slots.release(unit, task, slot)
