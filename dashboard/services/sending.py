"""Deliveries become mails: claimed, decided anew, written down, handed over, settled (R52-R56).

Each step is a transaction of its own, and the mail server is only talked to between them. Whatever
dies on the way is taken over when its lease ends; a mail that may have arrived is sent again as it
was, with the same Message-ID (R53).
"""

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from uuid import UUID

from dashboard.adapters.letter import Letter
from dashboard.adapters.letters import render_letter
from dashboard.adapters.smtp import Failed, Sent
from dashboard.db.deliveries import (
    Claimed,
    Mail,
    due_ids,
)
from dashboard.db.engine import UnitOfWork
from dashboard.db.settling import (
    forget_before,
    hand_over,
    keep_mail,
    settle_ended,
    settle_later,
    settle_sent,
)
from dashboard.domain import places
from dashboard.domain.deliveries import (
    FLIGHTS_ALLOWED,
    KEEP,
    UNCLEAR_PAUSE,
    DeliveryState,
    retry_in,
)
from dashboard.domain.faults import point
from dashboard.domain.notices import NOTICE_SPECS
from dashboard.services.claiming import Outcome, Ready, prepare, unclear
from dashboard.services.drafts import Draft
from dashboard.services.mail_pause import begin_pause, end_pause, may_send
from dashboard.services.ports import Mailer, Tools

_AT_ONCE = 100
_BATCH = 500
_SILENCES_BORNE = 3


def send_due(tools: Tools) -> int:
    """Send what is due and return how many mails went out; safe with any number of senders.

    It stops when the mail server is away, so that a long queue does not wait for each time-out.
    """
    with tools.database.reading() as session:
        waiting = due_ids(session, tools.now(), limit=_AT_ONCE)
    round_, at_once = _Round(tools=tools), min(len(waiting), tools.settings.mails_at_once)
    if at_once <= 1:
        return sum(map(round_.send, waiting))
    # Each in a copy of the context, so that what it logs still names the job.
    contexts = [copy_context() for _ in waiting]
    with ThreadPoolExecutor(at_once, thread_name_prefix="mail") as pool:
        return sum(pool.map(lambda mine, one: mine.run(round_.send, one), contexts, waiting))


@dataclass(slots=True, kw_only=True)
class _Round:
    """One run over what is due, and what it has learnt of the mail server."""

    tools: Tools
    _silences: int = 0  # in a row
    _over: bool = False

    def send(self, delivery_id: UUID) -> bool:
        """Whether the mail went out; nothing is tried any more once the server is away."""
        if self._over:
            return False
        outcome = send(self.tools, delivery_id)
        self._silences = self._silences + 1 if outcome is Outcome.LATER else 0
        if outcome is Outcome.HELD_UP or self._silences >= _SILENCES_BORNE:
            self._over = True
        return outcome is Outcome.SENT


def send(tools: Tools, delivery_id: UUID) -> Outcome:
    """Send one delivery, with what else waits for the same person; whatever happens is stored."""
    if tools.mailer is not None and not may_send(tools):
        return Outcome.HELD_UP
    ready = prepare(tools, delivery_id)
    if not isinstance(ready, Ready):
        return ready
    point("mail.claimed")
    mail = _mail_of(ready)
    if tools.mailer is None:
        return _keep(tools, ready, mail)
    if not _write_down(tools, ready, mail):
        return Outcome.NOT_OURS
    point("mail.before_send")
    answer = _mail(tools.mailer, tools.settings.base_url, ready, mail)
    point("mail.after_send")
    outcome = _settle(tools, ready.claimed, answer)
    point("mail.settled")
    return outcome


def forget_old_mails(tools: Tools) -> None:
    """Drop deliveries that ended long ago, a batch at a time, so that nobody waits for it (R73)."""
    before = tools.now() - KEEP
    dropped = _BATCH
    while dropped == _BATCH:
        with tools.database.writing() as unit:
            dropped = forget_before(unit, before, most=_BATCH)


def any_mail_due(tools: Tools) -> bool:
    """Whether there is something to send; one cheap read."""
    with tools.database.reading() as session:
        return bool(due_ids(session, tools.now(), limit=1))


def _mail_of(ready: Ready) -> Mail:
    """What is sent: as it was, when it may have arrived already, else written anew."""
    if isinstance(ready.what, Mail):
        return ready.what
    letter = render_letter(ready.what.template, {"telling": ready.what.telling})
    return Mail(subject=letter.subject, text=letter.text, html=letter.html)


def _keep(tools: Tools, ready: Ready, mail: Mail) -> Outcome:
    with tools.database.writing() as unit:
        kept = keep_mail(unit, ready.claimed, mail=mail, recipient=ready.recipient.email)
    return Outcome.KEPT if kept else Outcome.NOT_OURS


def _write_down(tools: Tools, ready: Ready, mail: Mail) -> bool:
    """Make durable what is about to be sent; False when the lease was lost meanwhile."""
    with tools.database.writing() as unit:
        return hand_over(
            unit,
            ready.claimed,
            mail=mail,
            recipient=ready.recipient.email,
            accounts=ready.what.accounts if isinstance(ready.what, Draft) else None,
        )


def _headers(base_url: str, claimed: Claimed) -> dict[str, str]:
    """Let mail programs offer to stop what may be stopped, by one click (RFC 8058, R56)."""
    if not NOTICE_SPECS[claimed.kind].optional:
        return {}
    return {
        "List-Unsubscribe": f"<{base_url}{places.stop_mails(claimed.id)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _mail(mailer: Mailer, base_url: str, ready: Ready, mail: Mail) -> Sent | Failed:
    return mailer.send(
        Letter(
            headers=_headers(base_url, ready.claimed),
            to=ready.recipient.email,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            message_id=ready.claimed.message_id,
            references=ready.what.references if isinstance(ready.what, Draft) else (),
        )
    )


def _settle(tools: Tools, claimed: Claimed, answer: Sent | Failed) -> Outcome:
    """Store what the mail server said; a lease that was lost is somebody else's business."""
    if isinstance(answer, Sent):
        with tools.database.writing() as unit:
            settle_sent(unit, claimed, now=tools.now())
        end_pause(tools)
        return Outcome.SENT
    if answer.kind == "login":
        begin_pause(tools, answer.why)
    with tools.database.writing() as unit:
        return _settle_failure(tools, unit, claimed, answer)


def _settle_failure(tools: Tools, unit: UnitOfWork, claimed: Claimed, answer: Failed) -> Outcome:
    now = tools.now()
    chance = secrets.randbelow(1_000) / 1_000
    match answer.kind:
        case "refused":
            settle_ended(unit, claimed, DeliveryState.DEAD, why=answer.why)
            return Outcome.DEAD
        case "login":
            settle_later(unit, claimed, due_at=now, why=answer.why, flights=claimed.flights)
            return Outcome.HELD_UP
        case "retry":
            due_at = now + retry_in(claimed.attempts, chance)
            settle_later(unit, claimed, due_at=due_at, why=answer.why, flights=claimed.flights)
            return Outcome.LATER
        case "unknown_outcome":
            flights = claimed.flights + 1
            if flights >= FLIGHTS_ALLOWED:
                why = unclear(flights)
                settle_ended(unit, claimed, DeliveryState.DEAD, why=why)
                return Outcome.DEAD
            due_at = now + UNCLEAR_PAUSE
            settle_later(unit, claimed, due_at=due_at, why=answer.why, flights=flights)
            return Outcome.LATER
