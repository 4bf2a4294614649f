"""Renews credentials so that none is ever lost: one renewal per generation, across all processes.

Whoever does not get the lease waits, re-reads and uses what its holder stored; nobody asks without
the lease (R33). The steps of one renewal stand in `renewing.py`.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from dashboard.db.apps import find_app
from dashboard.db.credentials import open_credential
from dashboard.db.grants import DueGrant, RefreshState, load_grants, offer_due
from dashboard.db.links import due_with_grant
from dashboard.db.salvage import forget_salvage
from dashboard.domain.errors import CannotDecryptError
from dashboard.domain.rota import draw_lot
from dashboard.domain.traffic import Verdict, seconds
from dashboard.platforms.protocol import RefreshesCredentials
from dashboard.services.ports import Tools
from dashboard.services.renewals import (
    PER_SECOND,
    Denied,
    Gone,
    Locked,
    Renewal,
    Renewed,
    UnderWay,
)
from dashboard.services.renewing import Attempt
from dashboard.services.safekeeping import salvage_folder

log = logging.getLogger(__name__)

LOSER_WAITS = 20.0  # seconds
_AT_ONCE = 8  # at one place
_LOOKS_UP_EVERY = 0.5  # seconds, whether the process is to end
_SALVAGE_KEPT = timedelta(days=30)
_OFFERED_AGAIN = timedelta(minutes=3)  # longer than the lease: whoever is at it has ended by then


async def refresh_grant(
    tools: Tools, grant_id: UUID, *, generation: int | None = None, wait: float = LOSER_WAITS
) -> Renewal:
    """Renew a grant, or take what somebody else has renewed in the meantime.

    `generation` is the one that was found wanting: a newer one is returned without asking. `wait`
    is how long, in seconds, another holder of the lease is waited for.
    """
    until = time.monotonic() + wait
    pause = 0.05
    while True:
        attempt = await asyncio.to_thread(_read, tools, grant_id)
        if not isinstance(attempt, Attempt):
            return attempt
        grant = attempt.grant
        if generation is not None and grant.generation > generation:
            return Renewed(credential=attempt.credential, generation=grant.generation)
        if grant.state is RefreshState.REFUSED and grant.refusal is not None:
            return Denied(cause=grant.refusal.cause, evidence=grant.refusal.evidence)
        generation = grant.generation
        renewal = await tools.http.to_the_end(attempt.run())
        if renewal is not None:
            return renewal
        if time.monotonic() + pause > until:
            return UnderWay()
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 1.0)


def refresh_due(tools: Tools, *, limit: int = 200) -> list[Renewal]:
    """Renew what is due, spread over time per place, and put in place what was salvaged.

    What is not reached is due again in a few minutes, so nothing is lost with this process.
    """
    put_salvaged_in_place(tools)
    now = tools.now()
    due = tools.database.write(
        lambda unit: offer_due(unit, now=now, limit=limit, again=now + _OFFERED_AGAIN)
    )
    renewals = tools.http.run(_refresh_all(tools, due))
    denied = [
        grant.id
        for grant, renewal in zip(due, renewals, strict=True)
        if isinstance(renewal, Denied)
    ]
    _look_at_once(tools, denied)
    return renewals


def _look_at_once(tools: Tools, grant_ids: list[UUID]) -> None:
    """Whoever must act is told now, and not when the present access part has run out."""
    if not grant_ids:
        return
    now = tools.now()
    tools.database.write(lambda unit: due_with_grant(unit, grant_ids, now=now))
    tools.jobs.hint("check_due")


def put_salvaged_in_place(tools: Tools) -> int:
    """Give grants the credentials that were kept in files while the database took nothing.

    What cannot be opened on this server waits for its key; what is out of use is erased.
    """
    placed, folder = 0, salvage_folder(tools)
    for grant_id in folder.grants():
        try:
            attempt = _read(tools, grant_id)
            if isinstance(attempt, Attempt) and attempt.safe.adopt() is not None:
                placed += 1
        except CannotDecryptError:
            log.error("salvage cannot be opened", extra={"grant": str(grant_id)})  # noqa: TRY400  # no trace: the sentence says it
            continue
        if isinstance(attempt, Gone) and not _in_use(tools, grant_id):
            folder.drop_all(grant_id)
    return placed


def forget_old_salvage(tools: Tools) -> None:
    """Drop sealed credentials that nobody has needed for a month."""
    before = tools.now() - _SALVAGE_KEPT
    tools.database.write(lambda unit: forget_salvage(unit, before=before))
    salvage_folder(tools).forget(before)


def turns(due: Sequence[DueGrant], lots: Sequence[float]) -> list[float]:
    """When each begins, in seconds from now: one place is asked PER_SECOND times a second at most.

    The first of a place begins at once; `lots` are numbers from 0 to 1, so that no rhythm comes up.
    """
    met: Counter[tuple[str, str]] = Counter()
    begins = []
    for grant, lot in zip(due, lots, strict=True):
        before = met[(grant.platform, grant.server)]
        met[(grant.platform, grant.server)] += 1
        begins.append((before + lot) / (PER_SECOND - 1) if before else 0.0)
    return begins


async def _refresh_all(tools: Tools, due: Sequence[DueGrant]) -> list[Renewal]:
    began, now = time.monotonic(), tools.now()
    await asyncio.to_thread(tools.traffic.exchange, {one.server or one.platform for one in due})
    gates = {(grant.platform, grant.server): asyncio.Semaphore(_AT_ONCE) for grant in due}

    async def one(grant: DueGrant, begins: float) -> Renewal:
        while not tools.stopping.is_set() and (left := began + begins - time.monotonic()) > 0:  # noqa: ASYNC110  # it is set by another thread
            await asyncio.sleep(min(left, _LOOKS_UP_EVERY))
        async with gates[(grant.platform, grant.server)]:
            # To ask a host that is silent could only lose an answer (R35): the next turn is soon.
            host = tools.traffic.host(grant.server or grant.platform)
            if tools.stopping.is_set() or host.verdict(seconds(tools.now())) is Verdict.SILENT:
                return UnderWay()
            return await refresh_grant(tools, grant.id, generation=grant.generation, wait=0.0)

    begins = turns(due, [draw_lot(grant.id, now) for grant in due])
    return list(await asyncio.gather(*map(one, due, begins)))


def _in_use(tools: Tools, grant_id: UUID) -> bool:
    with tools.database.reading() as session:
        return grant_id in load_grants(session, [grant_id])


def _read(tools: Tools, grant_id: UUID) -> Attempt | Gone | Locked:
    with tools.database.reading() as session:
        grant = load_grants(session, [grant_id]).get(grant_id)
        platform: object = tools.platforms.get(grant.platform) if grant else None
        if grant is None or not isinstance(platform, RefreshesCredentials):
            return Gone()
        try:
            credential = open_credential(tools.cipher, grant.id, grant.sealed)
            app = find_app(session, tools.cipher, grant.app_id) if grant.app_id else None
        except CannotDecryptError:
            return Locked()
    return Attempt(tools=tools, grant=grant, credential=credential, app=app, platform=platform)
