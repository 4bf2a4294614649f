"""Silent platforms, and our own network: when such an incident begins, goes on and ends (R59)."""

from collections.abc import Collection, Iterable
from datetime import datetime

from dashboard.db.engine import UnitOfWork
from dashboard.db.incidents import (
    Incident,
    NewIncident,
    end_incident,
    note_held_back,
    open_incident,
    open_incidents,
)
from dashboard.db.outbox import open_stories
from dashboard.db.standing import (
    answers_of,
    anybody_answers,
    census,
    count_silent,
    frequent_cause,
    unreachable_accounts,
    watched_platforms,
)
from dashboard.domain.incidents import (
    Answers,
    IncidentKind,
    Place,
    is_offline,
    is_over,
    is_silent,
)
from dashboard.domain.notices import NoticeKind
from dashboard.domain.states import LinkState
from dashboard.services.ports import Tools
from dashboard.services.storylines import Ended, Storyline

EVERYWHERE = Place(platform="", server="")
_SILENT = [LinkState.UNREACHABLE.value]


def begin_outages(
    tools: Tools, unit: UnitOfWork, gone_silent: Collection[Place]
) -> Iterable[Storyline]:
    """Open what these places, where somebody's patience has just ended, are in; and tell it."""
    known = {incident.place for incident in open_incidents(unit)}
    unknown = set(gone_silent) - known
    if not unknown or EVERYWHERE in known:
        return
    now = tools.now()
    answers = anybody_answers(unit)
    if is_offline(platforms=0 if answers else watched_platforms(unit), anybody_answers=answers):
        new = NewIncident(
            kind=IncidentKind.OFFLINE,
            place=EVERYWHERE,
            accounts=count_silent(unit),
            cause=frequent_cause(unit, None, _SILENT),
        )
        open_incident(unit, new, now=now)
        return
    for place in sorted(unknown, key=lambda one: (one.platform, one.server)):
        standing = census(unit, place)
        if not is_silent(standing):
            continue
        new = NewIncident(
            kind=IncidentKind.SILENT,
            place=place,
            accounts=standing.silent,
            cause=frequent_cause(unit, place, _SILENT),
        )
        incident_id = open_incident(unit, new, now=now)
        if incident_id is not None:
            yield Storyline(kind=NoticeKind.PLATFORM_SILENT, incident_id=incident_id, place=place)


def outage_wants_care(incident: Incident, found: Answers, now: datetime) -> bool:
    """Whether it may be over, or our network back, although nothing else happens."""
    if _waits_for_the_network(incident):
        return found.answered_lately
    return is_over(found, healing_since=incident.healing_since, now=now)


def end_outage(tools: Tools, unit: UnitOfWork, incident: Incident) -> Ended | None:
    """End it if it is over; None while it goes on. Who is silent still is told of, but once."""
    now = tools.now()
    found = answers_of(unit, incident, now=now)
    over = is_over(found, healing_since=incident.healing_since, now=now)
    if _waits_for_the_network(incident):
        if found.answered_lately:
            note_held_back(unit, incident.id, count=0, healing_at=now)
        over = over and found.answered_lately
    if not over or not end_incident(unit, incident.id, now=now):
        return None
    offline = incident.kind is IncidentKind.OFFLINE
    silent = unreachable_accounts(unit, None if offline else incident.place)
    known = open_stories(unit, silent)
    left_over = tuple(one for one in silent if one not in known)
    if offline:
        return Ended(left_over=left_over)
    return Ended(
        left_over=left_over,
        story=Storyline(
            kind=NoticeKind.PLATFORM_BACK, incident_id=incident.id, place=incident.place
        ),
    )


def _waits_for_the_network(incident: Incident) -> bool:
    return incident.kind is IncidentKind.OFFLINE and incident.healing_since is None
