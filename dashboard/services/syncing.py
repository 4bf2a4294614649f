"""Platform synchronisation: loads what was posted at the platform, at most 8 weeks back.

Each page is stored as it comes, so what was loaded stays loaded when the platform falls silent in
the middle. A listing that repeats itself ends; one odd post does not stop its page (R78).
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from dashboard.db.accounts import find_account
from dashboard.db.publications import note_absences, note_looked_for, take_over
from dashboard.db.syncs import (
    Claimed,
    Report,
    ask_for_sync,
    claim_sync,
    due_syncs,
    finish_sync,
    set_auto_sync,
)
from dashboard.domain.budgets import Priority
from dashboard.domain.calendar import FoundPost, window_start
from dashboard.domain.credentials import Credential
from dashboard.domain.errors import (
    CannotDecryptError,
    NotAllowedError,
    NotFoundError,
    PlatformError,
)
from dashboard.domain.links import Identity
from dashboard.domain.team import Right, Viewer
from dashboard.domain.wire import NoAnswerError, Silence
from dashboard.platforms.protocol import ListsPosts
from dashboard.services.credentials import renewed_credential, usable_credential
from dashboard.services.mentions import load_mentions
from dashboard.services.pacing import paced
from dashboard.services.ports import Tools

_MOST_PAGES = 500
_HELD_BACK_FOR = timedelta(minutes=10)
_FUTURE_ALLOWED = timedelta(days=1)

log = logging.getLogger(__name__)


def ask(tools: Tools, viewer: Viewer, account_ids: Sequence[UUID]) -> int:
    """Put accounts in line for synchronisation now; returns how many.

    Raises NotFoundError for an account out of the role's reach, NotAllowedError without the right
    to publish.
    """
    if not viewer.may(Right.PUBLISH):
        raise NotAllowedError("Your role may not run the platform synchronisation.")
    now = tools.now()
    with tools.database.writing() as unit:
        for account_id in account_ids:
            if find_account(unit, viewer, account_id) is None:
                raise NotFoundError("account")
            ask_for_sync(unit, account_id, by=viewer.user_id, now=now)
    for account_id in account_ids:
        tools.jobs.hint("sync_account", str(account_id))
    return len(account_ids)


def switch_automatic(tools: Tools, viewer: Viewer, account_id: UUID, *, wanted: bool) -> None:
    """Switch the automatic synchronisation of an account on or off."""
    if not viewer.may(Right.PUBLISH):
        raise NotAllowedError("Your role may not change the platform synchronisation.")
    with tools.database.writing() as unit:
        if find_account(unit, viewer, account_id) is None:
            raise NotFoundError("account")
        set_auto_sync(unit, account_id, wanted=wanted, now=tools.now())


def due(tools: Tools) -> list[UUID]:
    """Accounts that wait for a synchronisation, for the scheduler's hints."""
    with tools.database.reading() as session:
        return due_syncs(session, now=tools.now())


def sync_account(tools: Tools, account_id: UUID) -> Report | None:
    """Synchronise one account; None when it is not due or another worker has it."""
    owner = uuid4().hex
    with tools.database.writing() as unit:
        claimed = claim_sync(unit, account_id, owner=owner, now=tools.now())
    if claimed is None:
        return None
    report = tools.http.run(_load(tools, claimed))
    with tools.database.writing() as unit:
        finish_sync(unit, account_id, owner=owner, report=report, now=tools.now())
    return report


async def _load(tools: Tools, claimed: Claimed) -> Report:
    platform: object = tools.platforms.get(claimed.platform)
    since = window_start(tools.now())
    if not isinstance(platform, ListsPosts):
        return Report(trouble="This platform does not list its posts.")
    progress = _Progress(tools, claimed, since)
    try:
        await _walk(tools, claimed, platform, progress)
    except NoAnswerError as error:
        if error.silence is Silence.HELD_BACK:
            return progress.put_off()
        return progress.report("The platform did not answer. Linkkeeper tries again later.")
    except PlatformError as error:
        log.info("sync ended early", extra={"account": str(claimed.account_id), "why": error.kind})
        return progress.report("The platform refused to list the posts.")
    except CannotDecryptError:
        return progress.report("The stored permission cannot be opened on this server.")
    await asyncio.to_thread(progress.close)
    return progress.report("")


async def _walk(
    tools: Tools, claimed: Claimed, platform: ListsPosts, progress: "_Progress"
) -> None:
    """Walk the listing; once more with a renewed permission when it ran out on the way."""
    credential = await usable_credential(tools, claimed.grant_id)
    try:
        await progress.walk(platform, credential)
    except PlatformError as error:
        if error.kind != "refresh_due":
            raise
        credential = await renewed_credential(tools, claimed.grant_id, credential)
        await progress.walk(platform, credential)
    await load_mentions(
        tools,
        progress.http,
        platform,
        claimed.account_id,
        claimed.grant_id,
        credential,
        progress.identity,
        since=progress.since,
    )


class _Progress:
    """Walks the pages of one account and remembers what it did."""

    def __init__(self, tools: Tools, claimed: Claimed, since: datetime) -> None:
        self._tools = tools
        self._claimed = claimed
        self.since = since
        self.http = paced(tools, claimed.platform, claimed.server, Priority.SYNC)
        self.identity = Identity(
            remote_id=claimed.remote_id, name=claimed.name, handle=claimed.handle
        )
        self._present: set[str] = set()
        self._loaded = self._changed = self._gone = 0
        self._whole = False
        self._oldest: datetime | None = None

    async def walk(self, platform: ListsPosts, credential: Credential) -> None:
        cursor = ""
        seen = {cursor}
        for _ in range(_MOST_PAGES):
            posts, cursor = await platform.posts(
                self.http, credential, self.identity, cursor=cursor
            )
            reached_the_end = await asyncio.to_thread(self._take, posts)
            if reached_the_end or not cursor:
                self._whole = True
                return
            if cursor in seen:
                return
            seen.add(cursor)

    def _take(self, posts: Sequence[FoundPost]) -> bool:
        """Store a page; True when it reached beyond the window."""
        now = self._tools.now()
        inside = [
            post for post in posts if self.since <= post.published_at <= now + _FUTURE_ALLOWED
        ]
        with self._tools.database.writing() as unit:
            done = take_over(unit, self._claimed.account_id, inside, now=now)
        self._present |= {post.remote_id for post in inside}
        self._loaded += done.loaded
        self._changed += done.changed
        if inside:
            oldest = min(post.published_at for post in inside)
            self._oldest = min(self._oldest or oldest, oldest)
        # A pinned old post may stand on top of a listing: only a page without any new one ends it.
        return bool(posts) and not inside

    def close(self) -> None:
        """After a whole listing, what is absent twice is gone."""
        if not self._whole:
            return
        with self._tools.database.writing() as unit:
            self._gone = note_absences(
                unit,
                self._claimed.account_id,
                present=self._present,
                since=self.since,
                now=self._tools.now(),
            )
            note_looked_for(unit, self._claimed.account_id, now=self._tools.now())

    def put_off(self) -> Report:
        """The platform takes no more for now: what is loaded stays, the rest comes soon."""
        words = "The platform takes no more questions at the moment. Linkkeeper goes on later."
        return replace(self.report(words), again_at=self._tools.now() + _HELD_BACK_FOR)

    def report(self, trouble: str) -> Report:
        return Report(
            loaded=self._loaded,
            changed=self._changed,
            gone=self._gone,
            back_to=self._oldest,
            trouble=trouble,
        )
