"""Settings > Accounts: the list, its groups and counts, and whether anything changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import reachable, visible
from dashboard.db.counters import read_counter
from dashboard.db.health import health_of
from dashboard.db.screens.counts import Count, count_accounts, ids_in_order, joined
from dashboard.db.screens.history import changes_of
from dashboard.db.screens.log_ins import LogIn, ended_log_ins
from dashboard.db.tables import AccountRow, IncidentRow, LinkRow, PublicationRow
from dashboard.domain.calendar import PublicationState
from dashboard.domain.links import LinkHealth
from dashboard.domain.states import LinkState
from dashboard.domain.team import Viewer
from dashboard.domain.uptime import Change, Timeline

PAGE_SIZE = 50

GROUPS: tuple[tuple[str, str, tuple[LinkState, ...]], ...] = (
    ("needs_you", "Needs you", (LinkState.EXPIRED, LinkState.BLOCKED, LinkState.LIMITED)),
    ("soon", "Soon", (LinkState.EXPIRING,)),
    ("waiting", "Waiting for the platform", (LinkState.UNREACHABLE,)),
    ("fine", "Fine", (LinkState.HEALTHY, LinkState.NEW)),
    ("paused", "Paused", (LinkState.PAUSED,)),
)
"""Key, words and states of each group, in the order of the page: what needs a person first."""

_RELINKS = (LinkState.EXPIRED, LinkState.LIMITED)
_WAITING_POSTS = (PublicationState.SCHEDULED.value, PublicationState.HELD.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the address bar asks for; `page` counts from 1. `since` is where the bars begin."""

    states: tuple[LinkState, ...] = ()
    platform: str = ""
    search: str = ""
    page: int = 1
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One row. `planned` posts wait for it, the first of them is due at `next_due_at`."""

    id: UUID
    platform: str
    server: str
    name: str
    handle: str
    url: str
    health: LinkHealth
    checked_at: datetime | None
    next_check_at: datetime | None
    planned: int = 0
    next_due_at: datetime | None = None
    timeline: Timeline

    @property
    def needs_relink(self) -> bool:
        return self.health.state is LinkState.EXPIRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A heading with its count over all pages and the rows of this page."""

    key: str
    label: str
    count: int
    lines: tuple[AccountLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsScreen:
    """The whole page; `cursor` is what a poll asks from, `total` counts what the filter leaves."""

    groups: tuple[Group, ...]
    total: int
    everything: int
    page: int
    pages: int
    by_state: dict[LinkState, int]
    by_platform: dict[str, int]
    needs_you: int
    cursor: int
    log_ins: tuple[LogIn, ...] = ()


def accounts_screen(session: Session, viewer: Viewer, wanted: Filter) -> AccountsScreen:
    """Return the page that `wanted` asks for, as far as the viewer's role reaches."""
    cursor = read_counter(session)
    table = count_accounts(session, viewer)
    by_state = _sum(table, key=0)
    found = count_accounts(session, viewer, matches(wanted.search)) if wanted.search else table
    left = [
        (state, platform, number)
        for state, platform, number in found
        if (not wanted.states or state in wanted.states)
        and (not wanted.platform or platform == wanted.platform)
    ]
    total = sum(number for _, _, number in left)
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, wanted.page), pages)
    counts = _sum(left, key=0)
    lines = _lines(session, wanted, _ids(session, viewer, wanted, counts, page))
    return AccountsScreen(
        groups=_grouped(lines, counts),
        total=total,
        everything=sum(by_state.values()),
        page=page,
        pages=pages,
        by_state=by_state,
        by_platform=_sum(table, key=1),
        needs_you=sum(by_state.get(state, 0) for state in GROUPS[0][2]),
        cursor=cursor,
        log_ins=ended_log_ins(session, viewer)
        if max(by_state.get(state, 0) for state in _RELINKS) > 1
        else (),
    )


def changed_since(session: Session, viewer: Viewer, since: int) -> bool:
    """Whether a link within the role's reach changed after `since`; one cheap read when not.

    Removed accounts count: they must vanish from the list. The beginning and end of an incident
    count for everybody.
    """
    if read_counter(session) <= since:
        return False
    found = session.execute(
        select(col(LinkRow.id))
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
        .where(col(LinkRow.changed_seq) > since, reachable(viewer.role_id))
        .limit(1)
    ).first()
    if found is not None:
        return True
    incident = select(col(IncidentRow.id)).where(col(IncidentRow.changed_seq) > since).limit(1)
    return session.execute(incident).first() is not None


def _sum(table: Sequence[Count], *, key: int) -> dict[Any, int]:
    sums: dict[Any, int] = {}
    for row in table:
        sums[row[key]] = sums.get(row[key], 0) + row[2]
    return sums


def _ids(
    session: Session, viewer: Viewer, wanted: Filter, counts: dict[LinkState, int], page: int
) -> list[UUID]:
    """The accounts of a page. `counts` are of what the filter leaves, so empty groups cost nothing.

    Groups are asked one by one: together all rows of all groups would have to be sorted.
    """
    conditions = [visible(viewer)]
    if wanted.search:
        conditions.append(matches(wanted.search))
    if wanted.platform:
        conditions.append(col(AccountRow.platform) == wanted.platform)
    start, end = (page - 1) * PAGE_SIZE, page * PAGE_SIZE
    ids: list[UUID] = []
    before = 0
    for _, _, states in GROUPS:
        present = [state for state in states if counts.get(state)]
        size = sum(counts[state] for state in present)
        skip = max(start - before, 0)
        number = min(end - before, size) - skip
        if number > 0:
            ids += ids_in_order(session, present, conditions, limit=number, offset=skip)
        before += size
    return ids


def _lines(session: Session, wanted: Filter, ids: list[UUID]) -> tuple[AccountLine, ...]:
    rows = session.execute(joined(AccountRow, LinkRow).where(col(AccountRow.id).in_(ids))).all()
    links = {account.id: (account, link) for account, link in rows}
    planned = _planned(session, ids)
    changes = changes_of(session, ids, since=wanted.since) if wanted.since else {}
    return tuple(_line(*links[one], planned, changes.get(one, [])) for one in ids if one in links)


def _planned(session: Session, ids: list[UUID]) -> dict[UUID, tuple[int, datetime]]:
    """Posts that wait to go out, for the accounts of this page only."""
    rows = session.execute(
        select(col(PublicationRow.account_id), func.count(), func.min(col(PublicationRow.at)))
        .where(
            col(PublicationRow.account_id).in_(ids),
            col(PublicationRow.state).in_(_WAITING_POSTS),
        )
        .group_by(col(PublicationRow.account_id))
    )
    return {account_id: (number, first) for account_id, number, first in rows}


def _line(
    account: AccountRow,
    link: LinkRow,
    planned: dict[UUID, tuple[int, datetime]],
    changes: list[Change],
) -> AccountLine:
    number, first = planned.get(account.id, (0, None))
    return AccountLine(
        id=account.id,
        platform=account.platform,
        server=account.server,
        name=account.name or account.handle or account.remote_id,
        handle=account.handle,
        url=account.url,
        health=health_of(link),
        checked_at=link.checked_at,
        next_check_at=link.next_check_at,
        planned=number,
        next_due_at=first,
        timeline=Timeline(
            linked_at=account.created_at, state=LinkState(link.state), changes=changes
        ),
    )


def _grouped(lines: tuple[AccountLine, ...], counts: dict[LinkState, int]) -> tuple[Group, ...]:
    groups = []
    for key, label, states in GROUPS:
        count = sum(counts.get(state, 0) for state in states)
        mine = tuple(line for line in lines if line.health.state in states)
        if mine:
            groups.append(Group(key=key, label=label, count=count, lines=mine))
    return tuple(groups)


def matches(text: str) -> ColumnElement[bool]:
    """Each word must stand somewhere in the name, the handle or the address."""
    where = func.lower(
        col(AccountRow.name) + " " + col(AccountRow.handle) + " " + col(AccountRow.url)
    )
    words = text.lower().split()[:8]
    return and_(
        true(),
        *(where.contains(word, autoescape=True) for word in words),
    )
