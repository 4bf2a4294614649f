"""One renewal, step by step, so that a crash between any two loses nothing (R33-R35).

Take the lease and store `in_flight`; ask; store the new credential before anything else. An answer
that was lost is asked for once more with the same credential; only a definite refusal after a
re-read counts. Once begun it is not cut off.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from dashboard.db.apps import note_app_problem
from dashboard.db.engine import UnitOfWork
from dashboard.db.grants import Lease, Refusal, StoredGrant, end_lease, store_refusal, take_lease
from dashboard.domain.budgets import Priority
from dashboard.domain.causes import OWNER_MUST_ACT, Cause
from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import CannotDecryptError, StorageError
from dashboard.domain.faults import point
from dashboard.domain.rota import draw_lot
from dashboard.domain.wire import Answer, Ask, Http
from dashboard.platforms.protocol import (
    Refreshed,
    RefreshesCredentials,
    RefreshOutcome,
    RefreshRefused,
    RefreshUnclear,
)
from dashboard.services.pacing import paced
from dashboard.services.ports import Tools
from dashboard.services.renewals import (
    AGAIN_WITHIN,
    ANSWER_WITHIN,
    LEASE,
    Denied,
    Locked,
    Renewal,
    Unclear,
    UnderWay,
)
from dashboard.services.safekeeping import PAUSES, Safe

log = logging.getLogger(__name__)

_FIRST_BACKOFF = timedelta(minutes=1)
_LONGEST_BACKOFF = timedelta(hours=1)
_NOT_STORED = Evidence(call="store the renewed permission", text="The database did not take it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to renew a grant as it was read."""

    tools: Tools
    grant: StoredGrant
    credential: Credential
    app: App | None
    platform: RefreshesCredentials

    @property
    def safe(self) -> Safe:
        return Safe(tools=self.tools, grant=self.grant)

    async def run(self) -> Renewal | None:
        """Ask, unless somebody else is at it: then None. To be run to the end (R34)."""
        try:
            adopted = await asyncio.to_thread(self.safe.adopt)
            if adopted is not None:
                return adopted
            until = time.monotonic() + AGAIN_WITHIN
            lease = await asyncio.to_thread(self._take)
            return None if lease is None else await self._renew(lease, until)
        except CannotDecryptError:
            return Locked()

    async def _renew(self, lease: Lease, until: float) -> Renewal:
        outcome, lost = await self._ask(until), self.grant.in_flight_since
        if lost is None and isinstance(outcome, RefreshUnclear) and outcome.may_have_happened:
            lost = self.tools.now()
            outcome = await self._ask(until) or outcome
        match outcome:
            case None:
                return await self._settle(lambda: self._hand_back(lease))
            case Refreshed():
                return await self.safe.keep(lease, outcome.credential)
            case RefreshRefused() if outcome.cause in OWNER_MUST_ACT:
                unknown = lost is not None
                return await self._settle(lambda: self._postpone(lease, outcome, unknown=unknown))
            case RefreshRefused():
                refusal = self._refusal(outcome, lost)
                return await self._settle(lambda: self._refuse(lease, refusal))
            case RefreshUnclear():
                unknown = lost is not None
                return await self._settle(lambda: self._leave(lease, outcome, unknown=unknown))

    def _take(self) -> Lease | None:
        point("refresh.before_lease")
        owner = f"{os.getpid()}-{uuid4().hex}"
        lease = self.tools.database.write(
            lambda unit: take_lease(
                unit, self.grant, owner=owner, lasting=LEASE, now=self.tools.now()
            )
        )
        point("refresh.after_lease")
        return lease

    async def _ask(self, until: float) -> RefreshOutcome | None:
        """Ask; None if this process stood still so long that its lease may lapse meanwhile."""
        point("refresh.before_send")
        if time.monotonic() > until:
            return None
        unhurried = _Unhurried(self.tools.http, time.monotonic() + ANSWER_WITHIN)
        grant = self.grant
        http = paced(self.tools, grant.platform, grant.server, Priority.REFRESH, through=unhurried)
        outcome = await self.platform.refresh(http, self.app, self.credential, now=self.tools.now())
        point("refresh.after_response")
        return outcome

    def _refuse(self, lease: Lease, refusal: Refusal) -> Renewal:
        """A no counts only if nobody has obtained a newer credential meanwhile (F06)."""
        newer = self.safe.as_it_is()
        if newer is not None and newer.generation > self.grant.generation:
            return newer
        sealed = self.safe.spare()
        if sealed is not None:
            return self.safe.store(lease, self.safe.open(sealed), sealed)
        if self.tools.database.write(lambda unit: store_refusal(unit, lease, refusal)):
            return Denied(cause=refusal.cause, evidence=refusal.evidence)
        return UnderWay()

    def _hand_back(self, lease: Lease) -> Renewal:
        """Nothing was sent: whoever comes next asks at once."""
        unknown, now = self.grant.in_flight_since is not None, self.tools.now()
        self.tools.database.write(lambda unit: end_lease(unit, lease, unknown=unknown, due_at=now))
        return UnderWay()

    def _refusal(self, outcome: RefreshRefused, lost: datetime | None) -> Refusal:
        cause, evidence = outcome.cause, outcome.evidence
        if lost is not None:
            cause = Cause.ANSWER_LOST
            when = f"{lost:%Y-%m-%d %H:%M:%S} UTC"
            evidence = replace(evidence, text=f"The answer to the renewal of {when} was lost.")
        return Refusal(cause=cause, evidence=evidence, at=self.tools.now())

    def _postpone(self, lease: Lease, outcome: RefreshRefused, *, unknown: bool) -> Renewal:
        """Refused for the account's own trouble: once that is lifted, the same token may do."""
        due_at = self._later(self.tools.now())
        self.tools.database.write(
            lambda unit: end_lease(unit, lease, unknown=unknown, due_at=due_at)
        )
        return Denied(cause=outcome.cause, evidence=outcome.evidence)

    def _leave(self, lease: Lease, outcome: RefreshUnclear, *, unknown: bool) -> Renewal:
        """Give the lease back; the renewal is tried again later, ever more seldom."""
        now = self.tools.now()
        due_at = self._later(now)

        def leave(unit: UnitOfWork) -> None:
            end_lease(unit, lease, unknown=unknown, due_at=due_at)
            if outcome.app_problem and self.grant.app_id is not None:
                said = outcome.evidence.text or outcome.evidence.code
                note_app_problem(unit, self.grant.app_id, said, now=now)

        self.tools.database.write(leave)
        return Unclear(evidence=outcome.evidence, app_problem=outcome.app_problem)

    def _later(self, now: datetime) -> datetime:
        wait = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * (1 << min(self.grant.tries, 8)))
        return now + wait * (1 + 0.5 * draw_lot(self.grant.id, now))

    async def _settle(self, store: Callable[[], Renewal]) -> Renewal:
        """Store an end without a new credential; failing that, the lease lapses by itself."""
        for pause in PAUSES:
            try:
                return await asyncio.to_thread(store)
            except StorageError as error:
                log.warning(
                    "end of a renewal not stored",
                    extra={"grant": str(self.grant.id), "trouble": error.trouble.value},
                )
            await asyncio.sleep(pause)
        return Unclear(evidence=_NOT_STORED)


@dataclass(frozen=True, slots=True)
class _Unhurried:
    """Gives every question of a renewal all the time that is left for it."""

    http: Http
    until: float  # on the steady clock

    async def send(self, ask: Ask) -> Answer:
        left = max(1.0, self.until - time.monotonic())
        return await self.http.send(replace(ask, deadline=left))
