"""Users and roles, changed by administrators; never down to no administrator at all (R18)."""

from collections.abc import Callable
from uuid import UUID

from dashboard.db.audit import add_audit
from dashboard.db.engine import UnitOfWork
from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.roles import find_roles
from dashboard.db.sessions import end_sessions_of
from dashboard.db.team import (
    RoleFacts,
    UserFacts,
    count_administrators,
    count_users_of,
    delete_role,
    insert_role,
    known_accounts,
    new_role,
    role_facts,
    take_turns,
    user_facts,
    write_role,
    write_user,
)
from dashboard.domain.addresses import email_address, person_name
from dashboard.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from dashboard.domain.team import Actor, Right, Role, Viewer
from dashboard.services.people import NewUser, add_user, invite, invite_by_mail
from dashboard.services.ports import Tools

_NAME_LENGTH = 80
_LAST = "Then nobody could manage users any more. Make somebody else an administrator first."
_FASTER = "Somebody else changed this in the meantime. Look at it again, then change it."


def roles(tools: Tools) -> list[Role]:
    """All roles, by name."""
    with tools.database.reading() as session:
        return find_roles(session)


def create_user(tools: Tools, viewer: Viewer, actor: Actor, new: NewUser) -> tuple[UUID, str]:
    """Add a user; return the id and the one-time link by which he chooses a password.

    Where mail is set up the link is mailed to him instead, and "" returned.
    Raises NotAllowedError, InvalidInputError at "email", "name" or "role_id".
    """
    _only_administrators(viewer)
    if new.role_id not in {role.id for role in roles(tools)}:
        raise InvalidInputError("role_id", "Pick a role from the list.")
    user_id = add_user(tools, new, actor)
    if tools.mailer is None:
        return user_id, invite(tools, user_id, actor)
    invite_by_mail(tools, user_id, actor)
    return user_id, ""


def change_user(
    tools: Tools, viewer: Viewer, actor: Actor, user_id: UUID, wanted: UserFacts, *, version: int
) -> None:
    """Change name, address, role, or switch off; who is switched off is signed out at once (R3).

    Raises NotAllowedError, NotFoundError, InvalidInputError at its field, ConflictError when the
    last administrator would go or somebody else was faster (R68).
    """
    _only_administrators(viewer)
    clean = UserFacts(
        name=person_name(wanted.name),
        email=email_address(wanted.email),
        role_id=wanted.role_id,
        active=wanted.active,
    )
    with tools.database.writing() as unit:
        take_turns(unit)
        found = user_facts(unit, user_id)
        if found is None:
            raise NotFoundError("user")
        names: dict[UUID, str] = {role.id: role.name for role in find_roles(unit)}
        if clean.role_id not in names:
            raise InvalidInputError("role_id", "Pick a role from the list.")
        try:
            if not write_user(unit, user_id, clean, version=version):
                raise ConflictError(_FASTER)
        except ValueError:
            raise InvalidInputError(
                "email", "Somebody with this address is here already."
            ) from None
        if count_administrators(unit) == 0:
            raise ConflictError(_LAST)
        if not clean.active:
            end_sessions_of(unit, user_id)
        _tell(tools, unit, actor, user_id, _differences(found[0], clean, names))


def sign_out_everywhere(tools: Tools, viewer: Viewer, actor: Actor, user_id: UUID) -> int:
    """End all sessions of a user, at once; return how many there were (R12).

    Raises NotAllowedError, NotFoundError.
    """
    _only_administrators(viewer)
    with tools.database.writing() as unit:
        if user_facts(unit, user_id) is None:
            raise NotFoundError("user")
        ended = end_sessions_of(unit, user_id)
        target = f"user:{user_id}"
        add_audit(unit, at=tools.now(), actor=actor, action="sessions_ended", target=target)
    return ended


def create_role(tools: Tools, viewer: Viewer, actor: Actor, facts: RoleFacts) -> UUID:
    """Add a role. Raises NotAllowedError, InvalidInputError at "name"."""
    _only_administrators(viewer)
    now = tools.now()
    with tools.database.writing() as unit:
        clean = _clean(unit, facts)
        role = new_role(clean, now=now)
        _refuse_taken(lambda: insert_role(unit, role, clean.accounts))
        add_audit(
            unit,
            at=now,
            actor=actor,
            action="role_added",
            target=f"role:{role.id}",
            after=_plain(clean),
        )
        return role.id


def change_role(
    tools: Tools, viewer: Viewer, actor: Actor, role_id: UUID, facts: RoleFacts, *, version: int
) -> None:
    """Change a role for all its users, from their next request on (R17).

    Raises as `change_user` does.
    """
    _only_administrators(viewer)
    with tools.database.writing() as unit:
        take_turns(unit)
        found = role_facts(unit, role_id)
        if found is None:
            raise NotFoundError("role")
        clean = _clean(unit, facts)
        if not _refuse_taken(lambda: write_role(unit, role_id, clean, version=version)):
            raise ConflictError(_FASTER)
        if count_administrators(unit) == 0:
            raise ConflictError(_LAST)
        add_audit(
            unit,
            at=tools.now(),
            actor=actor,
            action="role_changed",
            target=f"role:{role_id}",
            before=_plain(found[0]),
            after=_plain(clean),
        )


def remove_role(tools: Tools, viewer: Viewer, actor: Actor, role_id: UUID) -> None:
    """Remove a role that nobody has. Raises ConflictError while somebody does."""
    _only_administrators(viewer)
    with tools.database.writing() as unit:
        take_turns(unit)
        found = role_facts(unit, role_id)
        if found is None:
            raise NotFoundError("role")
        if count_users_of(unit, role_id):
            raise ConflictError("Users still have this role. Give them another one first.")
        delete_role(unit, role_id)
        add_audit(
            unit,
            at=tools.now(),
            actor=actor,
            action="role_removed",
            target=f"role:{role_id}",
            before=_plain(found[0]),
        )


def _only_administrators(viewer: Viewer) -> None:
    if not viewer.may(Right.MANAGE_USERS):
        raise NotAllowedError("Only administrators manage users and roles.")


def _clean(unit: UnitOfWork, facts: RoleFacts) -> RoleFacts:
    name = " ".join(facts.name.split())
    if not name or len(name) > _NAME_LENGTH or not name.isprintable():
        raise InvalidInputError("name", f"Give the role a name of at most {_NAME_LENGTH} letters.")
    accounts = frozenset() if facts.all_accounts else known_accounts(unit, facts.accounts)
    return RoleFacts(
        name=name, rights=facts.rights, all_accounts=facts.all_accounts, accounts=accounts
    )


def _refuse_taken(write: Callable[[], bool | None]) -> bool | None:
    try:
        return write()
    except ValueError:
        raise InvalidInputError("name", "A role with this name is here already.") from None


def _plain(facts: RoleFacts) -> dict[str, object]:
    return {
        "name": facts.name,
        "rights": sorted(right.value for right in facts.rights),
        "all_accounts": facts.all_accounts,
        "accounts": sorted(str(account) for account in facts.accounts),
    }


def _differences(
    old: UserFacts, new: UserFacts, role_names: dict[UUID, str]
) -> list[dict[str, str]]:
    rows = [
        ("Name", old.name, new.name),
        ("E-mail", old.email, new.email),
        ("Role", role_names.get(old.role_id, ""), role_names.get(new.role_id, "")),
        ("Log-in", _word(old), _word(new)),
    ]
    return [
        {"what": what, "before": before, "after": after}
        for what, before, after in rows
        if before != after
    ]


def _word(facts: UserFacts) -> str:
    return "on" if facts.active else "off"


def _tell(
    tools: Tools, unit: UnitOfWork, actor: Actor, user_id: UUID, changes: list[dict[str, str]]
) -> None:
    """Write the audit line; tell the person when it was somebody else (R16)."""
    if not changes:
        return
    now = tools.now()
    add_audit(
        unit,
        at=now,
        actor=actor,
        action="user_changed",
        target=f"user:{user_id}",
        before={change["what"]: change["before"] for change in changes},
        after={change["what"]: change["after"] for change in changes},
    )
    if actor.user_id == user_id:
        return
    add_event(
        unit,
        NewEvent(
            at=now,
            kind=EventKind.SETTINGS_CHANGED,
            user_id=user_id,
            actor_id=actor.user_id,
            data={"changes": changes},
        ),
    )
    unit.after_commit(lambda: tools.jobs.hint("gather_notices"))
