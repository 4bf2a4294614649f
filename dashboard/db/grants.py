"""Grants while they are used and renewed: the refresh protocol of R33-R35 as conditional updates.

A refresh is sent only by who holds the lease of this generation, and `in_flight` is stored before
it is sent. The lease runs on the database's clock: no two machines need to agree on the time.
Nothing here ever erases a credential.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, case, null, select, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from dashboard.db import tables
from dashboard.db.engine import database_now
from dashboard.db.health import evidence_from
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import Credential

_GRANTS: Table = SQLModel.metadata.tables[tables.GrantRow.__tablename__]


class RefreshState(StrEnum):
    """Where the renewal of the present generation stands."""

    IDLE = "idle"
    IN_FLIGHT = "in_flight"  # sent, and no answer is stored: it may have happened
    REFUSED = "refused"  # the platform has definitely refused it


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A definite no to a renewal; `at` is when it was said."""

    cause: Cause
    evidence: Evidence
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGrant:
    """A grant as it was read; `sealed` is opened by `db.credentials` only.

    `in_flight_since` is when the first unanswered renewal of this generation was sent.
    """

    id: UUID
    platform: str
    server: str
    app_id: UUID | None
    sealed: bytes = field(repr=False)
    generation: int
    state: RefreshState
    tries: int
    in_flight_since: datetime | None
    refusal: Refusal | None
    troubled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to renew one generation of a grant, by this owner alone."""

    grant_id: UUID
    generation: int
    owner: str


def load_grants(session: Session, grant_ids: Sequence[UUID]) -> dict[UUID, StoredGrant]:
    """The grants in use among these; one that was given back or erased is left out."""
    rows = session.connection().execute(
        _STORED.where(_GRANTS.c.id.in_(grant_ids), _GRANTS.c.revoke_due.is_(False))
    )
    return {row.id: _stored(row) for row in rows if row.credential}


def take_lease(
    session: Session, grant: StoredGrant, *, owner: str, lasting: timedelta, now: datetime
) -> Lease | None:
    """Take the lease and store `in_flight`, or None: somebody holds it or the grant moved on.

    If its holder dies, the renewal is due again when the lease has lapsed.
    """
    clock = database_now(session)
    free = (_GRANTS.c.lease_owner == "") | (_GRANTS.c.lease_until <= clock)
    taken = session.execute(
        update(_GRANTS)
        .where(
            _GRANTS.c.id == grant.id,
            _GRANTS.c.generation == grant.generation,
            _GRANTS.c.refresh_state == grant.state.value,
            free,
        )
        .values(
            lease_owner=owner,
            lease_until=clock + lasting,
            refresh_state=RefreshState.IN_FLIGHT.value,
            in_flight_since=grant.in_flight_since or now,
            refresh_tries=_GRANTS.c.refresh_tries + 1,
            refresh_due_at=now + lasting,
        )
    )
    if not _hit(taken):
        return None
    return Lease(grant_id=grant.id, generation=grant.generation, owner=owner)


def store_renewed(
    session: Session,
    lease: Lease,
    *,
    sealed: bytes,
    credential: Credential,
    due_at: datetime | None,
    now: datetime,
) -> bool:
    """Store the new credential and end the lease; False if somebody else moved on meanwhile."""
    return _renew(
        session, _held(lease), sealed=sealed, credential=credential, due_at=due_at, now=now
    )


def hand_over(session: Session, lease: Lease, *, sealed: bytes) -> bool:
    """Let go of a grant that went out of use during its renewal; False when it is in use.

    If the platform is still to be told, it is told with the newest credential (R38).
    """
    mine = (_GRANTS.c.id == lease.grant_id) & (_GRANTS.c.lease_owner == lease.owner)
    unused = _GRANTS.c.revoke_due | (_GRANTS.c.credential == b"")
    newest = case((_GRANTS.c.revoke_due, sealed), else_=_GRANTS.c.credential)
    done = session.execute(
        update(_GRANTS)
        .where(mine, unused)
        .values(credential=newest, lease_owner="", lease_until=None)
    )
    return _hit(done)


def adopt_salvaged(
    session: Session,
    grant: StoredGrant,
    *,
    sealed: bytes,
    credential: Credential,
    due_at: datetime | None,
    now: datetime,
) -> bool:
    """Put a salvaged credential in place; False if the grant moved on or is being renewed."""
    free = (_GRANTS.c.lease_owner == "") | (_GRANTS.c.lease_until <= database_now(session))
    where = (_GRANTS.c.id == grant.id) & (_GRANTS.c.generation == grant.generation) & free
    return _renew(session, where, sealed=sealed, credential=credential, due_at=due_at, now=now)


def store_refusal(session: Session, lease: Lease, refusal: Refusal) -> bool:
    """Remember the refusal for this generation and end the lease; False if somebody moved on."""
    return _end_lease(
        session,
        lease,
        refresh_state=RefreshState.REFUSED.value,
        refusal={
            "cause": refusal.cause.value,
            "evidence": asdict(refusal.evidence),
            "at": refusal.at.isoformat(),
        },
        refresh_due_at=None,
    )


def end_lease(session: Session, lease: Lease, *, unknown: bool, due_at: datetime) -> bool:
    """Give the lease back without a result; `unknown` keeps that the renewal may have happened."""
    values: dict[str, Any] = {"refresh_due_at": due_at}
    if not unknown:
        values |= {"refresh_state": RefreshState.IDLE.value, "in_flight_since": None}
    return _end_lease(session, lease, **values)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueGrant:
    """A grant to be renewed: the generation that it is due for, and whom to ask."""

    id: UUID
    generation: int
    platform: str
    server: str


def offer_due(session: Session, *, now: datetime, limit: int, again: datetime) -> list[DueGrant]:
    """Grants whose renewal is due.

    They are offered once more at `again` if nothing comes of it.
    """
    due = (
        select(_GRANTS.c.id)
        .where(_GRANTS.c.refresh_due_at <= now)
        .order_by(_GRANTS.c.refresh_due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    offered = session.execute(
        update(_GRANTS)
        .where(_GRANTS.c.id.in_(select(due.c.id)))
        .values(refresh_due_at=again)
        .returning(_GRANTS.c.id, _GRANTS.c.generation, _GRANTS.c.platform, _GRANTS.c.server)
    )
    return [
        DueGrant(id=row.id, generation=row.generation, platform=row.platform, server=row.server)
        for row in offered
    ]


def mark_locked(session: Session, grant_ids: Sequence[UUID], *, now: datetime) -> None:
    """Note that these credentials cannot be opened on this server; nothing else changes (F19)."""
    session.execute(
        update(_GRANTS)
        .where(_GRANTS.c.id.in_(grant_ids), _GRANTS.c.trouble == "")
        .values(trouble=Cause.KEY_MISSING.value, trouble_since=now)
    )


def mark_unlocked(session: Session, grant_ids: Sequence[UUID]) -> None:
    """Note that these can be opened again."""
    session.execute(
        update(_GRANTS)
        .where(_GRANTS.c.id.in_(grant_ids), _GRANTS.c.trouble != "")
        .values(trouble="", trouble_since=None)
    )


_STORED = select(
    _GRANTS.c.id,
    _GRANTS.c.platform,
    _GRANTS.c.server,
    _GRANTS.c.app_id,
    _GRANTS.c.credential,
    _GRANTS.c.generation,
    _GRANTS.c.refresh_state,
    _GRANTS.c.refresh_tries,
    _GRANTS.c.in_flight_since,
    _GRANTS.c.refusal,
    _GRANTS.c.trouble,
)


def _stored(row: Any) -> StoredGrant:
    return StoredGrant(
        id=row.id,
        platform=row.platform,
        server=row.server,
        app_id=row.app_id,
        sealed=row.credential,
        generation=row.generation,
        state=RefreshState(row.refresh_state),
        tries=row.refresh_tries,
        in_flight_since=row.in_flight_since,
        refusal=_refusal(row.refusal),
        troubled=bool(row.trouble),
    )


def _refusal(data: dict[str, Any] | None) -> Refusal | None:
    if not data:
        return None
    evidence = evidence_from(data["evidence"])
    if evidence is None:  # pragma: no cover  # it is always stored with one
        return None
    return Refusal(
        cause=Cause(data["cause"]), evidence=evidence, at=datetime.fromisoformat(data["at"])
    )


def _held(lease: Lease) -> ColumnElement[bool]:
    return (
        (_GRANTS.c.id == lease.grant_id)
        & (_GRANTS.c.generation == lease.generation)
        & (_GRANTS.c.lease_owner == lease.owner)
    )


def _renew(
    session: Session,
    where: ColumnElement[bool],
    *,
    sealed: bytes,
    credential: Credential,
    due_at: datetime | None,
    now: datetime,
) -> bool:
    done = session.execute(
        update(_GRANTS)
        .where(where)
        .values(
            credential=sealed,
            scopes=sorted(credential.scopes),
            expires_at=credential.expires_at,
            refresh_expires_at=credential.refresh_expires_at,
            refresh_due_at=due_at,
            refreshed_at=now,
            generation=_GRANTS.c.generation + 1,
            refresh_state=RefreshState.IDLE.value,
            in_flight_since=None,
            refresh_tries=0,
            refusal=null(),
            lease_owner="",
            lease_until=None,
        )
    )
    return _hit(done)


def _end_lease(session: Session, lease: Lease, **values: Any) -> bool:
    done = session.execute(
        update(_GRANTS).where(_held(lease)).values(lease_owner="", lease_until=None, **values)
    )
    return _hit(done)


def _hit(done: Any) -> bool:
    return bool(done.rowcount == 1)
