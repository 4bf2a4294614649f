"""Numbers that only grow. `links` grows with every change of a link that a viewer can see.

Raising it takes the row's lock until the commit, so a poll that saw value n has seen every change
up to n: nothing slips in behind it.
"""

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from dashboard.db.tables import CounterRow

LINKS = "links"


def raise_counter(session: Session, name: str = LINKS) -> int:
    """Add one and return the new value; call it late in a transaction, it holds a lock."""
    raised = session.execute(
        update(CounterRow)
        .where(CounterRow.name == name)  # type: ignore[arg-type]
        .values(value=CounterRow.value + 1)
        .returning(CounterRow.value)  # type: ignore[call-overload]
    ).scalar_one_or_none()
    if raised is None:
        session.execute(insert(CounterRow).values(name=name, value=1))
        return 1
    return int(raised)


def read_counter(session: Session, name: str = LINKS) -> int:
    """The present value; 0 before the first change."""
    found = session.execute(
        select(CounterRow.value).where(CounterRow.name == name)  # type: ignore[call-overload]
    ).scalar_one_or_none()
    return int(found or 0)
