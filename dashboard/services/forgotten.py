"""A new password for who forgot the old one; nobody learns whether an address belongs to somebody.

Asking only notes it, in one row whoever is asked for, so that it takes the same time (R7). The link
is made later, when the mail is written: it stands in no row and in no queue before.
"""

from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.people import find_login
from dashboard.services.ports import Tools


def request_new_password(tools: Tools, email: str) -> None:
    """Have a link mailed, good for one hour, if the address belongs to a user."""
    with tools.database.reading() as session:
        login = find_login(session, email)
    wanted = NewEvent(
        at=tools.now(),
        kind=EventKind.PASSWORD_WANTED,
        user_id=login.user_id if login else None,
    )
    with tools.database.writing() as unit:
        add_event(unit, wanted)
        unit.after_commit(lambda: tools.jobs.hint("gather_notices"))
