"""What happened becomes notices and deliveries; `sending` sends them.

Events that happen together are told together: the first of them waits `settings.gather_for`, and
what came and went in that time is told to nobody (R55). No mail is sent here.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from uuid import UUID

from dashboard.db.audience import administrators, audience, audience_at, person_concerned
from dashboard.db.engine import UnitOfWork
from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.incidents import find_incident, meant_for, note_start
from dashboard.db.outbox import (
    Untold,
    add_deliveries,
    add_notice,
    changes_before,
    claim_untold,
    give_back,
    newest_changes,
    oldest_untold,
    open_stories,
    recent_past,
    was_told,
)
from dashboard.domain.faults import point
from dashboard.domain.flapping import WITHIN, Recent, damped
from dashboard.domain.notices import NoticeKind, net_changes, notice_for, notice_for_changes
from dashboard.domain.states import MESSAGES_STOPPED
from dashboard.services.incidents import incidents_want_care, sort_out
from dashboard.services.ports import Tools
from dashboard.services.storylines import Storyline

_WAITS = {EventKind.LINK_STATE: 1, EventKind.RENEWAL_NEAR: 1, EventKind.SETTINGS_CHANGED: 12}
"""How many times `gather_for`: a person ticks several boxes in a row. Others wait for nothing."""

_LINK_EVERY = timedelta(minutes=10)
"""Who asks for a new password again sooner gets no other mail: nobody can flood a mailbox (R61)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """How many deliveries were made, and when the next events are ripe (None: nothing waits)."""

    deliveries: int
    ripe_in: timedelta | None


def gather(tools: Tools) -> Gathered:
    """Turn ripe events into notices and deliveries; safe to run anywhere and at any time."""
    now = tools.now()
    with tools.database.reading() as session:
        ripe_at = {kind: at + _wait(tools, kind) for kind, at in oldest_untold(session).items()}
    if EventKind.LINK_STATE not in ripe_at and incidents_want_care(tools):
        ripe_at[EventKind.LINK_STATE] = now
    made = 0
    for kind, at in ripe_at.items():
        if at <= now:
            with tools.database.writing() as unit:
                point("gather.before_claim")
                made += _tell(tools, unit, kind)
                point("gather.before_commit")
            point("gather.after_commit")
    if made:
        tools.jobs.hint("send_mails")
    later = [at - now for at in ripe_at.values() if at > now]
    return Gathered(deliveries=made, ripe_in=min(later, default=None))


def anything_ripe(tools: Tools) -> bool:
    """Whether there is something to gather; a few cheap reads."""
    now = tools.now()
    with tools.database.reading() as session:
        untold = oldest_untold(session)
    ripe = any(at + _wait(tools, kind) <= now for kind, at in untold.items())
    return ripe or incidents_want_care(tools)


def message_id(tools: Tools, notice_id: UUID, user_id: UUID, channel: str = "mail") -> str:
    """The same for the same telling, whenever and wherever it is sent (R53)."""
    key = hashlib.sha256(f"{notice_id}|{user_id}|{channel}".encode()).hexdigest()[:32]
    return f"<{key}@{mail_domain(tools)}>"


def mail_domain(tools: Tools) -> str:
    """The part of our Message-IDs behind the @."""
    domain = parseaddr(tools.settings.mail_from)[1].rpartition("@")[2]
    return domain if re.fullmatch(r"[A-Za-z0-9.-]+", domain) else "linkkeeper.invalid"


def _wait(tools: Tools, kind: EventKind) -> timedelta:
    return tools.settings.gather_for * _WAITS.get(kind, 0)


def _tell(tools: Tools, unit: UnitOfWork, kind: EventKind) -> int:
    events = claim_untold(unit, kind)
    if kind is EventKind.LINK_STATE:
        return _tell_of_links(tools, unit, events)
    if kind is EventKind.RENEWAL_NEAR:
        return _remind(tools, unit, events)
    if kind is EventKind.SETUP_TROUBLE:
        return _tell_of_setup(tools, unit, events)
    if kind is EventKind.SETTINGS_CHANGED:
        return _tell_of_settings(tools, unit, events)
    return _tell_of_passwords(tools, unit, kind, events)


def _tell_of_links(tools: Tools, unit: UnitOfWork, events: list[Untold]) -> int:
    """One notice per kind; each user gets a delivery if one of its accounts is his business."""
    by_account: dict[UUID, list[Untold]] = defaultdict(list)
    for event in events:
        if event.account_id is not None:
            by_account[event.account_id].append(event)
    found = sort_out(tools, unit, {one: [e.change for e in own] for one, own in by_account.items()})
    give_back(unit, [event.seq for one in found.waiting for event in by_account.pop(one)])
    before = changes_before(unit, by_account.keys(), events)
    stories = open_stories(unit, by_account.keys())
    recent = recent_past(unit, by_account.keys(), events, since=tools.now() - WITHIN)
    worth: dict[NoticeKind, dict[UUID, int]] = defaultdict(dict)
    for account_id, own in by_account.items():
        if account_id in found.held_back:
            continue
        kind = notice_for_changes(
            [event.change for event in own],
            before=before.get(account_id),
            story_open=account_id in stories,
        )
        if kind is not None:
            lately = recent.get(account_id, Recent())
            refused = own[-1].change.new in MESSAGES_STOPPED
            kind = damped(kind, lately, at=own[0].at, refused=refused)
        if kind is not None:
            worth[kind][account_id] = own[-1].seq
    for account_id, (seq, change) in newest_changes(unit, found.left_over).items():
        kind = notice_for(change)
        if kind is not None:
            worth[kind].setdefault(account_id, seq)
    made = sum(_tell_story(tools, unit, story) for story in found.stories)
    for kind, accounts in worth.items():
        people = [person.user_id for person in audience(unit, kind, accounts.keys())]
        _add(tools, unit, kind, accounts.values(), people)
        made += len(people)
    return made


def _tell_story(tools: Tools, unit: UnitOfWork, story: Storyline) -> int:
    """Once to everybody who has accounts there; the end only to whom the start was meant for."""
    incident = find_incident(unit, story.incident_id)
    if incident is None:  # pragma: no cover  # it was opened in this transaction, or read in it
        raise AssertionError
    people = {person.user_id for person in audience_at(unit, story.kind, story.place)}
    if story.kind is NoticeKind.PLATFORM_BACK:
        people &= meant_for(unit, incident.notice_id) if incident.notice_id else set()
    data = {"incident": str(incident.id), "kind": story.kind.value}
    seq = add_event(unit, NewEvent(at=tools.now(), kind=EventKind.PLATFORM_INCIDENT, data=data))
    notice_id = _add(tools, unit, story.kind, [seq], people)
    if story.kind is NoticeKind.PLATFORM_SILENT:
        note_start(unit, incident.id, notice_id)
    return len(people)


def _remind(tools: Tools, unit: UnitOfWork, events: list[Untold]) -> int:
    """One notice for all that are near their date; whoever renewed meanwhile is left out later."""
    accounts = {event.account_id: event.seq for event in events if event.account_id is not None}
    kind = NoticeKind.LINK_EXPIRING
    people = [person.user_id for person in audience(unit, kind, accounts.keys())]
    if accounts:
        _add(tools, unit, kind, accounts.values(), people)
    return len(people)


def _tell_of_setup(tools: Tools, unit: UnitOfWork, events: list[Untold]) -> int:
    """One notice per beginning or end; what came and went since the last look is told to nobody."""
    made = 0
    last = {str(event.data["what"]): event for event in events}
    for what, event in last.items():
        if sum(str(one.data["what"]) == what for one in events) % 2 == 0:
            continue
        kind = NoticeKind(event.data["kind"])
        people = [person.user_id for person in administrators(unit, kind)]
        _add(tools, unit, kind, [event.seq], people)
        made += len(people)
    return made


def _tell_of_settings(tools: Tools, unit: UnitOfWork, events: list[Untold]) -> int:
    """One notice per person whose settings are not what they were."""
    by_user: dict[UUID, list[Untold]] = defaultdict(list)
    for event in events:
        if event.user_id is not None:
            by_user[event.user_id].append(event)
    made = 0
    for user_id, own in by_user.items():
        if net_changes([event.data["changes"] for event in own]):
            person = person_concerned(unit, user_id)
            people = [] if person is None else [person.user_id]
            seqs = [event.seq for event in own]
            _add(tools, unit, NoticeKind.SETTINGS_CHANGED, seqs, people)
            made += len(people)
    return made


def _tell_of_passwords(
    tools: Tools, unit: UnitOfWork, kind: EventKind, events: list[Untold]
) -> int:
    """One notice per person who is to choose a password."""
    invited = kind is EventKind.INVITED
    notice = NoticeKind.INVITATION if invited else NoticeKind.NEW_PASSWORD
    made = 0
    for user_id in {event.user_id for event in events if event.user_id is not None}:
        since = tools.now() - _LINK_EVERY
        if not invited and was_told(unit, notice, user_id, since=since):
            continue
        person = person_concerned(unit, user_id)
        people = [] if person is None else [person.user_id]
        seqs = [event.seq for event in events if event.user_id == user_id]
        _add(tools, unit, notice, seqs, people)
        made += len(people)
    return made


def _add(
    tools: Tools, unit: UnitOfWork, kind: NoticeKind, seqs: Iterable[int], people: Iterable[UUID]
) -> UUID:
    """Store a notice of these events, with a delivery for each of the people."""
    now = tools.now()
    notice_id = add_notice(unit, kind, seqs=list(seqs), now=now)
    ids = {user_id: message_id(tools, notice_id, user_id) for user_id in people}
    add_deliveries(unit, notice_id, ids, now=now)
    return notice_id
