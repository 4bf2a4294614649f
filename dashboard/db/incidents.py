"""Incidents: opened once, counted, closed once. How links stand is asked in `standing.py`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import visible
from dashboard.db.counters import raise_counter
from dashboard.db.tables import (
    AccountRow,
    DeliveryRow,
    GrantRow,
    IncidentRow,
    LinkRow,
    RoleRow,
)
from dashboard.domain.causes import Cause
from dashboard.domain.deliveries import DeliveryState
from dashboard.domain.incidents import PLATFORM_WIDE, IncidentKind, Place
from dashboard.domain.team import Viewer

_WIDE = [kind.value for kind in PLATFORM_WIDE]
_MOST = 500
_WENT_OUT = (DeliveryState.SENT.value, DeliveryState.KEPT.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIncident:
    """What is known when it begins; `grant_id` and `person` are set for one of a log-in alone."""

    kind: IncidentKind
    place: Place
    accounts: int
    cause: Cause | None
    grant_id: UUID | None = None
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident as it stands."""

    id: UUID
    kind: IncidentKind
    place: Place
    cause: Cause | None
    began_at: datetime
    healing_since: datetime | None
    ended_at: datetime | None
    accounts: int
    held_back: int
    grant_id: UUID | None
    notice_id: UUID | None
    asked_again_at: datetime | None
    person: str


def find_incident(session: Session, incident_id: UUID) -> Incident | None:
    row = session.get(IncidentRow, incident_id, populate_existing=True)
    return None if row is None else _incident(row)


def open_incidents(session: Session) -> list[Incident]:
    """What platforms or our network are in; few rows, whatever the number of links."""
    return _open(session, wide=True)


def open_log_in_incidents(session: Session) -> list[Incident]:
    """Log-ins on which several accounts hang that no longer work."""
    return _open(session, wide=False)


def wide_since(session: Session, since: datetime) -> list[Incident]:
    """Those of platforms and of our network that are open or ended after `since`, newest first."""
    rows = session.execute(
        select(IncidentRow)
        .where(
            (col(IncidentRow.ended_at).is_(None)) | (col(IncidentRow.ended_at) >= since),
            col(IncidentRow.kind).in_(_WIDE),
        )
        .order_by(col(IncidentRow.began_at).desc())
        .limit(_MOST)
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
        for incident in wide_since(session, since)
        if incident.kind is IncidentKind.OFFLINE or incident.place in places
    ]


def seen_log_ins(session: Session, viewer: Viewer, since: datetime) -> list[Incident]:
    """Those of log-ins since then, newest first.

    Whoever reaches some accounts only hears of log-ins on which one of his hangs now (R14).
    """
    rows = session.execute(
        select(IncidentRow)
        .where(
            (col(IncidentRow.ended_at).is_(None)) | (col(IncidentRow.ended_at) >= since),
            col(IncidentRow.kind) == IncidentKind.LOG_IN.value,
        )
        .order_by(col(IncidentRow.began_at).desc())
        .limit(_MOST)
    ).scalars()
    found = [_incident(row) for row in rows]
    grants = [one.grant_id for one in found if one.grant_id is not None]
    everything = session.execute(
        select(col(RoleRow.all_accounts)).where(col(RoleRow.id) == viewer.role_id)
    ).scalar()
    hanging = (
        select(col(LinkRow.id))
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
        .where(col(LinkRow.grant_id) == col(GrantRow.id), visible(viewer))
    )
    whose = select(col(GrantRow.id)).where(col(GrantRow.id).in_(grants))
    seen = set(session.execute(whose if everything else whose.where(hanging.exists())).scalars())
    return [one for one in found if everything or one.grant_id in seen]


def open_incident(session: Session, new: NewIncident, *, now: datetime) -> UUID | None:
    """None when one is open at this place already: then it is that one's story."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    done = session.execute(
        dialect.insert(IncidentRow)
        .values(
            id=uuid4(),
            kind=new.kind.value,
            platform=new.place.platform,
            server=new.place.server,
            grant_key=new.grant_id.hex if new.grant_id else "",
            cause=new.cause.value if new.cause else "",
            began_at=now,
            accounts=new.accounts,
            held_back=0,
            changed_seq=raise_counter(session),
            person=new.person,
        )
        .on_conflict_do_nothing(
            index_elements=["platform", "server", "grant_key"],
            index_where=text("ended_at IS NULL"),
        )
        .returning(col(IncidentRow.id))
    )
    return done.scalar_one_or_none()


def note_start(session: Session, incident_id: UUID, notice_id: UUID) -> None:
    """Remember what told its start: only its readers hear of its end."""
    session.execute(
        update(IncidentRow).where(col(IncidentRow.id) == incident_id).values(notice_id=notice_id)
    )


def note_held_back(
    session: Session,
    incident_id: UUID,
    *,
    count: int,
    healing_at: datetime | None,
    more_accounts: int = 0,
) -> None:
    """Count what was told to nobody; the first answer is remembered."""
    session.execute(
        update(IncidentRow)
        .where(col(IncidentRow.id) == incident_id)
        .values(
            held_back=IncidentRow.held_back + count,
            accounts=IncidentRow.accounts + more_accounts,
            healing_since=func.coalesce(col(IncidentRow.healing_since), healing_at),
        )
    )


def turn_into(session: Session, incident_id: UUID, kind: IncidentKind, *, cause: Cause) -> None:
    """A silent place that begins to refuse everybody is still one story."""
    session.execute(
        update(IncidentRow)
        .where(col(IncidentRow.id) == incident_id)
        .values(
            kind=kind.value,
            accounts=0,
            cause=cause.value,
            healing_since=None,
            changed_seq=raise_counter(session),
        )
    )


def note_asked_again(session: Session, incident: Incident, *, now: datetime) -> bool:
    """False when somebody else has just asked."""
    before = col(IncidentRow.asked_again_at)
    done = session.execute(
        update(IncidentRow)
        .where(
            col(IncidentRow.id) == incident.id,
            before.is_(None)
            if incident.asked_again_at is None
            else before == incident.asked_again_at,
        )
        .values(asked_again_at=now)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def end_incident(session: Session, incident_id: UUID, *, now: datetime) -> bool:
    """False when it was ended by somebody else just before."""
    done = session.execute(
        update(IncidentRow)
        .where(col(IncidentRow.id) == incident_id, col(IncidentRow.ended_at).is_(None))
        .values(ended_at=now, changed_seq=raise_counter(session))
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def meant_for(session: Session, notice_id: UUID) -> frozenset[UUID]:
    """For whom a notice was meant, whether or not it has gone out yet."""
    rows = session.execute(
        select(col(DeliveryRow.user_id)).where(col(DeliveryRow.notice_id) == notice_id)
    ).scalars()
    return frozenset(rows)


def heard(session: Session, notice_id: UUID, user_id: UUID) -> bool:
    """Whether the user got a notice, or may have: then he also hears how it ended."""
    found = session.execute(
        select(col(DeliveryRow.id)).where(
            col(DeliveryRow.notice_id) == notice_id,
            col(DeliveryRow.user_id) == user_id,
            col(DeliveryRow.state).in_(_WENT_OUT) | (col(DeliveryRow.flights) > 0),
        )
    )
    return found.first() is not None


def _open(session: Session, *, wide: bool) -> list[Incident]:
    kinds = _WIDE if wide else [IncidentKind.LOG_IN.value]
    rows = session.execute(
        select(IncidentRow)
        .where(col(IncidentRow.ended_at).is_(None), col(IncidentRow.kind).in_(kinds))
        .order_by(col(IncidentRow.began_at))
        .execution_options(populate_existing=True)
    ).scalars()
    return [_incident(row) for row in rows]


def _incident(row: IncidentRow) -> Incident:
    return Incident(
        id=row.id,
        kind=IncidentKind(row.kind),
        place=Place(platform=row.platform, server=row.server),
        cause=Cause(row.cause) if row.cause else None,
        began_at=row.began_at,
        healing_since=row.healing_since,
        ended_at=row.ended_at,
        accounts=row.accounts,
        held_back=row.held_back,
        grant_id=UUID(row.grant_key) if row.grant_key else None,
        notice_id=row.notice_id,
        asked_again_at=row.asked_again_at,
        person=row.person,
    )
