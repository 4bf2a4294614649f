"""Numbers that only grow. `links` grows with every change of a link that a viewer can see.

Raising it takes the row's lock until the commit, so a poll that saw value n has seen every change
up to n: nothing slips in behind it.
"""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from dashboard.db.tables import CounterRow

LINKS = "links"

# One statement, or two who raise a counter for the first time would both insert it.
_RAISE = text(
    "INSERT INTO counters (name, value) VALUES (:name, 1) "
    "ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value"
)


def raise_counter(session: Session, name: str = LINKS) -> int:
    """Add one and return the new value; call it late in a transaction, it holds a lock."""
    return int(session.execute(_RAISE, {"name": name}).scalar_one())


def read_counter(session: Session, name: str = LINKS) -> int:
    """The present value; 0 before the first change."""
    found = session.execute(
        select(CounterRow.value).where(CounterRow.name == name)  # type: ignore[call-overload]
    ).scalar_one_or_none()
    return int(found or 0)
