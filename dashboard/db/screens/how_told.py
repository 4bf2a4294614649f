"""How each trouble of an account was told: by itself, with its platform, or to nobody and why.

A change that was held back for an incident has no notice of its own: it is found again by its place
and time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.incidents import Incident, wide_since
from dashboard.db.tables import DeliveryRow, EventRow, NoticeRow
from dashboard.domain.deliveries import UNDER_WAY, DeliveryState
from dashboard.domain.incidents import CAUGHT, IncidentKind, Place
from dashboard.domain.notices import NoticeKind
from dashboard.domain.refusals import WITHIN
from dashboard.domain.states import LinkState
from dashboard.domain.troubles import NOT_KNOWN, Told, Untold

_WENT_OUT = frozenset({DeliveryState.SENT, DeliveryState.MERGED})


def how_told(
    session: Session, place: Place, events: Iterable[EventRow], *, known_since: datetime | None
) -> dict[int, Told]:
    """How these state changes of one account were told, by their numbers.

    Of changes before `known_since` nobody remembers any more who was told.
    """
    changes = [event for event in events if event.kind == "link_state"]
    if not changes:
        return {}
    notices = {event.notice_id for event in changes if event.notice_id}
    incidents = [
        one
        for one in wide_since(session, min(event.at for event in changes))
        if one.kind is IncidentKind.OFFLINE or one.place == place
    ]
    tellings = _tellings(session, notices | {one.notice_id for one in incidents if one.notice_id})
    flapping = _flapping(session, notices)
    found = {}
    for event in changes:
        told = _one(event, incidents, tellings, flapping=flapping)
        lost = told.at is None and known_since is not None and event.at < known_since
        found[event.seq or 0] = NOT_KNOWN if lost else told
    return found


def _one(
    event: EventRow,
    incidents: Iterable[Incident],
    tellings: Mapping[UUID, Told],
    *,
    flapping: bool,
) -> Told:
    if event.notice_id is not None:
        return tellings.get(event.notice_id, Told(why=Untold.NOBODY))
    if not event.told:
        return Told(why=Untold.WAITING)
    incident = next((one for one in incidents if _held_back(one, event)), None)
    if incident is None:
        return Told(why=Untold.QUIET if flapping else Untold.TOO_SHORT)
    if incident.kind is IncidentKind.OFFLINE:
        return Told(why=Untold.OURS)
    if incident.notice_id is None:
        return Told(why=Untold.NOBODY, with_place=True)
    with_it = tellings.get(incident.notice_id, Told(why=Untold.NOBODY))
    return Told(at=with_it.at, why=with_it.why, with_place=True)


def _held_back(incident: Incident, event: EventRow) -> bool:
    ended = incident.ended_at
    return (
        LinkState(event.data["new"]) in CAUGHT[incident.kind]
        and incident.began_at - WITHIN <= event.at
        and (ended is None or event.at <= ended)
    )


def _tellings(session: Session, notice_ids: Collection[UUID]) -> dict[UUID, Told]:
    """When the first mail of each notice went out, or why none did; none at all: not there."""
    rows = session.execute(
        select(
            col(DeliveryRow.notice_id),
            col(DeliveryRow.state),
            func.min(col(DeliveryRow.sent_at)),
        )
        .where(col(DeliveryRow.notice_id).in_(notice_ids))
        .group_by(col(DeliveryRow.notice_id), col(DeliveryRow.state))
    )
    by_notice: dict[UUID, dict[DeliveryState, datetime | None]] = defaultdict(dict)
    for notice_id, state, at in rows:
        by_notice[notice_id][DeliveryState(state)] = at
    return {notice_id: _telling(states) for notice_id, states in by_notice.items()}


def _telling(states: Mapping[DeliveryState, datetime | None]) -> Told:
    sent = [at for state, at in states.items() if state in _WENT_OUT and at is not None]
    if sent:
        return Told(at=min(sent))
    if states.keys() & (UNDER_WAY | {DeliveryState.MERGED}):
        return Told(why=Untold.WAITING)
    if DeliveryState.KEPT in states:
        return Told(why=Untold.NO_MAIL)
    return Told(why=Untold.FAILED if DeliveryState.DEAD in states else Untold.TOO_SHORT)


def _flapping(session: Session, notice_ids: Collection[UUID]) -> bool:
    found = session.execute(
        select(col(NoticeRow.id))
        .where(
            col(NoticeRow.id).in_(notice_ids),
            col(NoticeRow.kind) == NoticeKind.LINK_FLAPPING.value,
        )
        .limit(1)
    )
    return found.first() is not None
