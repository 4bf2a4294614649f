"""The second half of linking: which of the accounts that a log-in reaches, for which roles."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from dashboard.db.accounts import (
    find_by_identity,
    give_roles_access,
    insert_account,
    is_reachable,
    mark_restored,
    replace_grant,
    replace_health,
)
from dashboard.db.apps import find_app
from dashboard.db.attempts import Attempt, Phase, find_attempt, move_attempt
from dashboard.db.audit import add_audit
from dashboard.db.credentials import retire_grant
from dashboard.db.engine import UnitOfWork
from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.health import change_json
from dashboard.db.roles import find_roles
from dashboard.domain.accounts import Account
from dashboard.domain.checks import CheckOutcome, Refused, Works
from dashboard.domain.errors import InvalidInputError, NotAllowedError, NotFoundError
from dashboard.domain.links import Identity, LinkHealth
from dashboard.domain.silence import silent
from dashboard.domain.states import LinkState
from dashboard.domain.team import Actor, Right, Role, RoleId, Viewer
from dashboard.domain.transitions import advance, relinked
from dashboard.domain.wire import NoAnswerError
from dashboard.platforms.protocol import Granted
from dashboard.services.grants import store_grant
from dashboard.services.linking import platform_named
from dashboard.services.log_ins import Browser
from dashboard.services.pacing import for_person
from dashboard.services.ports import Tools
from dashboard.services.relinking import heal_siblings, open_result
from dashboard.services.rules import patience


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One account on the picking page and whether it is linked here already.

    `already` is "" for a new one, "linked" when it is in Linkkeeper, "removed" when it was removed
    and comes back with its publications, "hidden" when the viewer's role has no access to it.
    """

    identity: Identity
    already: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a log-in reached, waiting for a person's choice."""

    attempt_id: UUID
    platform: str
    person: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What linking did: `linked` new or brought back, `refused` with their names.

    `not_allowed` are plain names of what the person did not allow, each once.
    """

    linked: tuple[UUID, ...]
    refused: tuple[str, ...]
    not_allowed: tuple[str, ...] = ()


def offer(tools: Tools, viewer: Viewer, browser: Browser, attempt_id: UUID) -> Offer:
    """What can be picked. Raises NotFoundError when nothing waits for this browser."""
    attempt = _waiting(tools, viewer, browser, attempt_id)
    granted = open_result(tools, attempt)
    with tools.database.reading() as session:
        choices = []
        for identity in granted.identities:
            known = find_by_identity(
                session,
                platform=attempt.platform,
                server=attempt.server,
                remote_id=identity.remote_id,
            )
            seen = known is not None and is_reachable(session, viewer, known.id)
            choices.append(Choice(identity=identity, already=_already(known, seen=seen)))
    return Offer(
        attempt_id=attempt.id,
        platform=attempt.platform,
        person=granted.subject.name,
        choices=tuple(choices),
    )


def pick(
    tools: Tools,
    viewer: Viewer,
    browser: Browser,
    actor: Actor,
    attempt_id: UUID,
    *,
    remote_ids: Sequence[str],
    role_ids: Sequence[UUID],
) -> Picked:
    """Link the picked accounts; each is first proven by a real read.

    Raises InvalidInputError when nothing or something else was picked, NotFoundError when the
    attempt is over. A double click links once.
    """
    attempt = _waiting(tools, viewer, browser, attempt_id)
    granted = open_result(tools, attempt)
    wanted = [identity for identity in granted.identities if identity.remote_id in set(remote_ids)]
    if not wanted or len(wanted) != len(set(remote_ids)):
        raise InvalidInputError("accounts", "Pick at least one account from the list.")
    roles = _roles(tools, viewer, role_ids)
    proofs = tools.http.run(_prove_all(tools, attempt, granted, wanted))
    good = [
        (identity, proof)
        for identity, proof in zip(wanted, proofs, strict=True)
        if not isinstance(proof, Refused)
    ]
    with tools.database.writing() as unit:
        if not move_attempt(unit, attempt.id, old=Phase.PICKING, new=Phase.DONE, result=b""):
            raise NotFoundError("log-in under way")
        linked = _link(tools, unit, viewer, attempt, granted, good, roles) if good else {}
        for account_id in linked.values():
            add_audit(
                unit, at=tools.now(), actor=actor, action="link", target=f"account {account_id}"
            )
        unit.after_commit(lambda: tools.jobs.hint("check_due"))
        for account_id in linked.values():
            unit.after_commit(_sync_hint(tools, account_id))
    return Picked(
        linked=tuple(linked.values()),
        refused=tuple(identity.name for identity in wanted if identity.remote_id not in linked),
        not_allowed=_not_allowed([proof for one, proof in good if one.remote_id in linked]),
    )


def _not_allowed(proofs: Sequence[CheckOutcome]) -> tuple[str, ...]:
    missing = (item for proof in proofs if isinstance(proof, Works) for item in proof.missing)
    return tuple(dict.fromkeys(item.label or item.what for item in missing))


def roles_on_offer(tools: Tools) -> list[Role]:
    """All roles: whoever links an account says who may use it."""
    with tools.database.reading() as session:
        return find_roles(session)


async def _prove_all(
    tools: Tools, attempt: Attempt, granted: Granted, wanted: Sequence[Identity]
) -> list[CheckOutcome]:
    app = None
    if attempt.app_id is not None:
        with tools.database.reading() as session:
            app = find_app(session, tools.cipher, attempt.app_id)
    platform = platform_named(tools, attempt.platform)

    http = for_person(tools, attempt.platform, attempt.server)

    async def one(identity: Identity) -> CheckOutcome:
        try:
            return await platform.check(http, app, granted.credential, identity)
        except NoAnswerError as silence:
            return silent(silence)

    return list(await asyncio.gather(*(one(identity) for identity in wanted)))


def _link(
    tools: Tools,
    unit: UnitOfWork,
    viewer: Viewer,
    attempt: Attempt,
    granted: Granted,
    good: Sequence[tuple[Identity, CheckOutcome]],
    roles: list[UUID],
) -> dict[str, UUID]:
    """The accounts that are linked now, by their identity."""
    grant_id = store_grant(tools, unit, attempt, granted)
    linked: dict[str, UUID] = {}
    given_up: set[UUID] = set()
    for identity, proof in good:
        account = _known_or_new(tools, unit, attempt, identity, grant_id)
        if not _is_new(account, grant_id) and not is_reachable(unit, viewer, account.id):
            continue  # somebody else's: proving to own it at the platform gives no access here
        if _is_linked_elsewise(account, grant_id) and not isinstance(proof, Works):
            continue  # what is there is replaced only by what has been proven
        _settle_in(tools, unit, viewer, account, grant_id, proof)
        give_roles_access(unit, account.id, roles)
        linked[identity.remote_id] = account.id
        if account.grant_id is not None and account.grant_id != grant_id:
            given_up.add(account.grant_id)
    for old in sorted(given_up):
        # Others that the same old log-in lost are healed along, picked or not: they lose nothing.
        heal_siblings(unit, old, granted, grant_id, tools.now(), only_refused=True)
        retire_grant(unit, old, revoke=False)
    if not linked:
        retire_grant(unit, grant_id, revoke=False)
    return linked


def _is_linked_elsewise(account: Account, grant_id: UUID) -> bool:
    """Whether the account has a consent of its own already, which may well work."""
    return account.removed_at is None and account.grant_id not in {None, grant_id}


def _is_new(account: Account, grant_id: UUID) -> bool:
    """Whether the account came in by this very log-in."""
    return account.grant_id == grant_id


def _known_or_new(
    tools: Tools, unit: UnitOfWork, attempt: Attempt, identity: Identity, grant_id: UUID
) -> Account:
    place = {"platform": attempt.platform, "server": attempt.server}
    known = find_by_identity(unit, **place, remote_id=identity.remote_id)
    if known is not None:
        return known
    insert_account(
        unit,
        **place,
        identity=identity,
        grant_id=grant_id,
        linked_by=attempt.user_id,
        now=tools.now(),
    )
    fresh = find_by_identity(unit, **place, remote_id=identity.remote_id)
    if fresh is None:  # pragma: no cover  # it was inserted just above
        raise AssertionError
    return fresh


def _settle_in(
    tools: Tools,
    unit: UnitOfWork,
    viewer: Viewer,
    account: Account,
    grant_id: UUID,
    proof: CheckOutcome,
) -> None:
    """Give the account its consent and first state; one that was removed comes back whole."""
    now = tools.now()
    if account.removed_at is not None:
        mark_restored(unit, account.id, next_sync_at=now)
    fresh = LinkHealth(state=LinkState.NEW, since=now)
    new = _is_new(account, grant_id)
    if isinstance(proof, Works) and not new:
        health, change = relinked(account.health, proof, now=now, patience=patience(tools.settings))
    else:
        health, change = advance(fresh, proof, now=now, patience=patience(tools.settings))
    next_check_at = now + tools.settings.check_every
    if new:
        replace_health(unit, account, health=health, next_check_at=next_check_at)
    else:
        replace_grant(
            unit,
            account,
            grant_id=grant_id,
            health=health,
            next_check_at=next_check_at,
            linked_by=viewer.user_id,
            now=now,
        )
        if account.grant_id is not None:
            retire_grant(unit, account.grant_id, revoke=False)
    kind = EventKind.LINKED if new else EventKind.RELINKED
    event = NewEvent(at=now, kind=kind, account_id=account.id, actor_id=viewer.user_id)
    add_event(unit, event)
    if change is not None:
        add_event(unit, replace(event, kind=EventKind.LINK_STATE, data=change_json(change)))


def _roles(tools: Tools, viewer: Viewer, role_ids: Sequence[UUID]) -> list[UUID]:
    """The roles to give access; the viewer's own is always among them, or he would lose sight."""
    with tools.database.reading() as session:
        roles = {role.id: role for role in find_roles(session)}
    if any(RoleId(role_id) not in roles for role_id in role_ids):
        raise InvalidInputError("roles", "Pick roles from the list.")
    chosen = {*role_ids, viewer.role_id}
    return [role_id for role_id in chosen if not roles[RoleId(role_id)].all_accounts]


def _waiting(tools: Tools, viewer: Viewer, browser: Browser, attempt_id: UUID) -> Attempt:
    if not viewer.may(Right.LINK):
        raise NotAllowedError("Your role may not link or relink accounts.")
    with tools.database.reading() as session:
        attempt = find_attempt(
            session,
            attempt_id,
            user_id=viewer.user_id,
            session_hash=browser.session_hash,
            now=tools.now(),
        )
    if attempt is None or attempt.phase is not Phase.PICKING:
        raise NotFoundError("log-in under way")
    return attempt


def _already(known: Account | None, *, seen: bool) -> str:
    if known is None:
        return ""
    if not seen:
        return "hidden"
    return "removed" if known.removed_at is not None else "linked"


def _sync_hint(tools: Tools, account_id: UUID) -> Callable[[], bool]:
    return lambda: tools.jobs.hint("sync_account", str(account_id))
