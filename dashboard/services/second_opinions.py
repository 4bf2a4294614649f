"""As soon as somebody is refused, or loses a permission, others are asked as well.

They are his other accounts, and a few strangers. Who is given a permission back has mostly got it
for all his accounts: those that lack something are asked at once.

So what broke together is told together, and what is the platform's trouble is seen to be that
before anybody is sent to log in again (R59).
"""

from collections.abc import Collection
from uuid import UUID

from dashboard.db.engine import UnitOfWork
from dashboard.db.incidents import open_incidents
from dashboard.db.second_opinions import look_at_others, look_at_siblings
from dashboard.domain.incidents import MASS, Place
from dashboard.domain.refusals import SECOND_OPINIONS
from dashboard.domain.states import MESSAGES_STOPPED, WORKS, LinkState
from dashboard.services.ports import Tools

_SIBLINGS = frozenset(LinkState) - MESSAGES_STOPPED
_OTHERS = WORKS | {LinkState.NEW, LinkState.UNREACHABLE}  # silence may have turned into refusals


def look_around(tools: Tools, hit: Collection[tuple[UUID, Place]], mended: Collection[UUID]) -> int:
    """Make links due that say more about these log-ins; returns how many."""
    now = tools.now()
    grants = sorted({grant_id for grant_id, _ in hit})

    def look(unit: UnitOfWork) -> int:
        known = {one.place for one in open_incidents(unit) if one.kind in MASS}
        found = look_at_siblings(unit, grants, _SIBLINGS, now=now)
        found += look_at_siblings(unit, sorted(mended), {LinkState.LIMITED}, now=now)
        for place in {place for _, place in hit} - known:
            found += look_at_others(unit, place, _OTHERS, most=SECOND_OPINIONS, now=now)
        return found

    return tools.database.write(look)
