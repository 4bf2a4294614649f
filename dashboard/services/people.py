"""Users: added, invited, with passwords and browsers of their own.

Whoever gets a new password is signed out everywhere, at once (R3).
"""

from dataclasses import dataclass, field, replace
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from dashboard.db.audit import add_audit
from dashboard.db.engine import UnitOfWork
from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.one_time import Purpose
from dashboard.db.people import (
    Login,
    find_login_of,
    set_password_hash,
    set_time_zone,
)
from dashboard.db.people import add_user as store_user
from dashboard.db.roles import built_in_roles
from dashboard.db.sessions import StoredSession, end_session, end_sessions_of, sessions_of
from dashboard.domain.addresses import email_address, person_name
from dashboard.domain.errors import ConflictError, InvalidInputError, NotFoundError
from dashboard.domain.team import Actor, RoleId, UserId, Viewer
from dashboard.services.one_time import issue, use, whose
from dashboard.services.ports import Tools
from dashboard.services.sessions import Place, begin, is_alive


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A user to be added, as typed; without a password he cannot sign in before he chose one."""

    email: str
    name: str
    role_id: UUID
    password: str = field(default="", repr=False)


def administrator_role(tools: Tools) -> RoleId:
    """Return a role whose users are administrators; makes the built-in roles if there are none."""
    with tools.database.writing() as unit:
        return built_in_roles(unit, now=tools.now()).administrator


def add_user(tools: Tools, new: NewUser, actor: Actor) -> UserId:
    """Add a user and return the id; raises InvalidInputError at "email", "name" or "password"."""
    email, name = email_address(new.email), person_name(new.name)
    password_hash = ""
    if new.password:
        tools.passwords.check_rules(new.password)
        password_hash = tools.passwords.hash(new.password)
    now = tools.now()
    with tools.database.writing() as unit:
        user_id = store_user(
            unit,
            email=email,
            name=name,
            password_hash=password_hash,
            role_id=new.role_id,
            now=now,
        )
        if user_id is None:
            raise InvalidInputError("email", "Somebody with this address is here already.")
        add_audit(
            unit,
            at=now,
            actor=actor,
            action="user_added",
            target=f"user:{user_id}",
            after={"email": email, "name": name, "role": str(new.role_id)},
        )
    return user_id


def invite(tools: Tools, user_id: UUID, actor: Actor) -> str:
    """Return a link by which the user chooses a password.

    A first password has 7 days, one that takes the place of another an hour. The link is shown to
    nobody else and stored only as a hash. Raises NotFoundError if he is unknown or switched off.
    """
    with tools.database.writing() as unit:
        login = find_login_of(unit, user_id)
        if login is None:
            raise NotFoundError("user")
        target = f"user:{user_id}"
        add_audit(unit, at=tools.now(), actor=actor, action="user_invited", target=target)
        purpose = Purpose.NEW_PASSWORD if login.password_hash else Purpose.INVITATION
        return issue(tools, unit, login, purpose)


def invite_by_mail(tools: Tools, user_id: UUID, actor: Actor) -> None:
    """Have such a link mailed to the user; raises NotFoundError like `invite`."""
    with tools.database.writing() as unit:
        if find_login_of(unit, user_id) is None:
            raise NotFoundError("user")
        now, target = tools.now(), f"user:{user_id}"
        invited = NewEvent(at=now, kind=EventKind.INVITED, user_id=user_id, actor_id=actor.user_id)
        add_event(unit, invited)
        add_audit(unit, at=now, actor=actor, action="user_invited", target=target)
        unit.after_commit(lambda: tools.jobs.hint("gather_notices"))


def choose_password(tools: Tools, secret: str, password: str, *, place: Place, actor: Actor) -> str:
    """Set the password by a single-use link and return the secret for the browser's cookie.

    Raises InvalidInputError at "password", NotFoundError when the link is used, void or too old.
    """
    login = whose(tools, secret)
    if login is None:
        raise NotFoundError("link")
    fresh = _new_hash(tools, password)
    with tools.database.writing() as unit:
        if not use(tools, unit, secret):
            raise NotFoundError("link")
        if not set_password_hash(unit, login, fresh, now=tools.now()):
            raise NotFoundError("link")
        return _sign_in_anew(tools, unit, login, place, replace(actor, user_id=login.user_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChange:
    """What a user types to get another password."""

    old: str = field(repr=False)
    new: str = field(repr=False)


def change_password(
    tools: Tools, viewer: Viewer, change: PasswordChange, *, place: Place, actor: Actor
) -> str:
    """Replace one's own password and return a new secret for this browser's cookie.

    Raises InvalidInputError at "old" or "password", ConflictError if it was changed meanwhile.
    """
    with tools.database.reading() as session:
        login = find_login_of(session, viewer.user_id)
    if login is None or not tools.passwords.verify(login.password_hash, change.old):
        raise InvalidInputError("old", "This is not your present password.")
    fresh = _new_hash(tools, change.new)
    with tools.database.writing() as unit:
        if not set_password_hash(unit, login, fresh, now=tools.now()):
            raise ConflictError("Your password was changed elsewhere a moment ago.")
        return _sign_in_anew(tools, unit, login, place, actor)


def change_time_zone(tools: Tools, viewer: Viewer, time_zone: str) -> None:
    """Set one's own time zone, an IANA name; raises InvalidInputError at "time_zone"."""
    if time_zone not in time_zones():
        raise InvalidInputError("time_zone", "Choose one of the list.")
    with tools.database.writing() as unit:
        set_time_zone(unit, viewer.user_id, time_zone)


@cache
def time_zones() -> tuple[str, ...]:
    """The names that can be chosen, sorted; UTC first."""
    places = {name for name in available_timezones() if "/" in name}
    regions = {name for name in places if not name.startswith(("Etc/", "SystemV/", "US/"))}
    return ("UTC", *sorted(regions))


def own_sessions(tools: Tools, viewer: Viewer) -> list[StoredSession]:
    """The browsers in which the viewer is signed in, the last used first (R12)."""
    now = tools.now()
    with tools.database.reading() as session:
        found = sessions_of(session, viewer.user_id)
    return [stored for stored in found if is_alive(tools, stored, now)]


def end_own_session(tools: Tools, viewer: Viewer, id_hash: str, actor: Actor) -> None:
    """Sign the viewer out in one of his browsers; raises NotFoundError for anybody else's."""
    with tools.database.writing() as unit:
        if not end_session(unit, id_hash, user_id=viewer.user_id):
            raise NotFoundError("session")
        add_audit(unit, at=tools.now(), actor=actor, action="session_ended")


def _new_hash(tools: Tools, password: str) -> str:
    tools.passwords.check_rules(password)
    return tools.passwords.hash(password)


def _sign_in_anew(tools: Tools, unit: UnitOfWork, login: Login, place: Place, actor: Actor) -> str:
    """After a change of password: end all sessions, begin one for the browser at hand."""
    end_sessions_of(unit, login.user_id)
    target = f"user:{login.user_id}"
    add_audit(unit, at=tools.now(), actor=actor, action="password_changed", target=target)
    return begin(tools, unit, login.user_id, place)
