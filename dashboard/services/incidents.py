"""Trouble of a whole platform is one story: held back per account, told once at start and end.

Decided where notices are made, in their transaction, so that a change of a link is either held back
or told and never both (R59). Silence is weighed in `outages`, refusals and lost permissions in
`mass_refusals`; a single definite refusal alarms at once, outage or not.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dashboard.db.engine import UnitOfWork
from dashboard.db.incidents import Incident, note_held_back, open_incidents, wide_since
from dashboard.db.outbox import open_stories
from dashboard.db.standing import answers_of, places_of
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.incidents import CAUGHT, HIT, LONGEST_HEALING, MASS, IncidentKind, Place
from dashboard.domain.states import WORKS, LinkState
from dashboard.services import mass_refusals
from dashboard.services.ended_log_ins import end_mended_log_ins, note_ended_log_ins
from dashboard.services.outages import begin_outages, end_outage, outage_wants_care
from dashboard.services.ports import Tools
from dashboard.services.storylines import Ended, Storyline

_STRAGGLERS = LONGEST_HEALING + timedelta(minutes=15)
Changes = Mapping[UUID, list[LinkStateChanged]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """The accounts whose changes are part of an incident, and what is told instead."""

    held_back: frozenset[UUID]
    waiting: frozenset[UUID]  # too early to say: decided a little later
    stories: tuple[Storyline, ...]
    left_over: tuple[UUID, ...]  # still in trouble after its end: told like any trouble


def sort_out(tools: Tools, unit: UnitOfWork, changes: Changes) -> Sorted:
    """Open, feed and end incidents by these changes of links, oldest first per account."""
    touched = {
        one: own
        for one, own in changes.items()
        if any(_touches(own, states) for states in CAUGHT.values())
    }
    places = places_of(unit, touched)
    silent = {
        places[one]
        for one, own in touched.items()
        if one in places and own[-1].new is LinkState.UNREACHABLE
    }
    stories = list(begin_outages(tools, unit, silent))
    waiting: set[UUID] = set()
    hit: list[UUID] = []
    for kind in HIT:
        newly = _newly_hit(kind, places, touched)
        more, early = mass_refusals.weigh(tools, unit, kind, newly)
        stories += more
        waiting |= early
        hit += [one for some in newly.values() for one, _ in some]
    left = {one: own for one, own in touched.items() if one not in waiting}
    held = _held_back(tools, unit, places, left)
    note_ended_log_ins(tools, unit, [one for one in hit if one not in held | waiting])
    ended = list(_ended(tools, unit))
    return Sorted(
        held_back=held,
        waiting=frozenset(waiting),
        stories=(*stories, *(one.story for one in ended if one.story is not None)),
        left_over=tuple(account_id for one in ended for account_id in one.left_over),
    )


def incidents_want_care(tools: Tools) -> bool:
    """Whether one may be over or must be looked at, although no link changes; a few cheap reads."""
    now = tools.now()
    with tools.database.reading() as session:
        return any(
            mass_refusals.wants_asking(tools, incident)
            if incident.kind in MASS
            else outage_wants_care(incident, answers_of(session, incident, now=now), now)
            for incident in open_incidents(session)
        )


def _touches(own: list[LinkStateChanged], states: frozenset[LinkState]) -> bool:
    return any({change.old, change.new} & states for change in own)


def _newly_hit(
    kind: IncidentKind, places: Mapping[UUID, Place], touched: Changes
) -> dict[Place, list[tuple[UUID, datetime]]]:
    """Who was refused, or lost what he had: what was never granted says nothing about the place."""
    found: dict[Place, list[tuple[UUID, datetime]]] = defaultdict(list)
    for one, own in touched.items():
        had = kind is IncidentKind.REFUSED or own[0].old in WORKS | {LinkState.UNREACHABLE}
        if one in places and own[-1].new in HIT[kind] and had:
            found[places[one]].append((one, own[-1].at))
    return found


def _held_back(
    tools: Tools, unit: UnitOfWork, places: Mapping[UUID, Place], touched: Changes
) -> frozenset[UUID]:
    """Those whose trouble is that of an incident, going on or just over."""
    held: set[UUID] = set()
    told = open_stories(unit, touched.keys())
    for incident in wide_since(unit, tools.now() - _STRAGGLERS):
        there = [one for one in touched if one not in held and _belongs(incident, places.get(one))]
        mine = [one for one in there if _is_its_story(incident, touched[one], was_told=one in told)]
        back = mine if incident.kind in MASS else there  # whoever answers, it answers again
        healed = any(touched[one][-1].new in WORKS for one in back)
        if not mine and not healed:
            continue
        note_held_back(
            unit,
            incident.id,
            count=len(mine),
            healing_at=tools.now() if healed else None,
            more_accounts=sum(_is_new(incident, touched[one]) for one in mine),
        )
        held.update(mine)
    return frozenset(held)


def _is_new(incident: Incident, own: list[LinkStateChanged]) -> bool:
    """Whether an account comes into it; those of an outage were counted at its start."""
    hit = HIT.get(incident.kind, frozenset())
    return own[-1].new in hit and own[0].old not in hit


def _is_its_story(incident: Incident, own: list[LinkStateChanged], *, was_told: bool) -> bool:
    """Into the trouble of the incident, or out of it to a link that works.

    What was told apart, before it or after its end, is brought to its end.
    """
    last = own[-1].new
    caught = CAUGHT[incident.kind]
    if incident.kind in MASS and _touches(own, caught):
        # What is refused after it is its own story.
        going_on = incident.ended_at is None and not was_told
        return going_on and (last in WORKS or last in caught)
    if not _touches(own, CAUGHT[IncidentKind.SILENT]):
        return False
    if last is LinkState.LIMITED:
        return was_told and _lacked_before(own[-1], incident)
    if last is LinkState.UNREACHABLE:
        return incident.ended_at is None
    return last in WORKS and not was_told


def _lacked_before(change: LinkStateChanged, incident: Incident) -> bool:
    """Whether an outage only interrupted what was missing already, and people know it."""
    return all(one.since and one.since < incident.began_at for one in change.missing)


def _belongs(incident: Incident, place: Place | None) -> bool:
    return incident.kind is IncidentKind.OFFLINE or incident.place == place


def _ended(tools: Tools, unit: UnitOfWork) -> Iterator[Ended]:
    """End what is over, and only then ask again: links are written last, as everybody does."""
    going_on = []
    for incident in open_incidents(unit):
        is_mass = incident.kind in MASS
        end = mass_refusals.end_mass if is_mass else end_outage
        ended = end(tools, unit, incident)
        if ended is not None:
            yield ended
        elif is_mass:
            going_on.append(incident)
    end_mended_log_ins(tools, unit)
    for incident in going_on:
        mass_refusals.ask_again(tools, unit, incident)
