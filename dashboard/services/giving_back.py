"""After a removal the platform is told that we no longer want its access (R38), then it is erased.

Best effort: a platform that is down is asked again; after a week of tries the tokens are erased
without its answer, because keeping them would be worse.
"""

import logging

from dashboard.db.apps import find_app
from dashboard.db.credentials import (
    Leftover,
    count_try,
    erase_grant,
    leftovers,
    open_credential,
    others_use_it,
)
from dashboard.domain.budgets import Priority
from dashboard.domain.errors import CannotDecryptError, PlatformError
from dashboard.domain.wire import NoAnswerError
from dashboard.platforms.protocol import Revokes, RevokesAllAtOnce
from dashboard.services.pacing import paced
from dashboard.services.ports import Tools

_TRIES = 7 * 24 * 6  # every ten minutes for a week

log = logging.getLogger(__name__)


def give_back_access(tools: Tools) -> int:
    """Revoke what is left over at the platforms; returns how many consents are settled."""
    with tools.database.reading() as session:
        waiting = leftovers(session)
    settled = 0
    for leftover in waiting:
        told = _tell(tools, leftover)
        with tools.database.writing() as unit:
            if told or leftover.tries + 1 >= _TRIES:
                erase_grant(unit, leftover.grant_id)
                settled += 1
            else:
                count_try(unit, leftover.grant_id)
    return settled


def _tell(tools: Tools, leftover: Leftover) -> bool:
    platform: object = tools.platforms.get(leftover.platform)
    if not isinstance(platform, Revokes) or not leftover.sealed:
        return True
    if isinstance(platform, RevokesAllAtOnce) and platform.revokes_all_at_once:
        with tools.database.reading() as session:
            if others_use_it(session, leftover.grant_id):
                return True  # it goes with the last of them
    try:
        credential = open_credential(tools.cipher, leftover.grant_id, leftover.sealed)
        app = None
        if leftover.app_id is not None:
            with tools.database.reading() as session:
                app = find_app(session, tools.cipher, leftover.app_id)
        http = paced(tools, leftover.platform, leftover.server, Priority.CHECK)
        tools.http.run(platform.revoke(http, app, credential))
    except (NoAnswerError, PlatformError, CannotDecryptError) as error:
        log.warning(
            "access not given back yet",
            extra={"grant": str(leftover.grant_id), "why": type(error).__name__},
        )
        return False
    return True
