"""One question to a platform and what it came to, with respect for the platform's host.

A host that is silent, asked us to wait, or has no room in its budget, is not asked (R44, R45). A
credential whose access part is over is renewed and the question asked once more. Nothing here
touches the database but renewals.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from dashboard.db.grants import RefreshState
from dashboard.domain import traffic
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
from dashboard.domain.traffic import Verdict, seconds
from dashboard.domain.wire import Http, NoAnswerError, Silence
from dashboard.platforms.protocol import RefreshesCredentials
from dashboard.services.check_batches import Question
from dashboard.services.gates import Gates
from dashboard.services.pacing import DEFAULT_WISH, Watched, wish_of
from dashboard.services.permits import Permit, place_of
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
_SERVER_ERROR = 500
_TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing was learnt, and the link is due again after this."""

    span: timedelta


async def ask(
    tools: Tools, question: Question, permit: Permit, gates: Gates
) -> CheckOutcome | Wait | None:
    """Ask about one link; None when the process is to stop before the question was begun."""
    if permit.verdict is Verdict.SILENT:
        return _not_asked()
    if permit.verdict in {Verdict.ASKED_TO_WAIT, Verdict.HELD_BACK}:
        return _later(tools, question, permit.next_at)
    place = place_of(question)
    async with gates.host(place), gates.overall:
        if tools.stopping.is_set():
            return None
        host = tools.traffic.host(place)
        verdict = host.verdict(seconds(tools.now()))
        if verdict is Verdict.ASKED_TO_WAIT:
            return _later(tools, question, host.waiting_until)
        if verdict is not Verdict.ASK and permit.verdict is not Verdict.TRY:
            return _not_asked()  # it fell silent since
        watched = Watched(tools.http)
        found = await _with_a_usable_credential(tools, watched, question)
        _remember(tools, question, found, watched)
        return found


def _not_asked() -> NoAnswer:
    return silent(NoAnswerError(Silence.NOT_SENT, call="check the link"))


def _later(tools: Tools, question: Question, at: float) -> Wait:
    """Its wish is never shortened (R45); a tenth more, so that not all come back at once."""
    now = tools.now()
    left = timedelta(seconds=max(0.0, at - seconds(now)))
    lot = draw_lot(question.link.link_id, now)
    return Wait(span=left * (1 + 0.1 * lot) + timedelta(seconds=1))


async def _with_a_usable_credential(
    tools: Tools, http: Http, question: Question
) -> CheckOutcome | Wait:
    ends = question.credential.expires_at
    if ends is not None and ends <= tools.now() + _OVER_SOON and _can_renew(question):
        return await _renew_and_ask(tools, http, question)
    outcome = await _ask(http, question, question.credential)
    if isinstance(outcome, Works):
        return _with_its_end(question, outcome)
    if not isinstance(outcome, NeedsRefresh):
        return outcome
    if not _can_renew(question):
        return Refused(cause=Cause.TOKEN_RAN_OUT, evidence=outcome.evidence)
    return await _renew_and_ask(tools, http, question)


def _with_its_end(question: Question, works: Works) -> Works:
    """What works now and whose renewal was refused must be renewed by a person before its end."""
    ends = question.credential.expires_at
    if ends is None or question.grant.state is not RefreshState.REFUSED:
        return works
    return replace(works, renew_by=min(ends, works.renew_by or ends))


async def _renew_and_ask(tools: Tools, http: Http, question: Question) -> CheckOutcome | Wait:
    grant = question.grant
    renewal = await refresh_grant(tools, grant.id, generation=grant.generation, wait=LOSER_WAITS)
    if not isinstance(renewal, Renewed):
        return _without_renewal(tools, renewal)
    outcome = await _ask(http, question, renewal.credential)
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
        case Unclear(evidence=evidence) if evidence.code == Silence.HELD_BACK:
            return Wait(span=_RENEWING)
        case Unclear(evidence=evidence):
            return NoAnswer(cause=_cause_of_silence(evidence), evidence=evidence)
        case UnderWay():
            return Wait(span=_RENEWING)
        case Locked() | Gone() | Renewed():
            return Wait(span=tools.settings.check_every)


async def _ask(http: Http, question: Question, credential: Credential) -> CheckOutcome:
    try:
        return await question.platform.check(http, question.app, credential, question.link.identity)
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


def _remember(
    tools: Tools, question: Question, found: CheckOutcome | Wait, watched: Watched
) -> None:
    """Tell all processes what was met; nothing when it is what everybody knows."""
    place, budget, now = place_of(question), question.platform.about.budget, tools.now()
    at = seconds(now)
    wishes = [wish_of(answer, budget) for answer in watched.answers]
    limited = isinstance(found, NoAnswer) and found.cause is Cause.RATE_LIMITED
    if isinstance(found, NoAnswer):
        wishes.append(found.retry_after or (DEFAULT_WISH if limited else None))
        if not limited:
            lot = draw_lot(question.link.link_id, now)
            tools.traffic.note(place, lambda host: traffic.silent(host, now=at, lot=lot))
    if (limited or not isinstance(found, NoAnswer | Wait)) and not tools.traffic.host(
        place
    ).is_pristine:
        tools.traffic.note(place, traffic.heard)
    wish = max((one for one in wishes if one is not None), default=None)
    if wish is not None:
        tools.traffic.note(place, lambda host: traffic.asked_to_wait(host, wish, budget, now=at))
    more = len(watched.answers) - 1
    if more > 0 and budget is not None:
        tools.traffic.note(place, lambda host: traffic.spent(host, budget, more, now=at, share=1.0))
