"""The checks: whatever is due is claimed, asked about concurrently, and stored as answers come.

The rota stands in SQL; losing this process at any point loses no check, because a claim lapses. A
slow platform delays nobody: answers are stored while others are waited for, and further links are
claimed meanwhile.
"""

import asyncio
import contextlib
import logging
import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import uuid4

from dashboard.db.findings import Deferral, Finding
from dashboard.db.links import count_due
from dashboard.domain.checks import AppProblem, Blocked, CheckOutcome, Refused, Works
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.incidents import Place
from dashboard.domain.pushes import sharpened
from dashboard.domain.rota import Rota, draw_lot, next_check
from dashboard.domain.states import MESSAGES_STOPPED, WORKS, LinkState
from dashboard.domain.traffic import seconds
from dashboard.domain.transitions import advance
from dashboard.platforms.protocol import RefreshesCredentials, RenewsWithoutSecret
from dashboard.services.check_batches import (
    Question,
    Results,
    claim_questions,
    claim_suspect_questions,
    hold_on,
    store,
)
from dashboard.services.check_questions import Wait, ask
from dashboard.services.gates import Gates
from dashboard.services.permits import Permit, permits, place_of
from dashboard.services.ports import Tools
from dashboard.services.quotas import within_the_day
from dashboard.services.rules import patience
from dashboard.services.second_opinions import look_around

_UNDER_WAY = 500
# All in seconds.
_STORE_EVERY = 0.25  # bad news at once; at a tenth PostgreSQL had a fifth more to do
_HOLD_EVERY = 15.0  # a third of a claim's time
_SUSPECT_EVERY = 1.0
_SHARE_EVERY = 0.5
_CLAIM_FOR = 60.0  # then the next hint goes on, so that a job has an end
_ANSWER_WITHIN = 120.0  # for all that is under way then
_END_WITHIN = 2.0  # when the process is to stop: what is not answered by then is given back

_NO_SPAN = timedelta()

log = logging.getLogger(__name__)


def anything_due(tools: Tools) -> bool:
    """Whether a link waits to be checked; one cheap read."""
    with tools.database.reading() as session:
        return count_due(session, now=tools.now(), most=1) > 0


def check_due(tools: Tools) -> int:
    """Check everything that is due, for about a minute at most; returns how many were stored.

    May run in any number of processes at once. What a platform file raised is raised at the end,
    when all else is stored.
    """
    round_ = _Round(tools=tools, owner=f"{os.getpid()}-{uuid4().hex}")
    try:
        tools.http.run(round_.run())
    finally:
        tools.traffic.shares.give_back(round_.owner)
    if round_.errors:
        raise round_.errors[0]
    return round_.stored


@dataclass(slots=True, kw_only=True)
class _Round:
    """One run over what is due, in one process."""

    tools: Tools
    owner: str
    stored: int = 0
    errors: list[BaseException] = field(default_factory=list)
    _more: bool = True
    _ends_at: float | None = None
    _suspects_at: float = 0.0
    _shared_at: float = -math.inf
    _every: dict[str, timedelta | None] = field(default_factory=dict)
    _open: dict[asyncio.Task[CheckOutcome | Wait | None], Question] = field(default_factory=dict)
    _under_way: int = 0  # of them, those without an answer
    _stir: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        began = held = time.monotonic()
        gates = Gates(1)
        try:
            while self._more or self._open:
                if self._more and len(self._open) <= _UNDER_WAY // 2:
                    self._more = await self._begin(gates) and time.monotonic() - began < _CLAIM_FOR
                if self._open:
                    await self._share(gates)
                    await self._answers()
                    await self._settle()
                if time.monotonic() - held > _HOLD_EVERY and self._open:
                    held = time.monotonic()
                    open_ = list(self._open.values())
                    await asyncio.to_thread(hold_on, self.tools, open_, self.owner)
                if self._is_over(began):
                    break
            await self._give_back()
        finally:
            for task in self._open:
                task.cancel()

    async def _share(self, gates: Gates) -> None:
        """Look now and then what part of the questions to a host is ours."""
        if time.monotonic() - self._shared_at < _SHARE_EVERY:
            return
        total, now = self.tools.settings.asks_per_host, seconds(self.tools.now())
        take = partial(self.tools.traffic.shares.take, self.owner, total, now=now)
        gates.resize(await asyncio.to_thread(take))
        self._shared_at = time.monotonic()

    async def _answers(self) -> None:
        """Wait for answers: all there are, or bad news, or as many as come in a moment."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stir.wait(), _STORE_EVERY)
        self._stir.clear()

    def _note_end(self, task: "asyncio.Task[CheckOutcome | Wait | None]") -> None:
        """A lost link is stored at once, as somebody is to be told; the rest may wait for more."""
        self._under_way -= 1
        lost = not task.cancelled() and not task.exception() and _is_lost(task.result())
        if lost or not self._under_way:
            self._stir.set()

    def _is_over(self, began: float) -> bool:
        now = time.monotonic()
        if self.tools.stopping.is_set():
            self._ends_at = self._ends_at or now + _END_WITHIN
            return now >= self._ends_at
        return now - began > _CLAIM_FOR + _ANSWER_WITHIN

    async def _give_back(self) -> None:
        """Give up what is not answered: a read may be cut off, and a renewal goes on by itself."""
        for task in self._open:
            task.cancel()
        if self._open:
            await asyncio.wait(self._open)
            await self._settle()

    async def _begin(self, gates: Gates) -> bool:
        """Begin to ask about more links; False when nothing more is due."""
        if self.tools.stopping.is_set():
            return False
        limit = _UNDER_WAY - len(self._open)
        claimed, questions = await asyncio.to_thread(
            claim_questions, self.tools, self.owner, limit=limit
        )
        if not claimed or time.monotonic() >= self._suspects_at:
            # Also while others keep coming, or links whose worker died would wait for ever.
            self._suspects_at = time.monotonic() + _SUSPECT_EVERY
            suspects, more = await asyncio.to_thread(
                claim_suspect_questions, self.tools, self.owner
            )
            claimed, questions = claimed + suspects, questions + more
        if questions:
            await self._share(gates)
            for question, permit in await asyncio.to_thread(_permitted, self.tools, questions):
                self._every[question.link.platform] = permit.every
                task = asyncio.ensure_future(ask(self.tools, question, permit, gates))
                self._open[task] = question
                self._under_way += 1
                task.add_done_callback(self._note_end)
        return claimed > 0

    async def _settle(self) -> None:
        """Store what has been answered so far."""
        results = Results()
        for task in [task for task in self._open if task.done()]:
            self._take(results, self._open.pop(task), task)
        if results:
            await asyncio.to_thread(self._store, results)
            self.stored += len(results.findings)
        if results.hit or results.mended:
            hit, mended = tuple(results.hit), tuple(results.mended)
            more = await asyncio.to_thread(look_around, self.tools, hit, mended)
            self._more = self._more or more > 0

    def _store(self, results: Results) -> None:
        store(self.tools, results, self.owner)
        self.tools.traffic.exchange({place_of(question) for question in self._open.values()})

    def _take(
        self, results: Results, question: Question, task: asyncio.Task[CheckOutcome | Wait | None]
    ) -> None:
        link = question.link
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("check ended in an error", extra={"link": str(link.link_id)}, exc_info=error)
            self.errors.append(error)
        found: CheckOutcome | Wait | None = None
        if not task.cancelled():
            found = Wait(span=self.tools.settings.check_every) if error else task.result()
        if found is None:
            results.unasked.append(link.link_id)
        elif isinstance(found, Wait):
            at = self.tools.now() + found.span
            results.deferrals.append(
                Deferral(
                    link_id=link.link_id,
                    version=link.version,
                    due_at=link.due_at,
                    next_check_at=at,
                )
            )
        else:
            finding = _finding(self.tools, question, found, self._every.get(link.platform))
            results.findings.append(finding)
            if finding.event is not None and _is_hit(finding.event):
                place = Place(platform=link.platform, server=link.server)
                results.hit.append((question.grant.id, place))
            if finding.event is not None and _is_mended(finding.event):
                results.mended.add(question.grant.id)
            _note_app(results, question, found)


def _is_hit(event: LinkStateChanged) -> bool:
    """Whether it was refused, or lost a permission: it may be the platform, so others are asked."""
    if event.new is LinkState.LIMITED:
        return event.old in WORKS
    return event.new in MESSAGES_STOPPED and event.old not in MESSAGES_STOPPED


def _is_mended(event: LinkStateChanged) -> bool:
    return event.old is LinkState.LIMITED and event.new in WORKS


def _is_lost(found: CheckOutcome | Wait | None) -> bool:
    return isinstance(found, Refused | Blocked)


def _note_app(results: Results, question: Question, outcome: CheckOutcome) -> None:
    """What is said of our registration; where renewals take our secret, only one proves it."""
    app_id = question.grant.app_id
    if app_id is None:
        return
    if isinstance(outcome, AppProblem):
        said = outcome.evidence.text or outcome.evidence.code or "It was refused."
        results.app_problems[app_id] = said
    elif isinstance(outcome, Works) and (
        isinstance(question.platform, RenewsWithoutSecret)
        or not isinstance(question.platform, RefreshesCredentials)
    ):
        results.apps_well.add(app_id)


def _permitted(tools: Tools, questions: Sequence[Question]) -> list[tuple[Question, Permit]]:
    return within_the_day(tools, permits(tools, questions))


def _finding(
    tools: Tools, question: Question, outcome: CheckOutcome, every: timedelta | None
) -> Finding:
    """`every` is how seldom the quota of the day lets it be checked, if there is one."""
    link, now = question.link, tools.now()
    since = link.health.troubled_since
    outcome = sharpened(outcome, link.hearsay, troubled_since=since, now=now)
    borne = patience(tools.settings)
    health, event = advance(link.health, outcome, now=now, patience=borne)
    if isinstance(outcome, AppProblem):
        streak = link.streak
    else:
        streak = link.streak + 1 if isinstance(outcome, Works) else 0
    return Finding(
        link_id=link.link_id,
        account_id=link.account_id,
        version=link.version,
        due_at=link.due_at,
        checked_at=now,
        next_check_at=next_check(
            health,
            outcome,
            now=now,
            streak=streak,
            lot=draw_lot(link.link_id, now),
            rota=Rota(every=max(tools.settings.check_every, every or _NO_SPAN), patience=borne),
        ),
        streak=streak,
        health=None if health == link.health else health,
        event=event,
        visible=link.awaited,
    )
