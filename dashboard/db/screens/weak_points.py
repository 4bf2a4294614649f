"""What is wrong on our side of the links, for administrators: two cheap reads for every page."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import AppRow, GrantRow
from dashboard.domain.causes import Cause

_MOST = 3  # registrations that are named; each is a line at the top of every page


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedApp:
    """A registration of ours that its platform does not take any more."""

    platform: str
    server: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakPoints:
    """`locked` counts permissions whose key is not on this server (F19)."""

    apps: tuple[RefusedApp, ...]
    locked: int


def weak_points(session: Session) -> WeakPoints:
    """Return what holds now, the oldest refusal first."""
    refused = session.execute(
        select(col(AppRow.platform), col(AppRow.server), col(AppRow.problem_since))
        .where(col(AppRow.problem) != "", col(AppRow.problem_since).is_not(None))
        .order_by(col(AppRow.problem_since), col(AppRow.id))
        .limit(_MOST)
    )
    locked = count_locked(session)
    return WeakPoints(
        apps=tuple(
            RefusedApp(platform=platform, server=server, since=since)
            for platform, server, since in refused
            if since is not None
        ),
        locked=locked,
    )


def count_locked(session: Session) -> int:
    """How many stored permissions cannot be opened on this server."""
    return session.execute(
        select(func.count())
        .select_from(GrantRow)
        .where(col(GrantRow.trouble) == Cause.KEY_MISSING.value)
    ).scalar_one()
