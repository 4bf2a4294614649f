"""As soon as somebody is refused, others are asked: his other accounts, and a few strangers.

So what broke together is told together, and what is the platform's trouble is seen to be that
before anybody is sent to log in again (R59).
"""

from collections.abc import Collection
from uuid import UUID

from dashboard.db.engine import UnitOfWork
from dashboard.db.incidents import open_incidents
from dashboard.db.second_opinions import look_at_others, look_at_siblings
from dashboard.domain.incidents import IncidentKind, Place
from dashboard.domain.refusals import SECOND_OPINIONS
from dashboard.services.ports import Tools


def look_around(tools: Tools, refused: Collection[tuple[UUID, Place]]) -> int:
    """Make links due that say more about these refused log-ins; returns how many."""
    now = tools.now()
    grants = sorted({grant_id for grant_id, _ in refused})

    def look(unit: UnitOfWork) -> int:
        going_on = open_incidents(unit)
        known = {one.place for one in going_on if one.kind is IncidentKind.REFUSED}
        found = look_at_siblings(unit, grants, now=now)
        for place in {place for _, place in refused} - known:
            found += look_at_others(unit, place, most=SECOND_OPINIONS, now=now)
        return found

    return tools.database.write(look)
