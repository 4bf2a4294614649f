"""Media Monitor: loads what others say about an account, with its platform synchronisation.

Pages are asked for until one holds nothing new, at most 8 weeks back. Trouble here never spoils the
synchronisation of posts: it is logged, and the next run asks again.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from dashboard.db.apps import app_of_grant
from dashboard.db.mentions import take_mentions
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.wire import Http, NoAnswerError
from dashboard.platforms.protocol import ListsMentions
from dashboard.services.ports import Tools

_MOST_PAGES = 50

log = logging.getLogger(__name__)


async def load_mentions(
    tools: Tools,
    http: Http,
    platform: object,
    account_id: UUID,
    grant_id: UUID,
    credential: Credential,
    identity: Identity,
    *,
    since: datetime,
) -> int:
    """Load what is new since `since`; returns how many were new."""
    if not isinstance(platform, ListsMentions):
        return 0
    new = 0
    cursor, seen = "", {""}
    try:
        app = await asyncio.to_thread(_app, tools, grant_id)
        for _ in range(_MOST_PAGES):
            page, cursor = await platform.mentions(http, app, credential, identity, cursor=cursor)
            inside = [mention for mention in page if mention.at >= since]
            stored = await asyncio.to_thread(_store, tools, account_id, inside)
            new += stored
            if not stored or len(inside) < len(page) or cursor in seen:
                break
            seen.add(cursor)
    except (PlatformError, NoAnswerError) as error:
        log.info("mentions ended early", extra={"account": str(account_id), "why": str(error)})
    return new


def _app(tools: Tools, grant_id: UUID) -> App | None:
    with tools.database.reading() as session:
        return app_of_grant(session, tools.cipher, grant_id)


def _store(tools: Tools, account_id: UUID, found: Sequence[FoundMention]) -> int:
    with tools.database.writing() as unit:
        return take_mentions(unit, account_id, found, now=tools.now())
