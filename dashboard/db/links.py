"""The rota: which links are due and who is checking them.

A claim is a lease on a row: whoever updated it has it until it lapses. The cost of everything here
grows with the links that are due, not with all (index `ix_links_due`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, select, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from dashboard.db import tables

_LINKS: Table = SQLModel.metadata.tables[tables.LinkRow.__tablename__]

_SUSPECTS_AT_ONCE = 20
_LAPSES_BORNE = 3


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
