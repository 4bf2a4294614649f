"""Publish > Calendar: publications of a span, the accounts to filter by, and what syncs did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import visible
from dashboard.db.tables import AccountRow, LinkRow, PictureRow, PublicationRow, SyncRow, UserRow
from dashboard.domain.calendar import PublicationState
from dashboard.domain.states import LinkState
from dashboard.domain.team import Viewer

MOST_SHOWN = 2_000
MOST_OFFERED = 200  # accounts in one list to choose from
_MOST_TROUBLED = 20
_TROUBLED = (LinkState.EXPIRED, LinkState.BLOCKED, LinkState.LIMITED, LinkState.UNREACHABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFilter:
    """What the address bar asks for; empty means everything."""

    account: UUID | None = None
    platform: str = ""
    states: tuple[PublicationState, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A publication, or with `state` "renewal" the date by which a link must be renewed."""

    id: UUID
    account_id: UUID
    platform: str
    account_name: str
    state: str
    text: str
    at: datetime
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarAccount:
    """An account of the viewer's role, for the filter and the legend of what is broken."""

    id: UUID
    platform: str
    name: str
    state: LinkState
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarAccounts:
    """Accounts to filter by, with their platforms, and those whose link is broken."""

    offered: tuple[CalendarAccount, ...]
    more: bool
    troubled: tuple[CalendarAccount, ...]
    more_troubled: bool
    platforms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A platform synchronisation and what it did."""

    account_id: UUID
    account_name: str
    platform: str
    state: str
    asked_at: datetime
    finished_at: datetime | None
    loaded: int
    changed: int
    gone: int
    back_to: datetime | None
    trouble: str

    @property
    def is_under_way(self) -> bool:
        return self.state in {"queued", "running"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One publication, opened."""

    id: UUID
    account_id: UUID
    platform: str
    account_name: str
    state: str
    text: str
    url: str
    at: datetime
    published_at: datetime | None
    created_at: datetime
    changed_at: datetime
    gone_at: datetime | None
    created_by: str
    link: str
    trouble: str
    said: str
    has_picture: bool
    alt: str
    worked_on: bool  # the platform has taken it and will say what became of it


def entries(
    session: Session,
    viewer: Viewer,
    wanted: CalendarFilter,
    *,
    starts_at: datetime,
    ends_at: datetime,
) -> list[Entry]:
    """Publications and renewal dates from `starts_at` up to `ends_at`, by time."""
    rows = session.execute(
        select(PublicationRow, col(AccountRow.name))
        .join(AccountRow, col(AccountRow.id) == col(PublicationRow.account_id))
        .where(
            visible(viewer),
            col(PublicationRow.at) >= starts_at,
            col(PublicationRow.at) < ends_at,
            *_conditions(wanted),
        )
        .order_by(col(PublicationRow.at), col(PublicationRow.id))
        .limit(MOST_SHOWN)
    ).all()
    found = [
        Entry(
            id=row.id,
            account_id=row.account_id,
            platform=row.platform,
            account_name=name,
            state=row.state,
            text=row.text,
            at=row.at,
            gone=row.gone_at is not None,
        )
        for row, name in rows
    ]
    found += _renewals(session, viewer, wanted, starts_at=starts_at, ends_at=ends_at)
    return sorted(found, key=lambda entry: entry.at)


def account_ids(session: Session, viewer: Viewer) -> list[UUID]:
    """All accounts within the role's reach."""
    return list(session.execute(select(col(AccountRow.id)).where(visible(viewer))).scalars())


def accounts_of_calendar(
    session: Session, viewer: Viewer, *, chosen: UUID | None = None
) -> CalendarAccounts:
    """What a page offers to filter by, and the broken ones; few, however many there are."""
    offered = _accounts(session, [visible(viewer)], most=MOST_OFFERED + 1)
    more = len(offered) > MOST_OFFERED
    del offered[MOST_OFFERED:]
    if chosen is not None and chosen not in {account.id for account in offered}:
        offered += _accounts(session, [visible(viewer), col(AccountRow.id) == chosen], most=1)
    troubled = [visible(viewer), col(LinkRow.state).in_([state.value for state in _TROUBLED])]
    found = _accounts(session, troubled, most=_MOST_TROUBLED + 1)
    return CalendarAccounts(
        offered=tuple(offered),
        more=more,
        troubled=tuple(found[:_MOST_TROUBLED]),
        more_troubled=len(found) > _MOST_TROUBLED,
        platforms=tuple(
            session.execute(
                select(col(AccountRow.platform))
                .where(visible(viewer))
                .distinct()
                .order_by(col(AccountRow.platform))
            ).scalars()
        ),
    )


def _accounts(
    session: Session, conditions: list[ColumnElement[bool]], *, most: int
) -> list[CalendarAccount]:
    rows = session.execute(
        select(AccountRow, col(LinkRow.state), col(LinkRow.since))
        .join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))
        .where(*conditions)
        .order_by(func.lower(col(AccountRow.name)), col(AccountRow.id))
        .limit(most)
    )
    return [
        CalendarAccount(
            id=account.id,
            platform=account.platform,
            name=account.name or account.handle,
            state=LinkState(state),
            since=since,
        )
        for account, state, since in rows
    ]


def latest_runs(
    session: Session, viewer: Viewer, *, since: datetime, account: UUID | None
) -> list[Run]:
    """Synchronisations that were asked for or ended after `since`, the latest first."""
    conditions: list[ColumnElement[bool]] = [visible(viewer), col(SyncRow.asked_at) >= since]
    if account is not None:
        conditions.append(col(SyncRow.account_id) == account)
    rows = session.execute(
        select(SyncRow, col(AccountRow.name), col(AccountRow.platform))
        .join(AccountRow, col(AccountRow.id) == col(SyncRow.account_id))
        .where(*conditions)
        .order_by(col(SyncRow.asked_at).desc(), func.lower(col(AccountRow.name)))
        .limit(50)
    )
    return [
        Run(
            account_id=row.account_id,
            account_name=name,
            platform=platform,
            state=row.state,
            asked_at=row.asked_at,
            finished_at=row.finished_at,
            loaded=row.loaded,
            changed=row.changed,
            gone=row.gone,
            back_to=row.back_to,
            trouble=row.trouble,
        )
        for row, name, platform in rows
    ]


def publication(session: Session, viewer: Viewer, publication_id: UUID) -> Publication | None:
    """None when there is no such publication within the role's reach (R14)."""
    found = session.execute(
        select(PublicationRow, col(UserRow.name), col(PictureRow.alt), col(AccountRow.name))
        .outerjoin(PictureRow, col(PictureRow.publication_id) == col(PublicationRow.id))
        .join(AccountRow, col(AccountRow.id) == col(PublicationRow.account_id))
        .outerjoin(UserRow, col(UserRow.id) == col(PublicationRow.created_by))
        .where(col(PublicationRow.id) == publication_id, visible(viewer))
    ).first()
    if found is None:
        return None
    row: PublicationRow = found[0]
    return Publication(
        id=row.id,
        account_id=row.account_id,
        platform=row.platform,
        account_name=found[3],
        state=row.state,
        text=row.text,
        url=row.url,
        at=row.at,
        published_at=row.published_at,
        created_at=row.created_at,
        changed_at=row.changed_at,
        gone_at=row.gone_at,
        created_by=found[1] or "",
        link=row.link,
        trouble=row.trouble,
        said=_said(row.evidence or {}),
        has_picture=found[2] is not None,
        alt=found[2] or "",
        worked_on=row.state == PublicationState.UNKNOWN.value and row.try_at is not None,
    )


def _said(evidence: dict[str, Any]) -> str:
    """The technical side of a refusal, on one line."""
    parts = [evidence.get("call"), evidence.get("status"), evidence.get("code")]
    return " · ".join(str(part) for part in parts if part)


def _conditions(wanted: CalendarFilter) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.account is not None:
        conditions.append(col(PublicationRow.account_id) == wanted.account)
    if wanted.platform:
        conditions.append(col(PublicationRow.platform) == wanted.platform)
    if wanted.states:
        conditions.append(col(PublicationRow.state).in_([state.value for state in wanted.states]))
    return conditions


def _renewals(
    session: Session,
    viewer: Viewer,
    wanted: CalendarFilter,
    *,
    starts_at: datetime,
    ends_at: datetime,
) -> list[Entry]:
    """Dates by which a person must renew a link; a filter by status leaves them out."""
    if wanted.states:
        return []
    conditions = [
        visible(viewer),
        col(LinkRow.renew_by) >= starts_at,
        col(LinkRow.renew_by) < ends_at,
    ]
    if wanted.account is not None:
        conditions.append(col(AccountRow.id) == wanted.account)
    if wanted.platform:
        conditions.append(col(AccountRow.platform) == wanted.platform)
    rows = session.execute(
        select(AccountRow, col(LinkRow.renew_by))
        .join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))
        .where(*conditions)
    )
    return [
        Entry(
            id=account.id,
            account_id=account.id,
            platform=account.platform,
            account_name=account.name,
            state="renewal",
            text=f"Renew the link of {account.name}",
            at=renew_by,
        )
        for account, renew_by in rows
        if renew_by is not None
    ]
