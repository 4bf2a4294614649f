"""What a person does to a link: check it now, pause it, let it go on."""

from collections.abc import Callable
from uuid import UUID

from dashboard.db.accounts import due_now, find_account, replace_health
from dashboard.db.audit import add_audit
from dashboard.db.engine import UnitOfWork
from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.health import change_json
from dashboard.domain import transitions
from dashboard.domain.accounts import Account
from dashboard.domain.errors import ConflictError, NotAllowedError, NotFoundError
from dashboard.domain.states import LinkState
from dashboard.domain.team import Actor, Right, Viewer
from dashboard.services.ports import Tools


def check_now(tools: Tools, viewer: Viewer, account_id: UUID) -> bool:
    """Put the link at the head of the rota; False when the queue is away and it starts later.

    Raises NotFoundError, NotAllowedError, ConflictError for a paused account.
    """
    with tools.database.writing() as unit:
        account = _steerable(unit, viewer, account_id)
        if account.health.state is LinkState.PAUSED or account.grant_id is None:
            raise ConflictError("This account is paused or has no access: resume or relink it.")
        due_now(unit, account.link_id, now=tools.now())
    return tools.jobs.hint("check_due")


def pause(tools: Tools, viewer: Viewer, actor: Actor, account_id: UUID) -> None:
    """Stop checks and mails; everything stays. Twice is once."""
    _turn(tools, viewer, actor, account_id, "pause")


def resume(tools: Tools, viewer: Viewer, actor: Actor, account_id: UUID) -> None:
    """Go on checking, at once. Twice is once."""
    _turn(tools, viewer, actor, account_id, "resume")
    tools.jobs.hint("check_due")


_TURNS: dict[str, Callable[..., transitions.Step]] = {
    "pause": transitions.pause,
    "resume": transitions.resume,
}


def _turn(tools: Tools, viewer: Viewer, actor: Actor, account_id: UUID, action: str) -> None:
    now = tools.now()
    with tools.database.writing() as unit:
        account = _steerable(unit, viewer, account_id)
        health, change = _TURNS[action](account.health, now=now)
        if change is None:
            return
        rests = health.state is LinkState.PAUSED or account.grant_id is None
        if not replace_health(unit, account, health=health, next_check_at=None if rests else now):
            raise ConflictError("Somebody else changed this link at the same moment. Look again.")
        add_event(
            unit,
            NewEvent(
                at=now,
                kind=EventKind.LINK_STATE,
                account_id=account_id,
                actor_id=viewer.user_id,
                data=change_json(change),
            ),
        )
        add_audit(unit, at=now, actor=actor, action=action, target=f"account {account_id}")


def _steerable(unit: UnitOfWork, viewer: Viewer, account_id: UUID) -> Account:
    account = find_account(unit, viewer, account_id)
    if account is None:
        raise NotFoundError("account")
    if not viewer.may(Right.LINK):
        raise NotAllowedError("Your role may not check, pause or relink accounts.")
    return account
