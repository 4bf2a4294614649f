"""The second half of a relink: same account? proven? then, and only then, the new replaces the old.

It is never worse than before: whatever is wrong with the new log-in, the old link stays as it was.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from dashboard.db.accounts import (
    accounts_of_grant,
    find_account,
    move_to_grant,
    replace_grant,
    update_identity,
)
from dashboard.db.apps import find_app
from dashboard.db.attempts import Attempt, Phase, find_attempt, move_attempt
from dashboard.db.audit import add_audit
from dashboard.db.credentials import retire_grant
from dashboard.db.engine import UnitOfWork
from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.health import change_json
from dashboard.domain.accounts import Account
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, CheckOutcome, NoAnswer, Refused, Works
from dashboard.domain.errors import ConflictError, NotFoundError
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.links import Identity
from dashboard.domain.silence import silent
from dashboard.domain.states import LinkState
from dashboard.domain.team import Actor, Viewer
from dashboard.domain.transitions import relinked
from dashboard.domain.wire import NoAnswerError
from dashboard.platforms.protocol import Granted
from dashboard.services.grants import store_grant, unpack_granted
from dashboard.services.linking import platform_named
from dashboard.services.log_ins import Browser
from dashboard.services.pacing import for_person
from dashboard.services.ports import Tools
from dashboard.services.rules import patience

_WORKING = frozenset({LinkState.HEALTHY, LinkState.EXPIRING, LinkState.LIMITED})


class Settled(StrEnum):
    """How a relink ended; only `DONE` changed anything."""

    DONE = "done"
    WRONG_IDENTITY = "wrong_identity"
    LOSES_PERMISSIONS = "loses_permissions"
    NOT_PROVEN = "not_proven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The end of a relink as a page shows it.

    `found` are the accounts that the new log-in reaches; `missing` are plain names of permissions;
    `cause` says why the proof failed; `siblings` are accounts healed along with this one.
    """

    attempt_id: UUID
    account: Account
    settled: Settled
    found: tuple[Identity, ...] = ()
    missing: tuple[str, ...] = ()
    cause: Cause | None = None
    siblings: tuple[str, ...] = ()


def settle(
    tools: Tools, viewer: Viewer, browser: Browser, actor: Actor, attempt_id: UUID
) -> Settlement:
    """Decide a relink that came back. May be called again: the first decision stands.

    Raises NotFoundError when the attempt is not this browser's, ConflictError when somebody else
    relinked the same account in the meantime.
    """
    attempt, account = _read(tools, viewer, browser, attempt_id)
    if attempt.phase is not Phase.PICKING or attempt.outcome:
        return _decided(attempt, account)
    granted = open_result(tools, attempt)
    same = next(
        (who for who in granted.identities if who.remote_id == account.identity.remote_id), None
    )
    if same is None:
        return _remember(
            tools,
            attempt,
            account,
            Phase.PICKING,
            settled=Settled.WRONG_IDENTITY,
            found=[asdict(identity) for identity in granted.identities],
        )
    outcome = prove(tools, attempt, granted, same)
    if not isinstance(outcome, Works):
        cause = outcome.cause if isinstance(outcome, (Refused, Blocked, NoAnswer)) else None
        return _remember(
            tools,
            attempt,
            account,
            Phase.FAILED,
            settled=Settled.NOT_PROVEN,
            cause=cause.value if cause else "",
        )
    lost = _lost(account, outcome)
    if lost:
        return _remember(
            tools, attempt, account, Phase.FAILED, settled=Settled.LOSES_PERMISSIONS, missing=lost
        )
    return _replace(tools, attempt, account, granted, same, outcome, actor)


def look_back(tools: Tools, viewer: Viewer, browser: Browser, attempt_id: UUID) -> Settlement:
    """How a relink ended, for its page; asks nobody. Raises NotFoundError before the end."""
    attempt, account = _read(tools, viewer, browser, attempt_id)
    return _decided(attempt, account)


def open_result(tools: Tools, attempt: Attempt) -> Granted:
    """What the log-in brought, while its attempt waits for a decision."""
    return unpack_granted(
        tools.cipher.open(attempt.result, table="attempts", row=str(attempt.id), column="result")
    )


def prove(tools: Tools, attempt: Attempt, granted: Granted, identity: Identity) -> CheckOutcome:
    """Ask the platform once with the new credential; silence is an outcome too."""
    app = None
    if attempt.app_id is not None:
        with tools.database.reading() as session:
            app = find_app(session, tools.cipher, attempt.app_id)
    platform = platform_named(tools, attempt.platform)
    try:
        http = for_person(tools, attempt.platform, attempt.server)
        return tools.http.run(platform.check(http, app, granted.credential, identity))
    except NoAnswerError as silence:
        return silent(silence)


def _lost(account: Account, outcome: Works) -> list[str]:
    """Permissions that a working link has and the new log-in lacks: that would be worse."""
    if account.health.state not in _WORKING:
        return []
    before = {(item.capability, item.what) for item in account.health.missing}
    return [
        item.label or item.what
        for item in outcome.missing
        if (item.capability, item.what) not in before
    ]


def _replace(
    tools: Tools,
    attempt: Attempt,
    account: Account,
    granted: Granted,
    same: Identity,
    outcome: Works,
    actor: Actor,
) -> Settlement:
    """Put the new consent in the place of the old one, all at once or not at all."""
    now = tools.now()
    health, change = relinked(account.health, outcome, now=now, patience=patience(tools.settings))
    with tools.database.writing() as unit:
        grant_id = store_grant(tools, unit, attempt, granted)
        replaced = replace_grant(
            unit,
            account,
            grant_id=grant_id,
            health=health,
            next_check_at=now + tools.settings.check_every,
            linked_by=attempt.user_id,
            now=now,
        )
        if not replaced:
            raise ConflictError("Somebody else changed this link at the same moment. Look again.")
        update_identity(unit, account.id, same)
        siblings = heal_siblings(unit, account.grant_id, granted, grant_id, now)
        if account.grant_id is not None:
            retire_grant(unit, account.grant_id, revoke=False)
        _record(unit, attempt, account, change, siblings, now)
        add_audit(unit, at=now, actor=actor, action="relink", target=f"account {account.id}")
        details: dict[str, Any] = {
            "settled": Settled.DONE.value,
            "siblings": siblings,
            "missing": [item.label or item.what for item in outcome.missing],
        }
        move_attempt(
            unit, attempt.id, old=Phase.PICKING, new=Phase.DONE, result=b"", outcome=details
        )
        unit.after_commit(lambda: tools.jobs.hint("check_due"))
        unit.after_commit(lambda: tools.jobs.hint("sync_account", str(account.id)))
    return _settlement(attempt.id, account, details)


def _record(
    unit: UnitOfWork,
    attempt: Attempt,
    account: Account,
    change: LinkStateChanged | None,
    siblings: list[str],
    now: datetime,
) -> None:
    """Write who relinked, and the change of state from which people are told."""
    event = NewEvent(
        at=now,
        kind=EventKind.RELINKED,
        account_id=account.id,
        actor_id=attempt.user_id,
        data={"siblings": siblings, "cause": account.health.cause or ""},
    )
    add_event(unit, event)
    if change is not None:
        add_event(unit, replace(event, kind=EventKind.LINK_STATE, data=change_json(change)))


def heal_siblings(
    unit: UnitOfWork,
    old_grant: UUID | None,
    granted: Granted,
    grant_id: UUID,
    now: datetime,
    *,
    only_refused: bool = False,
) -> list[str]:
    """Accounts of the same old consent that the new log-in reaches hang on it from now on.

    Their state is not guessed: each is checked at once and heals by its own real read. Returns
    their names.
    """
    if old_grant is None:
        return []
    reached = {identity.remote_id for identity in granted.identities}
    healed = []
    for sibling in accounts_of_grant(unit, old_grant):
        works = only_refused and sibling.health.state is not LinkState.EXPIRED
        if works or sibling.identity.remote_id not in reached:
            continue
        paused = sibling.health.state is LinkState.PAUSED
        moved = move_to_grant(
            unit, sibling, grant_id=grant_id, next_check_at=None if paused else now
        )
        if moved:
            healed.append(sibling.name)
    return healed


def _read(
    tools: Tools, viewer: Viewer, browser: Browser, attempt_id: UUID
) -> tuple[Attempt, Account]:
    with tools.database.reading() as session:
        attempt = find_attempt(
            session,
            attempt_id,
            user_id=viewer.user_id,
            session_hash=browser.session_hash,
            now=tools.now(),
        )
        if attempt is None or attempt.account_id is None:
            raise NotFoundError("log-in under way")
        account = find_account(session, viewer, attempt.account_id)
    if account is None:
        raise NotFoundError("account")
    return attempt, account


def _remember(
    tools: Tools, attempt: Attempt, account: Account, phase: Phase, **details: Any
) -> Settlement:
    """Keep how it ended, so that a reload shows the same page and asks nobody again."""
    with tools.database.writing() as unit:
        result = None if phase is Phase.PICKING else b""
        move_attempt(unit, attempt.id, old=Phase.PICKING, new=phase, result=result, outcome=details)
    return _settlement(attempt.id, account, details)


def _decided(attempt: Attempt, account: Account) -> Settlement:
    if "settled" not in attempt.outcome:
        raise NotFoundError("log-in under way")
    return _settlement(attempt.id, account, attempt.outcome)


def _settlement(attempt_id: UUID, account: Account, details: dict[str, Any]) -> Settlement:
    cause = details.get("cause")
    return Settlement(
        attempt_id=attempt_id,
        account=account,
        settled=Settled(details["settled"]),
        found=tuple(Identity(**identity) for identity in details.get("found", ())),
        missing=tuple(details.get("missing", ())),
        cause=Cause(cause) if cause else None,
        siblings=tuple(details.get("siblings", ())),
    )
