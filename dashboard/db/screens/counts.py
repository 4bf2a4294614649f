"""How many accounts there are of each state and platform, and in which order lists show them.

Mostly nearly all links work. So only the others are looked up, by an index that holds no more than
them, and those that work are what is left of the accounts; and the list goes along the names
instead of sorting them. Both cost hardly more with ten thousand accounts than with ten.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal, select, text, union_all
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import visible
from dashboard.db.tables import AccountRow, LinkRow
from dashboard.domain.states import LinkState
from dashboard.domain.team import Viewer

Count: TypeAlias = tuple[LinkState, str, int]
"""A state, a platform, and how many accounts are both."""

# Word for word as in the index: with a bound value a database would not see that it fits.
NOT_HEALTHY = text("links.state <> 'healthy'")
_NAME = (func.lower(col(AccountRow.name)), col(AccountRow.id))
_URGENCY = case(
    {LinkState.EXPIRED.value: 0, LinkState.BLOCKED.value: 1}, value=col(LinkRow.state), else_=2
)


def count_accounts(
    session: Session, viewer: Viewer, *conditions: ColumnElement[bool]
) -> list[Count]:
    """Those within the role's reach; `conditions` are on accounts. Every account has one link."""
    reached = (visible(viewer), *conditions)
    all_of_them = (
        select(literal("").label("state"), col(AccountRow.platform), func.count())
        .where(*reached)
        .group_by(col(AccountRow.platform))
    )
    others = (
        joined(col(LinkRow.state), col(AccountRow.platform), func.count())
        .where(*reached, NOT_HEALTHY)
        .group_by(col(LinkRow.state), col(AccountRow.platform))
    )
    found: list[Count] = []
    healthy: dict[str, int] = {}
    # One statement, so that both are of the same moment on PostgreSQL, too.
    rows: Any = session.execute(union_all(all_of_them, others))
    for state, platform, number in rows:
        healthy[platform] = healthy.get(platform, 0) + (-number if state else number)
        if state:
            found.append((LinkState(state), platform, number))
    found += [(LinkState.HEALTHY, platform, number) for platform, number in healthy.items()]
    return [count for count in found if count[2]]


def ids_in_order(
    session: Session,
    states: Sequence[LinkState],
    conditions: Sequence[ColumnElement[bool]],
    *,
    limit: int,
    offset: int,
) -> list[UUID]:
    """The accounts whose links are in one of `states`: the most urgent first, then by name."""
    wanted: Select[Any] = joined(col(AccountRow.id)).where(
        *conditions, col(LinkRow.state).in_([state.value for state in states])
    )
    if LinkState.HEALTHY in states:
        wanted = wanted.order_by(*_NAME)
    else:
        wanted = wanted.where(NOT_HEALTHY).order_by(_URGENCY, *_NAME)
    return list(session.execute(wanted.limit(limit).offset(offset)).scalars())


def joined(*columns: Any) -> Select[Any]:
    """Select from the accounts, each with its link."""
    return (
        select(*columns)
        .select_from(AccountRow)
        .join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))
    )
