"""A platform that refuses many unrelated people at once, or takes permissions from them (R59).

That is held back, asked again and told. While it goes on, refused renewals are forgotten now and
then and some of the refused are asked again: otherwise nobody would see that it is over.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from dashboard.db.engine import UnitOfWork
from dashboard.db.incidents import (
    Incident,
    NewIncident,
    end_incident,
    note_asked_again,
    open_incident,
    open_incidents,
    turn_into,
)
from dashboard.db.outbox import open_stories
from dashboard.db.second_opinions import forget_refusals, look_at_others
from dashboard.db.standing import (
    app_is_refused,
    caught_accounts,
    count_caught,
    frequent_cause,
    refusals,
)
from dashboard.domain.incidents import CAUGHT, HIT, IncidentKind, Place
from dashboard.domain.notices import NoticeKind
from dashboard.domain.refusals import (
    ASK_AGAIN_EVERY,
    SECOND_OPINIONS,
    WITHIN,
    blamed,
    is_mass,
    is_over,
    is_too_early,
)
from dashboard.services.ports import Tools
from dashboard.services.storylines import Ended, Storyline

_WHILE_HEALING = 200  # links that are asked again at once


def weigh(
    tools: Tools,
    unit: UnitOfWork,
    kind: IncidentKind,
    newly_hit: Mapping[Place, Collection[tuple[UUID, datetime]]],
) -> tuple[list[Storyline], frozenset[UUID]]:
    """Open incidents for places that treat everybody like those whom they have just hit.

    Returns what is told of them, and the accounts of which it is too early to say whether it is the
    place or they.
    """
    known = {incident.place: incident for incident in open_incidents(unit)}
    stories, waiting = [], set[UUID]()
    for place, hit in sorted(newly_hit.items(), key=lambda one: str(one[0])):
        incident = known.get(place)
        if incident is not None and incident.kind in {kind, IncidentKind.REFUSED}:
            continue
        first = min(at for _, at in hit)
        found = refusals(unit, place, kind, since=first, now=tools.now())
        if is_mass(found):
            story = _begin(tools, unit, kind, place, incident)
            stories += [story] if story is not None else []
        elif is_too_early(found) and tools.now() - first < _patience(tools, incident):
            waiting |= {account_id for account_id, _ in hit}
    return stories, frozenset(waiting)


def wants_asking(tools: Tools, incident: Incident) -> bool:
    """Whether some of those who were hit are to be asked again."""
    last = incident.asked_again_at or incident.began_at
    return tools.now() - last >= ASK_AGAIN_EVERY


def ask_again(tools: Tools, unit: UnitOfWork, incident: Incident) -> None:
    """Ask some of those who were hit whether it is over; many, once the first was accepted."""
    if not wants_asking(tools, incident) or not note_asked_again(unit, incident, now=tools.now()):
        return
    forget_refusals(unit, incident.place)
    most = SECOND_OPINIONS if incident.healing_since is None else _WHILE_HEALING
    look_at_others(unit, incident.place, CAUGHT[incident.kind], most=most, now=tools.now())
    unit.after_commit(lambda: tools.jobs.hint("check_due"))


def end_mass(tools: Tools, unit: UnitOfWork, incident: Incident) -> Ended | None:
    """End it if it is over; None while it goes on. Who is still hit is told of."""
    now, since = tools.now(), incident.began_at - WITHIN
    still, unasked = count_caught(unit, incident, since=since, asked_since=incident.healing_since)
    over = is_over(
        still_refused=still,
        unasked=unasked,
        began_at=incident.began_at,
        healing_since=incident.healing_since,
        now=now,
    )
    if not over or not end_incident(unit, incident.id, now=now):
        return None
    caught = caught_accounts(unit, incident, since=since)
    known = open_stories(unit, caught)
    back = Storyline(kind=NoticeKind.PLATFORM_BACK, incident_id=incident.id, place=incident.place)
    return Ended(
        left_over=tuple(one for one in caught if one not in known),
        story=back if incident.healing_since is not None else None,
    )


def _begin(
    tools: Tools, unit: UnitOfWork, kind: IncidentKind, place: Place, before: Incident | None
) -> Storyline | None:
    states = [state.value for state in HIT[kind]]
    cause = blamed(frequent_cause(unit, place, states), app_refused=app_is_refused(unit, place))
    if before is not None:
        turn_into(unit, before.id, kind, cause=cause)
        return None
    new = NewIncident(kind=kind, place=place, accounts=0, cause=cause)
    incident_id = open_incident(unit, new, now=tools.now())
    if incident_id is None:
        return None
    return Storyline(kind=NoticeKind.PLATFORM_SILENT, incident_id=incident_id, place=place)


def _patience(tools: Tools, silent: Incident | None) -> timedelta:
    """Second opinions are asked for at once; whoever gathers nothing waits for none.

    A place that was silent just before is tried link by link, so its answers come slowly.
    """
    return WITHIN if silent is not None else 2 * tools.settings.gather_for
