"""Removing an account: the loss in numbers first, the way back for 30 days after.

Nothing is deleted at once. The access to the platform is given back as soon as no other account
hangs on it (R38); publications go when the 30 days are over.
"""

from datetime import timedelta
from uuid import UUID

from dashboard.db.accounts import (
    find_account,
    find_removed,
    mark_removed,
    mark_restored,
    release_grant,
    replace_health,
)
from dashboard.db.audit import add_audit
from dashboard.db.credentials import retire_grant
from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.purge import accounts_to_purge, count_loss, purge_account
from dashboard.domain.accounts import Account
from dashboard.domain.calendar import Loss
from dashboard.domain.causes import Cause
from dashboard.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from dashboard.domain.links import LinkHealth
from dashboard.domain.states import LinkState
from dashboard.domain.team import Actor, Right, Viewer
from dashboard.services.ports import Tools

UNDO_FOR = timedelta(days=30)


def loss(tools: Tools, viewer: Viewer, account_id: UUID) -> tuple[Account, Loss]:
    """What would be lost. Raises NotFoundError, or NotAllowedError without the right to remove."""
    account = _removable(tools, viewer, account_id)
    with tools.database.reading() as session:
        return account, count_loss(session, account_id, now=tools.now())


def remove(tools: Tools, viewer: Viewer, actor: Actor, account_id: UUID, typed_name: str) -> None:
    """Take an account out of sight; it can be brought back for 30 days.

    Raises InvalidInputError when the typed name is not the account's, ConflictError when it was
    removed or changed at the same moment.
    """
    account = _removable(tools, viewer, account_id)
    if " ".join(typed_name.split()).casefold() != " ".join(account.name.split()).casefold():
        raise InvalidInputError("name", f"Type the name exactly: {account.name}")
    now = tools.now()
    with tools.database.writing() as unit:
        numbers = count_loss(unit, account_id, now=now)
        gone = LinkHealth(state=LinkState.EXPIRED, since=now, cause=Cause.REMOVED_HERE)
        done = mark_removed(
            unit, account_id, now=now, purge_at=now + UNDO_FOR, by=viewer.user_id
        ) and replace_health(unit, account, health=gone, next_check_at=None)
        if not done:
            raise ConflictError("Somebody else changed this account at the same moment.")
        release_grant(unit, account)
        if account.grant_id is not None:
            retire_grant(unit, account.grant_id, revoke=True)
        add_event(
            unit,
            NewEvent(
                at=now, kind=EventKind.REMOVED, account_id=account_id, actor_id=viewer.user_id
            ),
        )
        add_audit(
            unit,
            at=now,
            actor=actor,
            action="remove",
            target=f"account {account_id}",
            before={"name": account.name, "publications": numbers.total},
        )
        unit.after_commit(lambda: tools.jobs.hint("give_back_access"))


def restore(tools: Tools, viewer: Viewer, actor: Actor, account_id: UUID) -> None:
    """Bring a removed account back with all its publications; its access must be relinked."""
    if not viewer.may(Right.REMOVE):
        raise NotAllowedError("Your role may not remove accounts or bring them back.")
    now = tools.now()
    with tools.database.writing() as unit:
        account = find_removed(unit, viewer, account_id)
        if account is None or not mark_restored(unit, account_id, next_sync_at=None):
            raise NotFoundError("removed account")
        back = LinkHealth(state=LinkState.EXPIRED, since=now, cause=Cause.REMOVED_HERE)
        replace_health(unit, account, health=back, next_check_at=None)
        add_event(
            unit,
            NewEvent(
                at=now, kind=EventKind.RESTORED, account_id=account_id, actor_id=viewer.user_id
            ),
        )
        add_audit(unit, at=now, actor=actor, action="restore", target=f"account {account_id}")


def purge_due(tools: Tools) -> int:
    """Delete for good what was removed more than 30 days ago; returns how many accounts went."""
    now = tools.now()
    with tools.database.reading() as session:
        due = accounts_to_purge(session, now=now)
    for account_id in due:
        with tools.database.writing() as unit:
            purge_account(unit, account_id, now=now)
    return len(due)


def _removable(tools: Tools, viewer: Viewer, account_id: UUID) -> Account:
    with tools.database.reading() as session:
        account = find_account(session, viewer, account_id)
    if account is None:
        raise NotFoundError("account")
    if not viewer.may(Right.REMOVE):
        raise NotAllowedError("Your role may not remove accounts.")
    return account
