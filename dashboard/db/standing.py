"""How the links of a place stand together: cheap questions, whatever the number of links.

Each goes through an index to the few links that matter (`ix_links_silent`, `ix_links_state`,
`ix_links_checked`, the grant), or stops as soon as it knows enough.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, cast, func, select
from sqlalchemy import Text as SqlText
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.incidents import Incident
from dashboard.db.tables import AccountRow, AppRow, GrantRow, LinkRow
from dashboard.domain.causes import Cause
from dashboard.domain.incidents import (
    CAUGHT,
    Answers,
    Census,
    IncidentKind,
    Place,
    healed_for_long,
)
from dashboard.domain.refusals import FEWEST_PEOPLE, LONGEST, WITHIN, Refusals, sample
from dashboard.domain.states import MESSAGES_STOPPED, WORKS, LinkState

WATCHED = and_(col(LinkRow.next_check_at).is_not(None), col(AccountRow.removed_at).is_(None))
_SILENT = col(LinkRow.silent_since).is_not(None)
REFUSED = [state.value for state in MESSAGES_STOPPED]
ANSWERED = [
    state.value
    for state in LinkState
    if state not in MESSAGES_STOPPED | {LinkState.PAUSED, LinkState.UNREACHABLE}
]
_LATEST = 200  # answers that are looked at for the sample
_LATELY = timedelta(minutes=2)
_PERSON = case(
    (col(GrantRow.subject_id) != "", col(GrantRow.subject_id)),
    else_=cast(col(LinkRow.grant_id), SqlText),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Links of one log-in that are refused or blocked, or lack something, for one cause."""

    grant_id: UUID
    place: Place
    cause: Cause
    accounts: int
    person: str


def places_of(session: Session, account_ids: Collection[UUID]) -> dict[UUID, Place]:
    """Where each of these accounts is."""
    rows = session.execute(
        select(col(AccountRow.id), col(AccountRow.platform), col(AccountRow.server)).where(
            col(AccountRow.id).in_(account_ids)
        )
    )
    return {
        account_id: Place(platform=platform, server=server) for account_id, platform, server in rows
    }


def census(session: Session, place: Place) -> Census:
    """How a place stands; its watched links are counted only as far as it matters."""
    silent = session.execute(
        of_links(func.count()).where(_SILENT, at_place(place), WATCHED)
    ).scalar_one()
    some = (
        of_links(col(LinkRow.id)).where(at_place(place), WATCHED).limit(2 * silent + 1).subquery()
    )
    watched = session.execute(select(func.count()).select_from(some)).scalar_one()
    return Census(watched=watched, silent=silent)


def answers_of(session: Session, incident: Incident, *, now: datetime) -> Answers:
    """How the place of an outage answers; everybody, when it is our own network."""
    everywhere = incident.kind is IncidentKind.OFFLINE
    silent = of_links(col(LinkRow.id)).where(_SILENT, WATCHED).limit(1)
    if not everywhere:
        silent = silent.where(at_place(incident.place))
    tried = healed_for_long(incident.healing_since, now) and not everywhere
    return Answers(
        any_silent=session.execute(silent).first() is not None,
        answered_lately=everywhere and _answered_lately(session, now),
        census=census(session, incident.place) if tried else None,
    )


def count_silent(session: Session) -> int:
    """All links that get no answer, wherever they are."""
    found = session.execute(of_links(func.count()).where(_SILENT, WATCHED))
    return int(found.scalar_one())


def watched_platforms(session: Session) -> int:
    """How many platforms have a link that is watched."""
    found = of_links(col(AccountRow.platform)).where(WATCHED).distinct().subquery()
    return int(session.execute(select(func.count()).select_from(found)).scalar_one())


def anybody_answers(session: Session) -> bool:
    """Whether any link was answered when last asked; stops at the first."""
    found = session.execute(
        of_links(col(LinkRow.id)).where(col(LinkRow.silent_since).is_(None), WATCHED).limit(1)
    )
    return found.first() is not None


def _answered_lately(session: Session, now: datetime) -> bool:
    """Whether anybody asked in the last two minutes was answered: few, also when nobody is."""
    found = session.execute(
        of_links(col(LinkRow.id))
        .where(
            col(LinkRow.checked_at) >= now - _LATELY,
            col(LinkRow.silent_since).is_(None),
            WATCHED,
        )
        .limit(1)
    )
    return found.first() is not None


def frequent_cause(session: Session, place: Place | None, states: Collection[str]) -> Cause | None:
    """The most frequent cause among the watched links of a place (None: of all) in these states."""
    times = func.count()
    query = (
        of_links(col(LinkRow.cause))
        .where(WATCHED, col(LinkRow.state).in_(states), col(LinkRow.cause) != "")
        .group_by(col(LinkRow.cause))
        .order_by(times.desc(), col(LinkRow.cause))
        .limit(1)
    )
    found = session.execute(query if place is None else query.where(at_place(place))).scalar()
    return Cause(found) if found else None


def unreachable_accounts(session: Session, place: Place | None) -> list[UUID]:
    """The accounts of a place (None: of all) whose patience is used up."""
    query = of_links(col(AccountRow.id)).where(
        WATCHED, col(LinkRow.state) == LinkState.UNREACHABLE.value
    )
    return list(session.execute(query if place is None else query.where(at_place(place))).scalars())


def caught_accounts(session: Session, incident: Incident, *, since: datetime) -> list[UUID]:
    """The accounts that came into the trouble of an incident after that instant, and still are."""
    query = of_links(col(AccountRow.id)).where(*_caught_since(incident, since))
    return list(session.execute(query).scalars())


def count_caught(
    session: Session, incident: Incident, *, since: datetime, asked_since: datetime | None
) -> tuple[int, int]:
    """How many they are, and how many of them were not asked after `asked_since`."""
    unasked = col(LinkRow.checked_at) < asked_since if asked_since else col(LinkRow.id).is_not(None)
    row = session.execute(
        of_links(func.count(), func.count().filter(unasked)).where(*_caught_since(incident, since))
    ).one()
    return row[0], row[1]


def _caught_since(incident: Incident, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        WATCHED,
        at_place(incident.place),
        col(LinkRow.state).in_([state.value for state in CAUGHT[incident.kind]]),
        col(LinkRow.since) >= since,
    )


def refusals(
    session: Session, place: Place, kind: IncidentKind, *, since: datetime, now: datetime
) -> Refusals:
    """How people stand at a place where the first of them was refused (see `kind`) at `since`."""
    refused_now, others = _verdicts(kind, now)
    latest = session.execute(
        _with_person(_PERSON, refused_now)
        .where(
            WATCHED,
            at_place(place),
            col(LinkRow.checked_at) >= since,
            col(LinkRow.silent_since).is_(None),
            refused_now | col(LinkRow.state).in_(others),
        )
        .order_by(col(LinkRow.checked_at).desc(), refused_now)
        .limit(_LATEST)
    )
    refused, accepted = sample((person, bool(no)) for person, no in latest)
    newly = session.execute(
        _with_person(func.count(func.distinct(_PERSON))).where(
            WATCHED, at_place(place), refused_now, col(LinkRow.since) >= now - WITHIN
        )
    ).scalar_one()
    asked = refused + accepted
    few = newly < FEWEST_PEOPLE <= asked  # then it is nothing, however many others there are
    watched = asked if few else _count_people(session, place, most=2 * max(newly, refused) + 1)
    return Refusals(refused=refused, accepted=accepted, newly_refused=newly, watched=watched)


def _verdicts(kind: IncidentKind, now: datetime) -> tuple[ColumnElement[bool], list[str]]:
    """Which links speak against a place, and the states of those that speak for it.

    What a link lacked for long it says no more: it is neither. A silence in between gives it a new
    `since`, but not a new beginning of its trouble.
    """
    if kind is IncidentKind.REFUSED:
        return col(LinkRow.state).in_(REFUSED), ANSWERED
    lost = and_(
        col(LinkRow.state) == LinkState.LIMITED.value,
        col(LinkRow.since) >= now - WITHIN,
        col(LinkRow.troubled_since) >= now - LONGEST,
    )
    return lost, [state.value for state in WORKS]


def _count_people(session: Session, place: Place, *, most: int) -> int:
    some = _with_person(_PERSON).where(WATCHED, at_place(place)).distinct().limit(most).subquery()
    return int(session.execute(select(func.count()).select_from(some)).scalar_one())


def app_is_refused(session: Session, place: Place) -> bool:
    """Whether the place refuses our own registration."""
    found = session.execute(
        select(col(AppRow.id)).where(
            col(AppRow.platform) == place.platform,
            col(AppRow.server) == place.server,
            col(AppRow.problem) != "",
        )
    )
    return found.first() is not None


def broken_together(session: Session, grant_ids: Collection[UUID]) -> list[Broken]:
    """The log-ins on which two or more accounts are in trouble for one cause."""
    together = (
        col(LinkRow.grant_id),
        col(AccountRow.platform),
        col(AccountRow.server),
        col(LinkRow.cause),
        col(GrantRow.subject_name),
    )
    rows = session.execute(
        _with_person(*together, func.count())
        .where(
            col(LinkRow.grant_id).in_(grant_ids),
            col(AccountRow.removed_at).is_(None),
            col(LinkRow.state).in_([*REFUSED, LinkState.LIMITED.value]),
            col(LinkRow.cause) != "",
        )
        .group_by(*together)
        .having(func.count() > 1)
    )
    return [
        Broken(
            grant_id=grant_id,
            place=Place(platform=platform, server=server),
            cause=Cause(cause),
            accounts=number,
            person=person,
        )
        for grant_id, platform, server, cause, person, number in rows
        if grant_id is not None
    ]


def grants_in_trouble(
    session: Session, grant_ids: Collection[UUID]
) -> frozenset[tuple[UUID, bool]]:
    """Those of the log-ins with accounts in trouble, and whether these lack something (or more)."""
    rows = session.execute(
        of_links(col(LinkRow.grant_id), col(LinkRow.state))
        .where(
            col(LinkRow.grant_id).in_(grant_ids),
            col(AccountRow.removed_at).is_(None),
            col(LinkRow.state).in_([*REFUSED, LinkState.LIMITED.value]),
        )
        .distinct()
    )
    return frozenset((one, state == LinkState.LIMITED.value) for one, state in rows if one)


def grants_of(session: Session, account_ids: Collection[UUID]) -> frozenset[UUID]:
    """The log-ins that these accounts hang on."""
    rows = session.execute(
        select(col(LinkRow.grant_id)).where(col(LinkRow.account_id).in_(account_ids))
    ).scalars()
    return frozenset(one for one in rows if one is not None)


def at_place(place: Place) -> ColumnElement[bool]:
    """Accounts of this place."""
    return and_(col(AccountRow.platform) == place.platform, col(AccountRow.server) == place.server)


def of_links(*columns: Any) -> Select[Any]:
    """Columns of links and their accounts."""
    return (
        select(*columns)
        .select_from(LinkRow)
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
    )


def _with_person(*columns: Any) -> Select[Any]:
    return of_links(*columns).join(GrantRow, col(GrantRow.id) == col(LinkRow.grant_id))
