"""Whoever is asked because others were refused, and refusals that are to be tried again."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, null, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.grants import RefreshState
from dashboard.db.standing import WATCHED, at_place, of_links
from dashboard.db.tables import GrantRow, LinkRow
from dashboard.domain.incidents import Place
from dashboard.domain.states import LinkState

_LATEST = 200  # links that are looked at for one of each log-in
_A_MOMENT = timedelta(seconds=15)


def look_at_siblings(
    session: Session, grant_ids: Collection[UUID], states: Collection[LinkState], *, now: datetime
) -> int:
    """Make the other links of these log-ins due now that are in these states; how many."""
    whose = col(LinkRow.state).in_([state.value for state in states])
    waiting = _waiting(now).where(col(LinkRow.grant_id).in_(grant_ids), whose, _rested(now))
    return _make_due(session, list(session.execute(waiting).scalars()), now)


def look_at_others(
    session: Session, place: Place, states: Collection[LinkState], *, most: int, now: datetime
) -> int:
    """Make a link each of a few log-ins of a place due now, of those in these states.

    Who was asked a moment ago is not asked again.
    """
    whose = col(LinkRow.state).in_([state.value for state in states])
    rows = session.execute(
        of_links(col(LinkRow.grant_id), col(LinkRow.id))
        .where(WATCHED, at_place(place), whose, _rested(now), col(LinkRow.next_check_at) > now)
        .order_by(col(LinkRow.next_check_at))
        .limit(_LATEST)
    )
    first: dict[UUID | None, UUID] = {}
    for grant_id, link_id in rows:
        first.setdefault(grant_id, link_id)
    chosen = list(first.values())[:most]
    waiting = _waiting(now).where(col(LinkRow.id).in_(chosen))
    return _make_due(session, list(session.execute(waiting).scalars()), now)


def _rested(now: datetime) -> ColumnElement[bool]:
    return col(LinkRow.checked_at).is_(None) | (col(LinkRow.checked_at) <= now - _A_MOMENT)


def _waiting(now: datetime) -> Select[Any]:
    """Links that nobody asks about; whoever is being written is left out, so nobody waits."""
    return (
        select(col(LinkRow.id))
        .where(col(LinkRow.next_check_at) > now, col(LinkRow.claim) == "")
        .with_for_update(skip_locked=True)
    )


def _make_due(session: Session, link_ids: list[UUID], now: datetime) -> int:
    session.execute(update(LinkRow).where(col(LinkRow.id).in_(link_ids)).values(next_check_at=now))
    return len(link_ids)


def forget_refusals(session: Session, place: Place) -> None:
    """Let renewals that the place refused be tried again: it refuses everybody."""
    session.execute(
        update(GrantRow)
        .where(
            col(GrantRow.platform) == place.platform,
            col(GrantRow.server) == place.server,
            col(GrantRow.refresh_state) == RefreshState.REFUSED.value,
            col(GrantRow.lease_owner) == "",
        )
        .values(
            refresh_state=RefreshState.IDLE.value,
            refusal=null(),
            in_flight_since=None,
            refresh_tries=0,
        )
    )
