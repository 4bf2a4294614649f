"""One question to a platform and what it came to, with respect for the platform's host.

A host that is silent, or asked us to wait, is not asked (R44, R45). A credential whose access part
is over is renewed and the question asked once more. Nothing here touches the database but renewals.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard.db.grants import RefreshState
from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    CheckOutcome,
    Evidence,
    NeedsRefresh,
    NoAnswer,
    Refused,
    Works,
    after_refused_refresh,
)
from dashboard.domain.credentials import Credential
from dashboard.domain.rota import draw_lot
from dashboard.domain.silence import silent
from dashboard.domain.traffic import Host, Verdict
from dashboard.domain.wire import NoAnswerError, Silence
from dashboard.platforms.protocol import RefreshesCredentials
from dashboard.services.check_batches import Question
from dashboard.services.ports import Tools
from dashboard.services.refreshing import LOSER_WAITS, refresh_grant
from dashboard.services.renewals import (
    Denied,
    Gone,
    Locked,
    Renewal,
    Renewed,
    Unclear,
    UnderWay,
)

_OVER_SOON = timedelta(seconds=30)
_RENEWING = timedelta(seconds=20)  # until it is looked again what somebody else's renewal brought
_DEFAULT_WISH = timedelta(minutes=1)
_SERVER_ERROR = 500
_TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing was learnt, and the link is due again after this."""

    span: timedelta


@dataclass(slots=True)
class Gates:
    """How many questions may be under way, overall and per host, in this process."""

    overall: asyncio.Semaphore
    per_host: int
    hosts: dict[str, asyncio.Semaphore]

    @classmethod
    def of(cls, per_host: int) -> "Gates":
        return cls(asyncio.Semaphore(4 * per_host), per_host, {})

    def host(self, place: str) -> asyncio.Semaphore:
        return self.hosts.setdefault(place, asyncio.Semaphore(self.per_host))


async def ask(tools: Tools, question: Question, gates: Gates) -> CheckOutcome | Wait | None:
    """Ask about one link; None when the process is to stop before the question was begun."""
    link = question.link
    place = link.server or link.platform
    async with gates.host(place), gates.overall:
        if tools.stopping.is_set():
            return None
        now, host = tools.now(), tools.traffic.host(place)
        lot = draw_lot(link.link_id, now)
        verdict = host.verdict(now)
        if verdict is Verdict.SILENT:
            return silent(NoAnswerError(Silence.NOT_SENT, call="check the link"))
        if verdict is Verdict.ASKED_TO_WAIT:
            return Wait(span=_wish(host, now, lot))
        found = await _with_a_usable_credential(tools, question)
        if isinstance(found, NoAnswer):
            _remember(host, found, tools.now(), lot)
        else:
            host.heard()
        return found


async def _with_a_usable_credential(tools: Tools, question: Question) -> CheckOutcome | Wait:
    ends = question.credential.expires_at
    if ends is not None and ends <= tools.now() + _OVER_SOON and _can_renew(question):
        return await _renew_and_ask(tools, question)
    outcome = await _ask(tools, question, question.credential)
    if isinstance(outcome, Works):
        return _with_its_end(question, outcome)
    if not isinstance(outcome, NeedsRefresh):
        return outcome
    if not _can_renew(question):
        return Refused(cause=Cause.TOKEN_RAN_OUT, evidence=outcome.evidence)
    return await _renew_and_ask(tools, question)


def _with_its_end(question: Question, works: Works) -> Works:
    """What works now and whose renewal was refused must be renewed by a person before its end."""
    ends = question.credential.expires_at
    if ends is None or question.grant.state is not RefreshState.REFUSED:
        return works
    return replace(works, renew_by=min(ends, works.renew_by or ends))


async def _renew_and_ask(tools: Tools, question: Question) -> CheckOutcome | Wait:
    grant = question.grant
    renewal = await refresh_grant(tools, grant.id, generation=grant.generation, wait=LOSER_WAITS)
    if not isinstance(renewal, Renewed):
        return _without_renewal(tools, renewal)
    outcome = await _ask(tools, question, renewal.credential)
    if isinstance(outcome, NeedsRefresh):
        # Refused although new: believed only when it happens again (R36).
        said = replace(outcome.evidence, ruled_out=("the permission was renewed just before",))
        return Refused(cause=Cause.TOKEN_REFUSED, evidence=said, certain=False)
    return outcome


def _without_renewal(tools: Tools, renewal: Renewal) -> CheckOutcome | Wait:
    match renewal:
        case Denied(cause=cause, evidence=evidence):
            return after_refused_refresh(cause, evidence)
        case Unclear(evidence=evidence, app_problem=True):
            return AppProblem(evidence=evidence)
        case Unclear(evidence=evidence):
            return NoAnswer(cause=_cause_of_silence(evidence), evidence=evidence)
        case UnderWay():
            return Wait(span=_RENEWING)
        case Locked() | Gone() | Renewed():
            return Wait(span=tools.settings.check_every)


async def _ask(tools: Tools, question: Question, credential: Credential) -> CheckOutcome:
    try:
        return await question.platform.check(
            tools.http, question.app, credential, question.link.identity
        )
    except NoAnswerError as error:
        return silent(error)


def _can_renew(question: Question) -> bool:
    return bool(question.credential.refresh) and isinstance(question.platform, RefreshesCredentials)


def _cause_of_silence(evidence: Evidence) -> Cause:
    if evidence.status == _TOO_MANY:
        return Cause.RATE_LIMITED
    if evidence.status is not None and evidence.status >= _SERVER_ERROR:
        return Cause.PLATFORM_DOWN
    return Cause.NO_ANSWER


def _remember(host: Host, found: NoAnswer, now: datetime, lot: float) -> None:
    if found.cause is Cause.RATE_LIMITED:
        host.heard()
        host.asked_to_wait(now, found.retry_after or _DEFAULT_WISH)
        return
    host.silent(now, lot)
    if found.retry_after is not None:
        host.asked_to_wait(now, found.retry_after)


def _wish(host: Host, now: datetime, lot: float) -> timedelta:
    """What is left of its wish, and a tenth more so that not all come back at once (R45)."""
    left = (host.waiting_until or now) - now
    return left * (1 + 0.1 * lot) + timedelta(seconds=1)
