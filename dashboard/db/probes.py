"""What the health endpoints ask the database; each answer says something, and nothing in detail."""

from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.counters import raise_counter
from dashboard.db.tables import AccountRow, LinkRow
from dashboard.domain.states import LinkState

_PROBE = "probe"


def write_something(session: Session) -> None:
    """A write that is felt by the disk but by nobody else."""
    raise_counter(session, _PROBE)


def accounts_by_state(session: Session) -> dict[LinkState, int]:
    """How many accounts are in which state; removed ones do not count."""
    rows = session.execute(
        select(col(LinkRow.state), func.count())
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
        .where(col(AccountRow.removed_at).is_(None))
        .group_by(col(LinkRow.state))
    )
    found = Counter({LinkState(state): count for state, count in rows})
    return {state: found[state] for state in LinkState}
