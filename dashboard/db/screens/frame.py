"""What the frame around every page shows of the links: two reads, whatever their number."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import visible
from dashboard.db.heartbeats import latest
from dashboard.db.tables import AccountRow, LinkRow
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

    accounts: int
    needs_you: int
    silent: tuple[SilentPlace, ...]
    checked_at: datetime | None
    beats: dict[str, datetime]


_SILENT_FROM = 2  # accounts; one alone may have a trouble of its own


def frame_screen(session: Session, viewer: Viewer) -> FrameScreen:
    """Return what concerns the viewer, as far as his role reaches."""
    rows = session.execute(
        select(
            col(AccountRow.platform),
            col(AccountRow.server),
            col(LinkRow.state),
            func.count(),
            func.min(col(LinkRow.since)),
            func.max(col(LinkRow.checked_at)),
        )
        .join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))
        .where(visible(viewer))
        .group_by(col(AccountRow.platform), col(AccountRow.server), col(LinkRow.state))
    ).all()
    waiting = {state.value for state in NEEDS_A_PERSON}
    return FrameScreen(
        accounts=sum(row[3] for row in rows),
        needs_you=sum(row[3] for row in rows if row[2] in waiting),
        silent=_silent([(row[0], row[1], row[2], row[3], row[4]) for row in rows]),
        checked_at=max((row[5] for row in rows if row[5]), default=None),
        beats=latest(session),
    )


Row = tuple[str, str, str, int, datetime]


def _silent(rows: list[Row]) -> tuple[SilentPlace, ...]:
    """Places where at least two accounts, and half of those watched, get no answer."""
    places: dict[tuple[str, str], int] = {}
    for platform, server, state, number, _since in rows:
        if state != LinkState.PAUSED.value:
            places[platform, server] = places.get((platform, server), 0) + number
    return tuple(
        SilentPlace(platform=platform, server=server, since=since, accounts=number)
        for platform, server, state, number, since in rows
        if state == LinkState.UNREACHABLE.value
        and number >= _SILENT_FROM
        and 2 * number >= places[platform, server]
    )
