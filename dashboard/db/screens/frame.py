"""What the frame around every page shows of the links: a few cheap reads, whatever their number."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import visible
from dashboard.db.heartbeats import latest
from dashboard.db.incidents import Incident, open_incidents
from dashboard.db.screens.counts import NOT_HEALTHY
from dashboard.db.tables import AccountRow, LinkRow
from dashboard.domain.causes import Cause
from dashboard.domain.incidents import CAUGHT, IncidentKind, Place
from dashboard.domain.states import NEEDS_A_PERSON
from dashboard.domain.team import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Trouble of a platform as a whole; `accounts` of the viewer's are caught in it."""

    place: Place
    kind: IncidentKind
    ours: bool  # it refuses our registration
    since: datetime
    accounts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameScreen:
    """`checked_at` is the last check of any account; `beats` the last sign of life by kind."""

    any_accounts: bool
    needs_you: int
    outages: tuple[Outage, ...]
    offline_since: datetime | None  # we ourselves cannot reach anybody
    checked_at: datetime | None
    beats: dict[str, datetime]


_BEFORE = timedelta(minutes=15)  # who was caught before it was known what it is


def frame_screen(session: Session, viewer: Viewer) -> FrameScreen:
    """Return what concerns the viewer, as far as his role reaches.

    Every page pays for this, so each read looks at few rows however many accounts are fine.
    """
    waiting = [state.value for state in NEEDS_A_PERSON]
    # Asked in this way SQLite begins with the few links, not with all accounts.
    its_account = col(AccountRow.id) == col(LinkRow.account_id)
    needs_you = select(func.count()).where(
        NOT_HEALTHY,
        col(LinkRow.state).in_(waiting),
        exists().where(its_account, visible(viewer)),
    )
    checked_at = session.execute(
        _links(viewer, col(LinkRow.checked_at))
        .where(col(LinkRow.checked_at).is_not(None))
        .order_by(col(LinkRow.checked_at).desc())
        .limit(1)
    ).scalar_one_or_none()
    going_on = open_incidents(session)
    return FrameScreen(
        any_accounts=checked_at is not None
        or session.execute(_links(viewer, col(LinkRow.id)).limit(1)).first() is not None,
        needs_you=session.execute(needs_you).scalar_one(),
        outages=tuple(_outages(session, viewer, going_on)),
        offline_since=_offline_since(going_on),
        checked_at=checked_at,
        beats=latest(session),
    )


def _offline_since(going_on: list[Incident]) -> datetime | None:
    return next(
        (
            one.began_at
            for one in going_on
            if one.kind is IncidentKind.OFFLINE and one.healing_since is None
        ),
        None,
    )


def _outages(session: Session, viewer: Viewer, going_on: list[Incident]) -> Iterator[Outage]:
    """Those of places where the viewer has accounts."""
    for one in going_on:
        there = (
            col(AccountRow.platform) == one.place.platform,
            col(AccountRow.server) == one.place.server,
        )
        if session.execute(_links(viewer, col(LinkRow.id)).where(*there).limit(1)).first() is None:
            continue
        caught = _links(viewer, func.count()).where(
            *there,
            col(LinkRow.state).in_([state.value for state in CAUGHT[one.kind]]),
            col(LinkRow.since) >= one.began_at - _BEFORE,
        )
        yield Outage(
            place=one.place,
            kind=one.kind,
            ours=one.cause is Cause.APP_PROBLEM,
            since=one.began_at,
            accounts=session.execute(caught).scalar_one(),
        )


def _links(viewer: Viewer, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(LinkRow)
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
        .where(visible(viewer))
    )
