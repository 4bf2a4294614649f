"""One account: its state with evidence, its history, its roles and its latest publications."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, true
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import visible
from dashboard.db.counters import read_counter
from dashboard.db.health import change_from, health_of, hearsay_from
from dashboard.db.screens.history import changes_of
from dashboard.db.screens.how_told import how_told
from dashboard.db.screens.log_ins import LogIn, ended_log_ins
from dashboard.db.tables import (
    AccountRow,
    AppRow,
    EventRow,
    GrantRow,
    LinkRow,
    PublicationRow,
    RoleAccountRow,
    RoleRow,
    SyncRow,
    UserRow,
)
from dashboard.domain.calendar import PublicationState
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.incidents import Place
from dashboard.domain.links import LinkHealth
from dashboard.domain.pushes import Hearsay
from dashboard.domain.states import MESSAGES_STOPPED, LinkState
from dashboard.domain.team import Viewer
from dashboard.domain.troubles import NOBODY_YET, Told
from dashboard.domain.uptime import Timeline

_HISTORY = 40
_LATEST = 5
_STOPPED = frozenset(state.value for state in MESSAGES_STOPPED)
_WAITING_POSTS = (PublicationState.SCHEDULED.value, PublicationState.HELD.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of the history: a state change, or something a person did (`kind`).

    `told` is how a state change was told.
    """

    at: datetime
    kind: str
    who: str = ""
    change: LinkStateChanged | None = None
    told: Told = NOBODY_YET


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A publication in short."""

    id: UUID
    state: str
    text: str
    at: datetime
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSync:
    """The latest platform synchronisation and what it did."""

    state: str
    asked_at: datetime
    finished_at: datetime | None
    loaded: int
    changed: int
    gone: int
    back_to: datetime | None
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppTrouble:
    """What the platform says about our registration: ours, no link is accused."""

    said: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountScreen:
    """Everything on an account's page. `person` is whose log-in at the platform the link uses."""

    id: UUID
    platform: str
    server: str
    name: str
    handle: str
    url: str
    health: LinkHealth
    checked_at: datetime | None
    next_check_at: datetime | None
    linked_at: datetime
    linked_by: str
    person: str
    siblings: int
    roles: tuple[str, ...]
    moments: tuple[Moment, ...]
    timeline: Timeline
    publications: int
    planned: int
    next_due_at: datetime | None
    latest: tuple[Post, ...]
    auto_sync: bool
    next_sync_at: datetime | None
    last_sync: LastSync | None
    app_trouble: AppTrouble | None
    cursor: int
    hearsay: Hearsay | None = None  # of the platform itself, about the present trouble
    log_in: LogIn | None = None  # when one relink heals several accounts on the same log-in


def account_screen(
    session: Session, viewer: Viewer, account_id: UUID, *, since: datetime | None = None
) -> AccountScreen | None:
    """None when there is no such account within the role's reach; the bars begin at `since`."""
    cursor = read_counter(session)
    found = session.execute(
        select(AccountRow, LinkRow)
        .join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))
        .where(col(AccountRow.id) == account_id, visible(viewer))
    ).first()
    if found is None:
        return None
    account: AccountRow
    link: LinkRow
    account, link = found
    publications, planned, next_due_at = _numbers(session, account_id)
    return AccountScreen(
        id=account.id,
        platform=account.platform,
        server=account.server,
        name=account.name or account.handle or account.remote_id,
        handle=account.handle,
        url=account.url,
        health=health_of(link),
        checked_at=link.checked_at,
        next_check_at=link.next_check_at,
        linked_at=link.linked_at,
        linked_by=_name(session, link.linked_by),
        person=_person(session, link.grant_id),
        siblings=_siblings(session, link),
        roles=_roles(session, account_id),
        moments=_moments(session, account, since),
        timeline=Timeline(
            linked_at=account.created_at,
            state=LinkState(link.state),
            changes=changes_of(session, [account_id], since=since)[account_id] if since else [],
        ),
        publications=publications,
        planned=planned,
        next_due_at=next_due_at,
        latest=_latest(session, account_id),
        auto_sync=account.auto_sync,
        next_sync_at=account.next_sync_at,
        last_sync=_last_sync(session, account_id),
        app_trouble=_app_trouble(session, link.grant_id),
        cursor=cursor,
        hearsay=_hearsay(link),
        log_in=next(iter(_together(session, viewer, link)), None),
    )


def _hearsay(link: LinkRow) -> Hearsay | None:
    """Only beside what a check has found: alone it proves nothing."""
    found = hearsay_from(link.told_reason, link.told_at)
    began = link.troubled_since
    if found is None or began is None or link.state not in _STOPPED:
        return None
    return found if found.speaks_of(began) else None


def _together(session: Session, viewer: Viewer, link: LinkRow) -> tuple[LogIn, ...]:
    if link.state not in {LinkState.EXPIRED.value, LinkState.LIMITED.value}:
        return ()
    found = ended_log_ins(session, viewer, account_id=link.account_id)
    return tuple(one for one in found if one.cause.value == link.cause)


def _numbers(session: Session, account_id: UUID) -> tuple[int, int, datetime | None]:
    waiting = col(PublicationRow.state).in_(_WAITING_POSTS)
    row = session.execute(
        select(
            func.count(),
            func.count().filter(waiting),
            func.min(col(PublicationRow.at)).filter(waiting),
        ).where(col(PublicationRow.account_id) == account_id)
    ).one()
    return row[0], row[1], row[2]


def _name(session: Session, user_id: UUID | None) -> str:
    user = session.get(UserRow, user_id) if user_id else None
    return user.name if user else ""


def _person(session: Session, grant_id: UUID | None) -> str:
    grant = session.get(GrantRow, grant_id) if grant_id else None
    return grant.subject_name if grant else ""


def _app_trouble(session: Session, grant_id: UUID | None) -> AppTrouble | None:
    found = session.execute(
        select(col(AppRow.problem), col(AppRow.problem_since))
        .join(GrantRow, col(GrantRow.app_id) == col(AppRow.id))
        .where(col(GrantRow.id) == grant_id, col(AppRow.problem) != "")
    ).first()
    return None if found is None else AppTrouble(said=found[0], since=found[1])


def _siblings(session: Session, link: LinkRow) -> int:
    """How many other accounts hang on the same log-in at the platform."""
    if link.grant_id is None:
        return 0
    together = session.execute(
        select(func.count()).where(col(LinkRow.grant_id) == link.grant_id)
    ).scalar_one()
    return together - 1


def _roles(session: Session, account_id: UUID) -> tuple[str, ...]:
    chosen = select(col(RoleAccountRow.role_id)).where(col(RoleAccountRow.account_id) == account_id)
    names = session.execute(
        select(col(RoleRow.name))
        .where(or_(col(RoleRow.all_accounts) == true(), col(RoleRow.id).in_(chosen)))
        .order_by(col(RoleRow.name))
    ).scalars()
    return tuple(names)


def _moments(
    session: Session, account: AccountRow, known_since: datetime | None
) -> tuple[Moment, ...]:
    rows: Any = session.execute(
        select(EventRow, col(UserRow.name))
        .outerjoin(UserRow, col(UserRow.id) == col(EventRow.actor_id))
        .where(col(EventRow.account_id) == account.id)
        .order_by(col(EventRow.seq).desc())
        .limit(_HISTORY)
    ).all()
    place = Place(platform=account.platform, server=account.server)
    told = how_told(session, place, [event for event, _ in rows], known_since=known_since)
    return tuple(
        Moment(
            at=event.at,
            kind=event.kind,
            who=name or "",
            change=change_from(event.data, event.at) if event.kind == "link_state" else None,
            told=told.get(event.seq, NOBODY_YET),
        )
        for event, name in rows
    )


def _latest(session: Session, account_id: UUID) -> tuple[Post, ...]:
    rows = session.execute(
        select(PublicationRow)
        .where(col(PublicationRow.account_id) == account_id, col(PublicationRow.gone_at).is_(None))
        .order_by(col(PublicationRow.at).desc())
        .limit(_LATEST)
    ).scalars()
    return tuple(
        Post(id=row.id, state=row.state, text=row.text, at=row.at, url=row.url) for row in rows
    )


def _last_sync(session: Session, account_id: UUID) -> LastSync | None:
    row = session.execute(
        select(SyncRow)
        .where(col(SyncRow.account_id) == account_id)
        .order_by(col(SyncRow.asked_at).desc(), col(SyncRow.id))
        .limit(1)
    ).scalar_one_or_none()
    if row is None:
        return None
    return LastSync(
        state=row.state,
        asked_at=row.asked_at,
        finished_at=row.finished_at,
        loaded=row.loaded,
        changed=row.changed,
        gone=row.gone,
        back_to=row.back_to,
        trouble=row.trouble,
    )
