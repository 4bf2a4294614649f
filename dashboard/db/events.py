"""Facts, written in the transaction that made them true (R52); read by history and notices."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from dashboard.db.tables import EventRow


class EventKind(StrEnum):
    """What happened. `link_state` carries `db.health.change_json` as its data."""

    LINK_STATE = "link_state"
    RENEWAL_NEAR = "renewal_near"  # a date to renew by is 7 or 2 days away
    LINKED = "linked"
    RELINKED = "relinked"
    REMOVED = "removed"
    RESTORED = "restored"
    SYNCED = "synced"
    PLATFORM_INCIDENT = "platform_incident"  # told by the incident's own notice, never by itself
    SETUP_TROUBLE = "setup_trouble"  # of this installation: a registration refused, a key missing
    SETTINGS_CHANGED = "settings_changed"
    INVITED = "invited"
    PASSWORD_WANTED = "password_wanted"  # noqa: S105  # a kind of event; no user_id: nobody's


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """`user_id` is the person concerned, `actor_id` who did it (None: Linkkeeper itself)."""

    at: datetime
    kind: EventKind
    account_id: UUID | None = None
    user_id: UUID | None = None
    actor_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)


_TOLD = frozenset({EventKind.LINK_STATE, EventKind.RENEWAL_NEAR, EventKind.SETUP_TROUBLE})
_PERSONAL = frozenset({EventKind.SETTINGS_CHANGED, EventKind.INVITED, EventKind.PASSWORD_WANTED})


def add_event(session: Session, event: NewEvent) -> int:
    """Store it and return its number; what is told to nobody counts as told at once."""
    worth_telling = event.kind in _TOLD or (event.kind in _PERSONAL and event.user_id is not None)
    row = EventRow(
        at=event.at,
        kind=event.kind.value,
        account_id=event.account_id,
        user_id=event.user_id,
        actor_id=event.actor_id,
        data=event.data,
        told=not worth_telling,
    )
    session.add(row)
    session.flush()
    if row.seq is None:  # pragma: no cover  # the database numbers every row
        raise AssertionError
    return row.seq
