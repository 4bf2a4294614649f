"""The report: how reliable platforms were, why links broke, how fast it was told and mended.

All sums are made by the database, so that the page costs the same few queries with ten thousand
accounts. Time that was down is found without walking through each link: at each change of state
the number that was down moves by one, and counts until the end of the span.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Select, case, extract, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import visible
from dashboard.db.events import EventKind
from dashboard.db.tables import AccountRow, DeliveryRow, EventRow, GrantRow, LinkRow
from dashboard.domain.causes import Cause
from dashboard.domain.deliveries import DeliveryState
from dashboard.domain.states import LinkState
from dashboard.domain.team import Viewer
from dashboard.domain.uptime import DOWN

SPANS = (timedelta(days=30), timedelta(days=90))
_TROUBLE = [*(state.value for state in DOWN), LinkState.LIMITED.value]
_MOST_CAUSES = 10
_MOST_PEOPLE = 10
_MOST_STORIES = 2_000  # a median of the latest says as much as one of all
_TOGETHER = 2  # accounts on one log-in from which on it is worth a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """The share of a span in which a platform's accounts worked; None: nothing was watched."""

    platform: str
    accounts: int
    month: float | None
    quarter: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many times links got into trouble for a cause."""

    cause: Cause
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OnOnePerson:
    """So many accounts hang on the log-in of one person at a platform."""

    person: str
    platform: str
    server: str
    accounts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportScreen:
    """`noticed` and `relinked` are medians over 90 days; None: it never happened."""

    platforms: tuple[Reliability, ...]
    causes: tuple[Counted, ...]
    people: tuple[OnOnePerson, ...]
    noticed: timedelta | None
    relinked: timedelta | None


def report_screen(session: Session, viewer: Viewer, *, now: datetime) -> ReportScreen:
    """Return the report as far as the viewer's role reaches."""
    since = now - SPANS[-1]
    return ReportScreen(
        platforms=_platforms(session, viewer, now),
        causes=_causes(session, viewer, since),
        people=_people(session, viewer),
        noticed=_noticed(session, viewer, since),
        relinked=_relinked(session, viewer, since),
    )


def _platforms(session: Session, viewer: Viewer, now: datetime) -> tuple[Reliability, ...]:
    month, quarter = (_shares(session, viewer, now - span, now) for span in SPANS)
    counts = session.execute(
        _links(viewer, col(AccountRow.platform), func.count())
        .group_by(col(AccountRow.platform))
        .order_by(func.count().desc(), col(AccountRow.platform))
    )
    return tuple(
        Reliability(
            platform=platform, accounts=number, month=month[platform], quarter=quarter[platform]
        )
        for platform, number in counts
    )


def _shares(
    session: Session, viewer: Viewer, start: datetime, end: datetime
) -> dict[str, float | None]:
    """The share by platform: what was down, of what was linked and not paused."""
    down = _lasted(session, viewer, start, end, DOWN)
    paused = _lasted(session, viewer, start, end, [LinkState.PAUSED])
    late = col(AccountRow.created_at) > start
    linked = session.execute(
        _links(
            viewer,
            col(AccountRow.platform),
            func.count().filter(~late),
            func.sum(end.timestamp() - _seconds(col(AccountRow.created_at))).filter(late),
        ).group_by(col(AccountRow.platform))
    )
    whole = (end - start).total_seconds()
    shares: dict[str, float | None] = {}
    for platform, always, since in linked:
        watched = always * whole + float(since or 0) - paused[platform]
        shares[platform] = max(0.0, 1 - down[platform] / watched) if watched >= 1 else None
    return shares


def _lasted(
    session: Session, viewer: Viewer, start: datetime, end: datetime, states: Iterable[LinkState]
) -> defaultdict[str, float]:
    """How many seconds the links of each platform were in one of `states`, together."""
    names = [state.value for state in states]
    came = case((_word("new").in_(names), 1), else_=0)
    left = case((_word("old").in_(names), 1), else_=0)
    moved = came - left
    created = col(AccountRow.created_at)
    begin = case((created > start, _seconds(created)), else_=start.timestamp())
    # Whoever is in it now and did not come into it in the span was in it from its beginning.
    changes = session.execute(
        _changes(
            viewer,
            start,
            col(AccountRow.platform),
            func.sum(moved * (begin - _seconds(col(EventRow.at)))),
        ).group_by(col(AccountRow.platform))
    )
    now_in = session.execute(
        _links(viewer, col(AccountRow.platform), func.sum(end.timestamp() - begin))
        .where(col(LinkRow.state).in_(names))
        .group_by(col(AccountRow.platform))
    )
    lasted: defaultdict[str, float] = defaultdict(float)
    for platform, seconds in (*now_in, *changes):
        lasted[platform] += float(seconds)
    return lasted


def _causes(session: Session, viewer: Viewer, since: datetime) -> tuple[Counted, ...]:
    trouble = (
        _changes(viewer, since, _word("cause").label("cause"))
        .where(_word("new").in_(_TROUBLE), _word("cause") != "")
        .subquery()
    )
    times = func.count()
    rows = session.execute(
        select(trouble.c.cause, times)
        .group_by(trouble.c.cause)
        .order_by(times.desc(), trouble.c.cause)
        .limit(_MOST_CAUSES)
    )
    return tuple(Counted(cause=Cause(cause), times=number) for cause, number in rows)


def _people(session: Session, viewer: Viewer) -> tuple[OnOnePerson, ...]:
    whose = (
        col(GrantRow.subject_name),
        col(GrantRow.subject_id),
        col(AccountRow.platform),
        col(AccountRow.server),
    )
    rows = session.execute(
        _links(viewer, *whose, func.count())
        .join(GrantRow, col(GrantRow.id) == col(LinkRow.grant_id))
        .where(col(GrantRow.subject_name) != "")
        .group_by(*whose)
        .having(func.count() >= _TOGETHER)
        .order_by(func.count().desc(), col(GrantRow.subject_name))
        .limit(_MOST_PEOPLE)
    )
    return tuple(
        OnOnePerson(person=person, platform=platform, server=server, accounts=number)
        for person, _, platform, server, number in rows
    )


def _noticed(session: Session, viewer: Viewer, since: datetime) -> timedelta | None:
    """From the first failed check of a trouble to the first mail that told of it."""
    told = (
        select(
            col(DeliveryRow.notice_id).label("notice_id"),
            func.min(col(DeliveryRow.sent_at)).label("told_at"),
        )
        .where(col(DeliveryRow.state) == DeliveryState.SENT.value)
        .group_by(col(DeliveryRow.notice_id))
        .subquery()
    )
    rows = session.execute(
        _changes(viewer, since, _word("troubled_since"), col(EventRow.at), told.c.told_at)
        .join(told, told.c.notice_id == col(EventRow.notice_id))
        .where(_word("new").in_(_TROUBLE))
        .order_by(col(EventRow.at).desc())
        .limit(_MOST_STORIES)
    )
    return _median(told_at - _first(troubled, at) for troubled, at, told_at in rows)


def _relinked(session: Session, viewer: Viewer, since: datetime) -> timedelta | None:
    """From the first failed check to the relink by a person."""
    rows = session.execute(
        _changes(viewer, since, _word("troubled_since"), col(EventRow.at))
        .where(_word("old") == LinkState.EXPIRED.value, col(EventRow.actor_id).is_not(None))
        .where(_word("new").in_([LinkState.HEALTHY.value, LinkState.EXPIRING.value]))
        .order_by(col(EventRow.at).desc())
        .limit(_MOST_STORIES)
    )
    return _median(at - _first(troubled, at) for troubled, at in rows)


def _first(troubled: str | None, at: datetime) -> datetime:
    return datetime.fromisoformat(troubled) if troubled else at


def _median(lengths: Iterable[timedelta]) -> timedelta | None:
    seconds = [length.total_seconds() for length in lengths]
    return timedelta(seconds=median(seconds)) if seconds else None


def _word(name: str) -> ColumnElement[str]:
    word: ColumnElement[str] = col(EventRow.data)[name].as_string()
    return word


def _seconds(at: Any) -> ColumnElement[Any]:
    return extract("epoch", at)


def _changes(viewer: Viewer, since: datetime, *columns: Any) -> Select[Any]:
    """The changes of state of accounts that are still there."""
    return (
        select(*columns)
        .select_from(EventRow)
        .join(AccountRow, col(AccountRow.id) == col(EventRow.account_id))
        .where(
            visible(viewer),
            col(EventRow.kind) == EventKind.LINK_STATE.value,
            col(EventRow.at) > since,
        )
    )


def _links(viewer: Viewer, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(LinkRow)
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
        .where(visible(viewer))
    )
