"""After a pause of the whole installation, what was missed is made up for without a burst (R76)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from dashboard.db.links import move_due, quiet_and_overdue
from dashboard.domain.rota import draw_lot
from dashboard.services.ports import Tools

_LATE = timedelta(minutes=1)  # later than that no link is due while the workers work
_AT_ONCE = 50
_MOVES = 1000  # in one transaction: others must not wait for long


def spread_overdue(tools: Tools) -> int:
    """Give links that are long overdue a place within the coming interval; returns how many.

    The first few, and all that are in trouble or waited for, stay due at once. Each link is
    checked once, however often it was missed.
    """
    now, every = tools.now(), tools.settings.check_every
    with tools.database.reading() as session:
        late = quiet_and_overdue(session, before=now - _LATE, after_first=_AT_ONCE)
    moves = [(link_id, at, now + every * draw_lot(link_id, now)) for link_id, at in late]
    for start in range(0, len(moves), _MOVES):
        _move(tools, moves[start : start + _MOVES])
    return len(moves)


def _move(tools: Tools, moves: Sequence[tuple[UUID, datetime, datetime]]) -> None:
    tools.database.write(lambda unit: move_due(unit, moves))
