"""What the check path does when a link changes its state, as far as telling is concerned."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel import select

from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.health import change_json
from dashboard.db.tables import LinkRow
from dashboard.domain.causes import Cause
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.states import LinkState
from dashboard.services.ports import Tools

T = TypeVar("T")


def happen(
    tools: Tools,
    account_id: UUID,
    old: LinkState,
    new: LinkState,
    *,
    cause: Cause | None = None,
    troubled_since: datetime | None = None,
    renew_by: datetime | None = None,
) -> None:
    """The link is in its new state, and the event says so."""
    now = tools.now()
    change = LinkStateChanged(
        at=now,
        old=old,
        new=new,
        cause=cause,
        troubled_since=troubled_since,
        renew_by=renew_by,
    )
    with tools.database.writing() as unit:
        link = unit.exec(select(LinkRow).where(LinkRow.account_id == account_id)).one()
        link.state = new.value
        link.since = now
        link.cause = cause.value if cause else ""
        link.renew_by = renew_by
        add_event(
            unit,
            NewEvent(
                at=now,
                kind=EventKind.LINK_STATE,
                account_id=account_id,
                data=change_json(change),
            ),
        )


def change_settings(tools: Tools, user_id: UUID, actor_id: UUID | None, *changes: str) -> None:
    """Somebody else changed settings of a person: "Role: Editor -> Viewer"."""
    parsed = []
    for change in changes:
        what, _, values = change.partition(": ")
        before, _, after = values.partition(" -> ")
        parsed.append({"what": what, "before": before, "after": after})
    with tools.database.writing() as unit:
        add_event(
            unit,
            NewEvent(
                at=tools.now(),
                kind=EventKind.SETTINGS_CHANGED,
                user_id=user_id,
                actor_id=actor_id,
                data={"changes": parsed},
            ),
        )


def rows(tools: Tools, table: type[T]) -> list[T]:
    with tools.database.reading() as session:
        return list(session.exec(select(table)).all())
