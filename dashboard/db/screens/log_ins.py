"""Log-ins that ended, or lack a permission: where one relink heals several accounts together."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, true
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import visible
from dashboard.db.health import missing_from
from dashboard.db.tables import AccountRow, GrantRow, LinkRow
from dashboard.domain.causes import Cause
from dashboard.domain.states import LinkState
from dashboard.domain.team import Viewer

_MOST_ENDED = 2_000  # links; beyond that a platform is in trouble, and another hint stands there
_LOG_INS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """One person's log-in on which several of the viewer's accounts hang that wait for a relink.

    `first` is the one whose relink heals the others along with it.
    """

    platform: str
    server: str
    person: str
    cause: Cause
    names: tuple[str, ...]
    first: UUID


def ended_log_ins(
    session: Session, viewer: Viewer, *, account_id: UUID | None = None
) -> tuple[LogIn, ...]:
    """The log-ins that heal several accounts at once, the most first; or that of one account."""
    mine = select(col(LinkRow.grant_id)).where(col(LinkRow.account_id) == account_id)
    name = func.coalesce(func.nullif(col(AccountRow.name), ""), col(AccountRow.handle))
    rows = session.execute(
        _links(
            col(LinkRow.grant_id),
            col(LinkRow.cause),
            col(AccountRow.platform),
            col(AccountRow.server),
            col(GrantRow.subject_name),
            col(AccountRow.id),
            name,
            col(LinkRow.state),
            col(LinkRow.missing),
        )
        .join(GrantRow, col(GrantRow.id) == col(LinkRow.grant_id))
        .where(
            visible(viewer),
            col(LinkRow.state).in_([LinkState.EXPIRED.value, LinkState.LIMITED.value]),
            col(LinkRow.cause) != "",
            true() if account_id is None else col(LinkRow.grant_id).in_(mine),
        )
        .order_by(func.lower(col(AccountRow.name)), col(AccountRow.id))
        .limit(_MOST_ENDED)
    )
    together: dict[tuple[UUID, str], list[Any]] = {}
    for row in rows:
        limited = row[7] == LinkState.LIMITED.value
        if limited and not any(item.by_relink for item in missing_from(row[8])):
            continue
        together.setdefault((row[0], row[1]), []).append(row)
    found = [_log_in(some) for some in together.values() if len(some) > 1]
    return tuple(sorted(found, key=lambda one: -len(one.names))[:_LOG_INS_SHOWN])


def _log_in(rows: list[Any]) -> LogIn:
    _, cause, platform, server, person, first, *_ = rows[0]
    return LogIn(
        platform=platform,
        server=server,
        person=person,
        cause=Cause(cause),
        names=tuple(row[6] for row in rows),
        first=first,
    )


def _links(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(LinkRow)
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
    )
