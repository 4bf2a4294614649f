"""What must be renewed by a person in the next 90 days, by log-in, and what renews itself.

Grouping is done in SQL; only accounts with a date are read one by one, and of those at most 500.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import visible
from dashboard.db.tables import AccountRow, GrantRow, LinkRow
from dashboard.domain.states import LinkState
from dashboard.domain.team import Viewer

AHEAD = timedelta(days=90)
_WEEK = timedelta(days=7)
_WEEKS = 13
_MOST = 500  # accounts that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An account with the date by which it must be renewed."""

    id: UUID
    name: str
    state: LinkState
    renew_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalGroup:
    """The accounts that one log-in renews together, the earliest first; `until` is its date."""

    platform: str
    server: str
    person: str
    accounts: tuple[Due, ...]

    @property
    def until(self) -> datetime:
        return self.accounts[0].renew_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """How many accounts must be renewed in the seven days from `begins`."""

    begins: date
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ByItself:
    """How many accounts of a platform Linkkeeper renews, and when it does so next."""

    platform: str
    count: int
    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalsScreen:
    """`overdue` and `coming` are by date; `total` may be more than is shown."""

    overdue: tuple[RenewalGroup, ...]
    coming: tuple[RenewalGroup, ...]
    weeks: tuple[Week, ...]
    by_itself: tuple[ByItself, ...]
    total: int
    shown: int


def renewals_screen(session: Session, viewer: Viewer, *, now: datetime) -> RenewalsScreen:
    """Return the page as far as the viewer's role reaches."""
    dated = (
        col(LinkRow.renew_by) <= now + AHEAD,
        col(LinkRow.state) != LinkState.PAUSED.value,
    )
    rows = session.execute(
        _links(
            viewer,
            col(AccountRow.id),
            func.coalesce(func.nullif(col(AccountRow.name), ""), col(AccountRow.handle)),
            col(AccountRow.platform),
            col(AccountRow.server),
            col(LinkRow.state),
            col(LinkRow.renew_by),
            col(LinkRow.grant_id),
            col(GrantRow.subject_name),
        )
        .where(*dated)
        .order_by(col(LinkRow.renew_by), col(AccountRow.name), col(AccountRow.id))
        .limit(_MOST)
    ).all()
    groups = _grouped(rows)
    return RenewalsScreen(
        overdue=tuple(group for group in groups if group.until <= now),
        coming=tuple(group for group in groups if group.until > now),
        weeks=_weeks(groups, now),
        by_itself=_by_itself(session, viewer),
        total=len(rows) if len(rows) < _MOST else _count(session, viewer, dated),
        shown=len(rows),
    )


def _grouped(rows: Any) -> list[RenewalGroup]:
    accounts: dict[UUID, list[Due]] = defaultdict(list)
    facts: dict[UUID, tuple[str, str, str]] = {}
    for account_id, name, platform, server, state, renew_by, grant_id, person in rows:
        key = grant_id or account_id
        facts.setdefault(key, (platform, server, person or ""))
        due = Due(id=account_id, name=name, state=LinkState(state), renew_by=renew_by)
        accounts[key].append(due)
    return [
        RenewalGroup(platform=platform, server=server, person=person, accounts=tuple(accounts[key]))
        for key, (platform, server, person) in facts.items()
    ]


def _weeks(groups: list[RenewalGroup], now: datetime) -> tuple[Week, ...]:
    counts = Counter(
        (due.renew_by - now) // _WEEK
        for group in groups
        for due in group.accounts
        if due.renew_by > now
    )
    return tuple(
        Week(begins=(now + _WEEK * number).date(), count=counts[number]) for number in range(_WEEKS)
    )


def _by_itself(session: Session, viewer: Viewer) -> tuple[ByItself, ...]:
    """Links without a date for a person whose permission is renewed in time; one aggregate."""
    rows = session.execute(
        _links(
            viewer, col(AccountRow.platform), func.count(), func.min(col(GrantRow.refresh_due_at))
        )
        .where(
            col(GrantRow.refresh_due_at).is_not(None),
            col(LinkRow.renew_by).is_(None),
            col(LinkRow.state).in_([LinkState.HEALTHY.value, LinkState.LIMITED.value]),
        )
        .group_by(col(AccountRow.platform))
        .order_by(col(AccountRow.platform))
    )
    return tuple(
        ByItself(platform=platform, count=count, next_at=next_at)
        for platform, count, next_at in rows
    )


def _count(session: Session, viewer: Viewer, dated: tuple[ColumnElement[bool], ...]) -> int:
    return int(session.execute(_links(viewer, func.count()).where(*dated)).scalar_one())


def _links(viewer: Viewer, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(LinkRow)
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
        .outerjoin(GrantRow, col(GrantRow.id) == col(LinkRow.grant_id))
        .where(visible(viewer))
    )
