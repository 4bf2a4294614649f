"""A delivery is claimed, and what it tells is decided, in one transaction; nothing is sent here."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from dashboard.db.audience import Recipient
from dashboard.db.audit import add_audit
from dashboard.db.deliveries import (
    Claimed,
    Mail,
    claim,
    join_waiting,
    lock_user,
    postpone,
    taken_since,
    user_of,
)
from dashboard.db.engine import UnitOfWork
from dashboard.db.settling import settle_ended
from dashboard.domain.deliveries import (
    CRASHES_ALLOWED,
    GIVE_UP_AFTER,
    LATE_AFTER,
    MAILS_PER_HOUR,
    DeliveryState,
)
from dashboard.domain.faults import point
from dashboard.domain.notices import PERSONAL, PLATFORM_KINDS, SETUP_KINDS, NoticeKind
from dashboard.domain.team import Actor
from dashboard.services.drafting import draft, still_theirs
from dashboard.services.drafts import NOT_THEIRS, Draft, Needless
from dashboard.services.ports import Tools

_LINK_KINDS = frozenset(NoticeKind) - PERSONAL - PLATFORM_KINDS - SETUP_KINDS


class Outcome(StrEnum):
    """What became of one attempt to send."""

    SENT = "sent"
    KEPT = "kept"
    NEEDLESS = "needless"
    LATER = "later"
    DEAD = "dead"
    CAPPED = "capped"  # the person got as many as an hour allows
    NOT_OURS = "not_ours"  # somebody else has it, or it is not due
    HELD_UP = "held_up"  # the mail server does not let us in


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A claimed delivery and what is to be sent: a draft, or the mail as it was."""

    claimed: Claimed
    recipient: Recipient
    what: Draft | Mail


def prepare(tools: Tools, delivery_id: UUID) -> Ready | Outcome:
    """Claim the delivery and decide what it tells now, in one transaction."""
    now = tools.now()
    with tools.database.writing() as unit:
        user_id = user_of(unit, delivery_id)
        if user_id is None:
            return Outcome.NOT_OURS
        lock_user(unit, user_id)
        if tools.mailer is not None and _is_capped(tools, unit, user_id):
            return Outcome.CAPPED
        point("mail.counted")
        claimed = claim(unit, delivery_id, owner=uuid4().hex, now=now)
        if claimed is None:
            return Outcome.NOT_OURS
        if now - claimed.created_at > GIVE_UP_AFTER or claimed.flights >= CRASHES_ALLOWED:
            settle_ended(unit, claimed, DeliveryState.DEAD, why=_given_up(claimed))
            return Outcome.DEAD
        ready = _decide(tools, unit, claimed)
        if isinstance(ready, Needless):
            settle_ended(unit, claimed, DeliveryState.SUPPRESSED, why=ready.why)
            return Outcome.NEEDLESS
        return ready


def _decide(tools: Tools, unit: UnitOfWork, claimed: Claimed) -> Ready | Needless:
    """What goes out, and to which address: decided now, whatever was true before (R17, R55)."""
    if claimed.mail is not None:
        recipient = still_theirs(unit, claimed)
        if recipient is None:
            return Needless(why=NOT_THEIRS)
        return Ready(claimed=claimed, recipient=recipient, what=claimed.mail)
    join_waiting(unit, claimed, _goes_with(tools, claimed))
    found = draft(tools, unit, claimed)
    if isinstance(found, Needless):
        return found
    return Ready(claimed=claimed, recipient=found.recipient, what=found)


def _is_capped(tools: Tools, unit: UnitOfWork, user_id: UUID) -> bool:
    """Hold back what exceeds the cap until the oldest mail of the hour is an hour old (R61)."""
    hour = timedelta(hours=1)
    taken = taken_since(unit, user_id, tools.now() - hour)
    if len(taken) < MAILS_PER_HOUR:
        return False
    if postpone(unit, user_id, taken[-MAILS_PER_HOUR] + hour):
        add_audit(
            unit, at=tools.now(), actor=Actor(), action="mail.capped", target=f"user:{user_id}"
        )
    return True


def _goes_with(tools: Tools, claimed: Claimed) -> frozenset[NoticeKind]:
    """The kinds that come in one mail: its own, and after a long wait everything about links.

    Each platform's trouble is a mail of its own: they begin and end apart.
    """
    if claimed.kind in PLATFORM_KINDS:
        return frozenset()
    late = tools.now() - claimed.created_at > LATE_AFTER
    return _LINK_KINDS if late and claimed.kind in _LINK_KINDS else frozenset({claimed.kind})


def _given_up(claimed: Claimed) -> str:
    if claimed.flights:
        return unclear(claimed.flights)
    return f"Given up after {GIVE_UP_AFTER.days} days."


def unclear(flights: int) -> str:
    """The reason of a delivery that is left alone because it may have arrived."""
    return f"It is not known whether it arrived; it was sent {flights} times."
