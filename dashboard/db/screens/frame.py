"""What the frame around every page shows of the links: a few cheap reads, whatever their number."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import visible
from dashboard.db.heartbeats import latest
from dashboard.db.incidents import open_incidents
from dashboard.db.tables import AccountRow, LinkRow
from dashboard.domain.incidents import IncidentKind
from dashboard.domain.states import NEEDS_A_PERSON, LinkState
from dashboard.domain.team import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentPlace:
    """A platform, or one server of it, that answers for none or few of its accounts."""

    platform: str
    server: str
    since: datetime
    accounts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameScreen:
    """`checked_at` is the last check of any account; `beats` the last sign of life by kind."""

    any_accounts: bool
    needs_you: int
    silent: tuple[SilentPlace, ...]
    offline_since: datetime | None  # we ourselves cannot reach anybody
    checked_at: datetime | None
    beats: dict[str, datetime]


_SILENT_FROM = 2  # accounts; one alone may have a trouble of its own


def frame_screen(session: Session, viewer: Viewer) -> FrameScreen:
    """Return what concerns the viewer, as far as his role reaches.

    Every page pays for this, so each read looks at few rows however many accounts are fine.
    """
    waiting = [state.value for state in NEEDS_A_PERSON]
    # Asked in this way SQLite begins with the few links, not with all accounts.
    its_account = col(AccountRow.id) == col(LinkRow.account_id)
    needs_you = select(func.count()).where(
        col(LinkRow.state).in_(waiting), exists().where(its_account, visible(viewer))
    )
    checked_at = session.execute(
        _links(viewer, col(LinkRow.checked_at))
        .where(col(LinkRow.checked_at).is_not(None))
        .order_by(col(LinkRow.checked_at).desc())
        .limit(1)
    ).scalar_one_or_none()
    return FrameScreen(
        any_accounts=checked_at is not None
        or session.execute(_links(viewer, col(LinkRow.id)).limit(1)).first() is not None,
        needs_you=session.execute(needs_you).scalar_one(),
        silent=_silent(session, viewer),
        offline_since=_offline_since(session),
        checked_at=checked_at,
        beats=latest(session),
    )


def _offline_since(session: Session) -> datetime | None:
    return next(
        (
            one.began_at
            for one in open_incidents(session)
            if one.kind is IncidentKind.OFFLINE and one.healing_since is None
        ),
        None,
    )


def _silent(session: Session, viewer: Viewer) -> tuple[SilentPlace, ...]:
    """Places where at least two accounts, and half of those watched, get no answer."""
    place = col(AccountRow.platform), col(AccountRow.server)
    silent = session.execute(
        _links(viewer, *place, func.min(col(LinkRow.since)), func.count())
        .where(col(LinkRow.state) == LinkState.UNREACHABLE.value)
        .group_by(*place)
        .having(func.count() >= _SILENT_FROM)
    ).all()
    return tuple(
        SilentPlace(platform=platform, server=server, since=since, accounts=number)
        for platform, server, since, number in silent
        if not _watches_more(session, viewer, (platform, server), than=2 * number)
    )


def _watches_more(session: Session, viewer: Viewer, place: tuple[str, str], *, than: int) -> bool:
    """Whether a place has more watched accounts than that; looks at no more rows than needed."""
    platform, server = place
    some = (
        _links(viewer, col(LinkRow.id))
        .where(
            col(AccountRow.platform) == platform,
            col(AccountRow.server) == server,
            col(LinkRow.state) != LinkState.PAUSED.value,
        )
        .limit(than + 1)
    )
    return bool(
        session.execute(select(func.count()).select_from(some.subquery())).scalar_one() > than
    )


def _links(viewer: Viewer, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(LinkRow)
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
        .where(visible(viewer))
    )
