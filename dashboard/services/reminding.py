"""Reminders 7 and 2 days before a link must be renewed; a renewal leaves nothing to remind of.

They are events like all others, so they are gathered into one mail per person. Safe to run at any
time and anywhere.
"""

from dashboard.db.engine import UnitOfWork
from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.reminders import claim_reminders, due_reminders
from dashboard.services.ports import Tools


def remind_due(tools: Tools) -> int:
    """Store an event for each reminder that is due; returns how many."""
    now = tools.now()
    with tools.database.reading() as session:
        due = due_reminders(session, now=now)
    if not due:
        return 0

    def remind(unit: UnitOfWork) -> int:
        claimed = claim_reminders(unit, due, now=now)
        for account_id, renew_by in claimed:
            add_event(
                unit,
                NewEvent(
                    at=now,
                    kind=EventKind.RENEWAL_NEAR,
                    account_id=account_id,
                    data={"renew_by": renew_by.isoformat()},
                ),
            )
        return len(claimed)

    return tools.database.write(remind)
