"""The rota: which links are due and who is checking them.

A claim is a lease on a row: whoever updated it has it until it lapses. The cost of everything here
grows with the links that are due, not with all (index `ix_links_due`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, bindparam, func, select, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from dashboard.db import tables
from dashboard.domain.states import LinkState

_LINKS: Table = SQLModel.metadata.tables[tables.LinkRow.__tablename__]

_SUSPECTS_AT_ONCE = 20
_LAPSES_BORNE = 3
_QUIET = [state.value for state in (LinkState.HEALTHY, LinkState.EXPIRING, LinkState.LIMITED)]


def claim_due(
    session: Session, *, now: datetime, limit: int, owner: str, lease: timedelta
) -> list[UUID]:
    """Claim due links that nobody holds, most overdue first; the cost grows with them alone."""
    chosen = (
        select(_LINKS.c.id)
        .where(_LINKS.c.next_check_at <= now, _LINKS.c.claim == "")
        .order_by(_LINKS.c.next_check_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return _claim(session, chosen, owner=owner, until=now + lease)


def claim_suspects(session: Session, *, now: datetime, owner: str, lease: timedelta) -> list[UUID]:
    """Claim due links whose worker died: a few together, then each alone, to be checked apart.

    So one link that kills its worker does not take the others down with it for ever (R65).
    """
    lapsed = _due_and_lapsed(now)
    least = session.execute(select(func.min(_LINKS.c.lapses)).where(lapsed)).scalar_one()
    if least is None:
        return []
    chosen = (
        select(_LINKS.c.id)
        .where(lapsed, _LINKS.c.lapses == least)
        .order_by(_LINKS.c.next_check_at)
        .limit(1 if least else _SUSPECTS_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return _claim(session, chosen, owner=owner, until=now + lease, lapses=_LINKS.c.lapses + 1)


def set_aside(session: Session, *, now: datetime, until: datetime) -> list[UUID]:
    """Take links that killed their worker again and again out of the rota for a while."""
    taken = session.execute(
        update(_LINKS)
        .where(_due_and_lapsed(now), _LINKS.c.lapses >= _LAPSES_BORNE)
        .values(next_check_at=until, claim="", claimed_until=None, lapses=0)
        .returning(_LINKS.c.id)
    )
    return list(taken.scalars())


def hold(session: Session, link_ids: Sequence[UUID], *, owner: str, until: datetime) -> None:
    """Keep what is claimed and still being asked about."""
    session.execute(
        update(_LINKS)
        .where(_LINKS.c.id.in_(link_ids), _LINKS.c.claim == owner)
        .values(claimed_until=until)
    )


def release(session: Session, link_ids: Sequence[UUID], *, owner: str) -> None:
    """Give back what was claimed and not checked: it is due as before."""
    session.execute(
        update(_LINKS)
        .where(_LINKS.c.id.in_(link_ids), _LINKS.c.claim == owner)
        .values(claim="", claimed_until=None)
    )


def count_due(session: Session, *, now: datetime, most: int) -> int:
    """How many links wait for a worker, counted up to `most`; lapsed claims are among them."""
    free = (_LINKS.c.claim == "") | (_LINKS.c.claimed_until <= now)
    due = select(_LINKS.c.id).where(_LINKS.c.next_check_at <= now, free).limit(most).subquery()
    return int(session.execute(select(func.count()).select_from(due)).scalar_one())


def due_with_grant(session: Session, grant_ids: Sequence[UUID], *, now: datetime) -> int:
    """Make the links of these grants due now; those that are paused or removed stay out.

    Those being checked at this moment, too: that check began before.
    """
    later = (_LINKS.c.next_check_at > now) | (_LINKS.c.claim != "")
    done = session.execute(
        update(_LINKS)
        .where(_LINKS.c.grant_id.in_(grant_ids), _LINKS.c.next_check_at.is_not(None), later)
        .values(next_check_at=now)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def quiet_and_overdue(
    session: Session, *, before: datetime, after_first: int
) -> list[tuple[UUID, datetime]]:
    """Links without trouble that were due before then, with that time; the first are left out."""
    rows = session.execute(
        select(_LINKS.c.id, _LINKS.c.next_check_at)
        .where(
            _LINKS.c.next_check_at < before,
            _LINKS.c.claim == "",
            _LINKS.c.state.in_(_QUIET),
            _LINKS.c.misses == 0,
            _LINKS.c.doubts == 0,
            _LINKS.c.awaited.is_(False),
        )
        .order_by(_LINKS.c.next_check_at, _LINKS.c.id)
        .offset(after_first)
    )
    return [(link_id, at) for link_id, at in rows]


def move_due(session: Session, moves: Sequence[tuple[UUID, datetime, datetime]]) -> None:
    """Give links (id, old due time, new due time) a new place, where the old one still holds."""
    rows = [{"_id": link_id, "_old": old, "_new": new} for link_id, old, new in sorted(moves)]
    if rows:
        session.connection().execute(_MOVED, rows)


_MOVED = (
    update(_LINKS)
    .where(
        _LINKS.c.id == bindparam("_id"),
        _LINKS.c.next_check_at == bindparam("_old"),
        _LINKS.c.claim == "",
    )
    .values(next_check_at=bindparam("_new"))
)


def _due_and_lapsed(now: datetime) -> ColumnElement[bool]:
    return (
        (_LINKS.c.next_check_at <= now) & (_LINKS.c.claim != "") & (_LINKS.c.claimed_until <= now)
    )


def _claim(
    session: Session, chosen: Any, *, owner: str, until: datetime, **values: Any
) -> list[UUID]:
    # A common table expression that locks is evaluated once; a plain sub-select need not be, and
    # PostgreSQL may then claim more than the limit.
    ids = chosen.cte("chosen")
    claimed = session.execute(
        update(_LINKS)
        .where(_LINKS.c.id.in_(select(ids.c.id)))
        .values(claim=owner, claimed_until=until, **values)
        .returning(_LINKS.c.id)
    )
    return list(claimed.scalars())
