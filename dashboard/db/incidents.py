"""Incidents: opened once, counted, closed once; and the counts that decide about them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import visible
from dashboard.db.tables import AccountRow, IncidentRow, LinkRow
from dashboard.domain.incidents import Census, IncidentKind, Place
from dashboard.domain.states import LinkState
from dashboard.domain.team import Viewer

_WATCHED = (col(LinkRow.next_check_at).is_not(None), col(AccountRow.removed_at).is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident as it stands."""

    id: UUID
    kind: IncidentKind
    place: Place
    began_at: datetime
    healing_since: datetime | None
    ended_at: datetime | None
    accounts: int
    held_back: int


def places_of(session: Session, account_ids: Collection[UUID]) -> dict[UUID, Place]:
    """Where each of these accounts is."""
    rows = session.execute(
        select(col(AccountRow.id), col(AccountRow.platform), col(AccountRow.server)).where(
            col(AccountRow.id).in_(account_ids)
        )
    )
    return {
        account_id: Place(platform=platform, server=server) for account_id, platform, server in rows
    }


def census(session: Session) -> dict[Place, Census]:
    """How all watched links stand, by place. One pass over the links: only asked in trouble."""
    silent = func.sum(case((col(LinkRow.silent_since).is_not(None), 1), else_=0))
    rows = session.execute(
        select(col(AccountRow.platform), col(AccountRow.server), func.count(), silent)
        .select_from(LinkRow)
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
        .where(*_WATCHED)
        .group_by(col(AccountRow.platform), col(AccountRow.server))
    )
    return {
        Place(platform=platform, server=server): Census(watched=watched, silent=int(quiet))
        for platform, server, watched, quiet in rows
    }


def silent_accounts(session: Session, place: Place | None) -> list[UUID]:
    """The accounts of a place (None: of all) that are not answered for."""
    query = (
        select(col(AccountRow.id))
        .join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))
        .where(*_WATCHED, col(LinkRow.silent_since).is_not(None))
    )
    if place is not None:
        query = query.where(
            col(AccountRow.platform) == place.platform, col(AccountRow.server) == place.server
        )
    return list(session.execute(query).scalars())


def watched_accounts(session: Session, place: Place) -> list[UUID]:
    """All accounts of a place that are watched."""
    return list(
        session.execute(
            select(col(AccountRow.id))
            .join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))
            .where(
                *_WATCHED,
                col(AccountRow.platform) == place.platform,
                col(AccountRow.server) == place.server,
            )
        ).scalars()
    )


def unreachable_accounts(session: Session, place: Place | None) -> list[UUID]:
    """The accounts of a place (None: of all) whose patience is used up."""
    query = (
        select(col(AccountRow.id))
        .join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))
        .where(*_WATCHED, col(LinkRow.state) == LinkState.UNREACHABLE.value)
    )
    if place is not None:
        query = query.where(
            col(AccountRow.platform) == place.platform, col(AccountRow.server) == place.server
        )
    return list(session.execute(query).scalars())


def open_incidents(session: Session) -> list[Incident]:
    """What is going on now; few rows, whatever the number of links."""
    rows = session.execute(
        select(IncidentRow)
        .where(col(IncidentRow.ended_at).is_(None))
        .order_by(col(IncidentRow.began_at))
    ).scalars()
    return [_incident(row) for row in rows]


def incidents_since(session: Session, since: datetime) -> list[Incident]:
    """Open ones, and those that ended after `since`, the newest first."""
    rows = session.execute(
        select(IncidentRow)
        .where((col(IncidentRow.ended_at).is_(None)) | (col(IncidentRow.ended_at) >= since))
        .order_by(col(IncidentRow.began_at).desc())
        .limit(500)
    ).scalars()
    return [_incident(row) for row in rows]


def seen_incidents(session: Session, viewer: Viewer, since: datetime) -> list[Incident]:
    """Those since then of places where the viewer has accounts, and our own (R14)."""
    rows = session.execute(
        select(col(AccountRow.platform), col(AccountRow.server)).where(visible(viewer)).distinct()
    )
    places = {Place(platform=platform, server=server) for platform, server in rows}
    return [
        incident
        for incident in incidents_since(session, since)
        if incident.kind is IncidentKind.OFFLINE or incident.place in places
    ]


def insert_incident(
    session: Session, kind: IncidentKind, place: Place, *, accounts: int, now: datetime
) -> UUID:
    row = IncidentRow(
        kind=kind.value,
        platform=place.platform,
        server=place.server,
        began_at=now,
        accounts=accounts,
    )
    session.add(row)
    session.flush()
    return row.id


def note_held_back(
    session: Session, incident_id: UUID, *, count: int, healing_at: datetime | None
) -> None:
    """Count what was told to nobody; the first answer is remembered."""
    session.execute(
        update(IncidentRow)
        .where(col(IncidentRow.id) == incident_id)
        .values(
            held_back=IncidentRow.held_back + count,
            healing_since=func.coalesce(col(IncidentRow.healing_since), healing_at),
        )
    )


def end_incident(session: Session, incident_id: UUID, *, now: datetime) -> bool:
    """False when it was ended by somebody else just before."""
    done = session.execute(
        update(IncidentRow)
        .where(col(IncidentRow.id) == incident_id, col(IncidentRow.ended_at).is_(None))
        .values(ended_at=now)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def _incident(row: IncidentRow) -> Incident:
    return Incident(
        id=row.id,
        kind=IncidentKind(row.kind),
        place=Place(platform=row.platform, server=row.server),
        began_at=row.began_at,
        healing_since=row.healing_since,
        ended_at=row.ended_at,
        accounts=row.accounts,
        held_back=row.held_back,
    )
