"""The first page: what needs the viewer, what comes soon, what was repaired, how well it went."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.orm import Session
from sqlmodel import col
from sqlmodel.sql.sqltypes import UTCDateTime

from dashboard.db.access import visible
from dashboard.db.events import EventKind
from dashboard.db.health import change_from
from dashboard.db.screens.accounts import AccountsScreen, Filter, accounts_screen
from dashboard.db.tables import AccountRow, EventRow, LinkRow, PublicationRow, UserRow
from dashboard.domain.calendar import PublicationState
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.states import LinkState
from dashboard.domain.team import Viewer
from dashboard.domain.uptime import DOWN, Change, Timeline, share_working

_SHOWN = (
    LinkState.EXPIRED,
    LinkState.BLOCKED,
    LinkState.LIMITED,
    LinkState.EXPIRING,
    LinkState.UNREACHABLE,
)
_WELL = frozenset({LinkState.HEALTHY, LinkState.EXPIRING})
_REPAIRED = DOWN | {LinkState.LIMITED}
_WEEK = timedelta(days=7)
_MONTH = timedelta(days=30)
_REPAIRS_SHOWN = 5
_MOST_EVENTS = 5_000  # more would make the page slow, and the figure says little then


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """An account that works again, since `at`; `lasted` is how long it did not."""

    account_id: UUID
    platform: str
    name: str
    at: datetime
    was: LinkState
    lasted: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """How far the first run has come, for all of Linkkeeper and not only the viewer's part."""

    accounts: int
    users: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewScreen:
    """`list` holds the rows that somebody must look at; the rest are numbers and short lists.

    `working` is the share of the last 30 days in which the accounts worked; None: nothing known.
    """

    list: AccountsScreen
    held: int
    repairs: tuple[Repair, ...]
    repaired: int
    typical: timedelta | None
    working: float | None
    set_up: SetUp

    def count_of(self, states: Iterable[LinkState]) -> int:
        return sum(self.list.by_state.get(state, 0) for state in states)

    @property
    def fine(self) -> int:
        return self.count_of([LinkState.HEALTHY])

    @property
    def unchecked(self) -> int:
        return self.count_of([LinkState.NEW])

    @property
    def paused(self) -> int:
        return self.count_of([LinkState.PAUSED])


def overview_screen(session: Session, viewer: Viewer, *, now: datetime) -> OverviewScreen:
    """Return the page as far as the viewer's role reaches."""
    changes = _changes(session, viewer, now - _MONTH)
    repairs = _repairs(session, changes, now - _WEEK)
    lasted = [repair.lasted.total_seconds() for repair in repairs if repair.lasted is not None]
    return OverviewScreen(
        list=accounts_screen(session, viewer, Filter(states=_SHOWN)),
        held=_held(session, viewer),
        repairs=tuple(repairs[:_REPAIRS_SHOWN]),
        repaired=len(repairs),
        typical=timedelta(seconds=median(lasted)) if lasted else None,
        working=_working(session, viewer, changes, now),
        set_up=_set_up(session),
    )


Changes = list[tuple[UUID, LinkStateChanged]]


def _changes(session: Session, viewer: Viewer, since: datetime) -> Changes | None:
    """The changes of state in order; None when there are too many to look at."""
    rows = session.execute(
        select(col(EventRow.account_id), col(EventRow.at), col(EventRow.data))
        .join(AccountRow, col(AccountRow.id) == col(EventRow.account_id))
        .where(
            visible(viewer),
            col(EventRow.kind) == EventKind.LINK_STATE.value,
            col(EventRow.at) >= since,
        )
        .order_by(col(EventRow.seq))
        .limit(_MOST_EVENTS + 1)
    ).all()
    if len(rows) > _MOST_EVENTS:
        return None
    return [(account_id, change_from(data, at)) for account_id, at, data in rows if account_id]


def _repairs(session: Session, changes: Changes | None, since: datetime) -> list[Repair]:
    """What was broken and works again since then, the latest first."""
    healed = [
        (account_id, change)
        for account_id, change in changes or []
        if change.at >= since and change.old in _REPAIRED and change.new in _WELL
    ]
    names = _names(session, {account_id for account_id, _ in healed})
    return [
        Repair(
            account_id=account_id,
            platform=names[account_id][0],
            name=names[account_id][1],
            at=change.at,
            was=change.old,
            lasted=change.at - change.troubled_since if change.troubled_since else None,
        )
        for account_id, change in sorted(healed, key=lambda pair: pair[1].at, reverse=True)
    ]


def _names(session: Session, ids: set[UUID]) -> dict[UUID, tuple[str, str]]:
    rows = session.execute(
        select(col(AccountRow.id), col(AccountRow.platform), col(AccountRow.name)).where(
            col(AccountRow.id).in_(ids)
        )
    )
    return {account_id: (platform, name) for account_id, platform, name in rows}


def _working(
    session: Session, viewer: Viewer, changes: Changes | None, now: datetime
) -> float | None:
    if changes is None:
        return None
    by_account: dict[UUID, list[Change]] = defaultdict(list)
    for account_id, change in changes:
        by_account[account_id].append(Change(at=change.at, old=change.old, new=change.new))
    start = now - _MONTH
    moved = col(LinkRow.account_id).in_(by_account)
    links = session.execute(
        _reached(viewer, col(LinkRow.account_id), col(LinkRow.linked_at), col(LinkRow.state)).where(
            moved
        )
    )
    timelines = [
        Timeline(linked_at=linked_at, state=LinkState(state), changes=by_account[account_id])
        for account_id, linked_at, state in links
    ]
    timelines += _quiet(session, viewer, start, ~moved)
    return share_working(timelines, start=start, end=now)


def _quiet(
    session: Session, viewer: Viewer, start: datetime, still: ColumnElement[bool]
) -> list[Timeline]:
    """Links without a change since then, counted by the database: mostly nearly all."""
    linked_at = col(LinkRow.linked_at)
    as_stored = literal(start, UTCDateTime())
    since_when = case((linked_at <= start, as_stored), else_=linked_at)
    rows = session.execute(
        _reached(viewer, since_when, col(LinkRow.state), func.count())
        .where(still)
        .group_by(since_when, col(LinkRow.state))
    )
    return [
        Timeline(linked_at=at, state=LinkState(state), links=number) for at, state, number in rows
    ]


def _reached(viewer: Viewer, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(LinkRow)
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
        .where(visible(viewer))
    )


def _held(session: Session, viewer: Viewer) -> int:
    """Posts that wait for a decision of a person."""
    return session.execute(
        select(func.count())
        .select_from(PublicationRow)
        .join(AccountRow, col(AccountRow.id) == col(PublicationRow.account_id))
        .where(visible(viewer), col(PublicationRow.state) == PublicationState.HELD.value)
    ).scalar_one()


def _set_up(session: Session) -> SetUp:
    accounts = session.execute(
        select(func.count()).select_from(AccountRow).where(col(AccountRow.removed_at).is_(None))
    ).scalar_one()
    users = session.execute(select(func.count()).select_from(UserRow)).scalar_one()
    return SetUp(accounts=accounts, users=users)
