"""Outages of a platform are one story: held back per account, told once at start and end (R59).

Decided where notices are made, in their transaction, so that a change of a link is either held back
or told and never both. Only changes to and from `unreachable` are held back: a definite refusal
alarms at once, outage or not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from dashboard.db.engine import UnitOfWork
from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.incidents import (
    Incident,
    census,
    end_incident,
    incidents_since,
    insert_incident,
    note_held_back,
    open_incidents,
    places_of,
    silent_accounts,
    unreachable_accounts,
    watched_accounts,
)
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.incidents import (
    LONGEST_HEALING,
    Census,
    IncidentKind,
    Place,
    is_offline,
    is_over,
    is_silent,
)
from dashboard.domain.notices import NoticeKind
from dashboard.domain.states import LinkState
from dashboard.services.ports import Tools

_STRAGGLERS = LONGEST_HEALING + timedelta(minutes=15)
_EVERYWHERE = Place(platform="", server="")
_NOBODY = Census(watched=0, silent=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is to be told of an incident: its kind of notice and the events of its accounts."""

    kind: NoticeKind
    seqs: tuple[int, ...]
    accounts: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """The accounts whose changes are part of an incident, and what is told instead."""

    held_back: frozenset[UUID]
    stories: tuple[Story, ...]
    left_over: tuple[UUID, ...]  # still silent after its end: told like any trouble


def sort_out(
    tools: Tools, unit: UnitOfWork, changes: Mapping[UUID, list[LinkStateChanged]]
) -> Sorted:
    """Open, feed and end incidents by these changes of links, oldest first per account."""
    touched = {account_id: own for account_id, own in changes.items() if any(map(_is_silence, own))}
    places = places_of(unit, touched)
    stories = list(_opened(tools, unit, places, touched))
    held = _held_back(tools, unit, places, touched)
    ended, left_over = _ended(tools, unit)
    return Sorted(held_back=held, stories=(*stories, *ended), left_over=tuple(left_over))


def end_over_incidents(tools: Tools) -> bool:
    """Whether an incident may be over although nothing happens: then notices must be made."""
    with tools.database.reading() as session:
        going_on = open_incidents(session)
        if not going_on:
            return False
        counts = census(session)
    return any(
        _is_healing(incident, counts) or _is_over(tools, incident, counts) for incident in going_on
    )


def _is_silence(change: LinkStateChanged) -> bool:
    return LinkState.UNREACHABLE in {change.old, change.new}


def _opened(
    tools: Tools,
    unit: UnitOfWork,
    places: Mapping[UUID, Place],
    touched: Mapping[UUID, list[LinkStateChanged]],
) -> Iterable[Story]:
    gone_silent = {
        places[account_id]
        for account_id, own in touched.items()
        if account_id in places and own[-1].new is LinkState.UNREACHABLE
    }
    known = {incident.place for incident in open_incidents(unit)}
    if not gone_silent - known or _EVERYWHERE in known:
        return
    counts = census(unit)
    if is_offline(counts):
        silent = sum(count.silent for count in counts.values())
        insert_incident(unit, IncidentKind.OFFLINE, _EVERYWHERE, accounts=silent, now=tools.now())
        return
    for place in sorted(gone_silent - known, key=lambda one: (one.platform, one.server)):
        if is_silent(counts.get(place, _NOBODY)):
            accounts = silent_accounts(unit, place)
            insert_incident(
                unit, IncidentKind.SILENT, place, accounts=len(accounts), now=tools.now()
            )
            yield _story(tools, unit, NoticeKind.PLATFORM_SILENT, place, accounts)


def _held_back(
    tools: Tools,
    unit: UnitOfWork,
    places: Mapping[UUID, Place],
    touched: Mapping[UUID, list[LinkStateChanged]],
) -> frozenset[UUID]:
    """Those whose trouble is that of an incident, going on or just over."""
    held: set[UUID] = set()
    for incident in incidents_since(unit, tools.now() - _STRAGGLERS):
        mine = {
            account_id
            for account_id in touched
            if account_id not in held and _belongs(incident, places.get(account_id))
        }
        if incident.ended_at is not None:
            mine = {one for one in mine if touched[one][-1].new is not LinkState.UNREACHABLE}
        mine = {one for one in mine if _only_silence(touched[one])}
        healed = [one for one in mine if touched[one][-1].new is not LinkState.UNREACHABLE]
        if mine:
            note_held_back(
                unit, incident.id, count=len(mine), healing_at=tools.now() if healed else None
            )
        held |= mine
    return frozenset(held)


def _only_silence(own: list[LinkStateChanged]) -> bool:
    """Into silence or out of it to a link that works; anything else is a story of its own."""
    last = own[-1].new
    return last in {LinkState.UNREACHABLE, LinkState.HEALTHY, LinkState.EXPIRING}


def _belongs(incident: Incident, place: Place | None) -> bool:
    return incident.kind is IncidentKind.OFFLINE or incident.place == place


def _ended(tools: Tools, unit: UnitOfWork) -> tuple[list[Story], list[UUID]]:
    going_on = open_incidents(unit)
    counts = census(unit) if going_on else {}
    stories, left_over = [], []
    for incident in going_on:
        if _is_healing(incident, counts):
            note_held_back(unit, incident.id, count=0, healing_at=tools.now())
        if not _is_over(tools, incident, counts) or not end_incident(
            unit, incident.id, now=tools.now()
        ):
            continue
        if incident.kind is IncidentKind.OFFLINE:
            left_over += unreachable_accounts(unit, None)
            continue
        still = unreachable_accounts(unit, incident.place)
        left_over += still
        told = [one for one in _told_of(unit, incident) if one not in set(still)]
        if told:
            stories.append(_story(tools, unit, NoticeKind.PLATFORM_BACK, incident.place, told))
    return stories, left_over


def _is_over(tools: Tools, incident: Incident, counts: Mapping[Place, Census]) -> bool:
    if incident.kind is IncidentKind.OFFLINE:
        whole = _whole(counts)
        healing = incident.healing_since
        tried = healing is not None and tools.now() - healing >= LONGEST_HEALING
        return bool(whole.answering and (tried or not whole.silent))
    count = counts.get(incident.place, _NOBODY)
    return is_over(count, healing_since=incident.healing_since, now=tools.now())


def _is_healing(incident: Incident, counts: Mapping[Place, Census]) -> bool:
    """Whether our own network is back; the others are given time before they are told of."""
    offline = incident.kind is IncidentKind.OFFLINE and incident.healing_since is None
    return offline and _whole(counts).answering > 0


def _whole(counts: Mapping[Place, Census]) -> Census:
    return Census(
        watched=sum(one.watched for one in counts.values()),
        silent=sum(one.silent for one in counts.values()),
    )


def _told_of(unit: UnitOfWork, incident: Incident) -> list[UUID]:
    """All accounts of the place: whoever was told of its silence is told of its end."""
    return watched_accounts(unit, incident.place)


def _story(
    tools: Tools, unit: UnitOfWork, kind: NoticeKind, place: Place, accounts: Iterable[UUID]
) -> Story:
    """An event per account, so that each reader is told of those within his reach."""
    found = tuple(accounts)
    seqs = tuple(
        add_event(
            unit,
            NewEvent(
                at=tools.now(),
                kind=EventKind.PLATFORM_INCIDENT,
                account_id=account_id,
                data={"platform": place.platform, "server": place.server, "kind": kind.value},
            ),
        )
        for account_id in found
    )
    return Story(kind=kind, seqs=seqs, accounts=found)
