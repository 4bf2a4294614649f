"""Users in and out."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select, update

from dashboard.db.tables import RoleRow, UserRow
from dashboard.domain.addresses import folded, is_address
from dashboard.domain.team import Right, RoleId, UserId, Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What somebody signs in with. `password_hash` is empty for who cannot sign in yet."""

    user_id: UserId
    email: str
    name: str
    password_hash: str = field(repr=False)


def any_user(session: Session) -> bool:
    """Whether somebody was ever added."""
    return session.exec(select(UserRow.id).limit(1)).first() is not None


def add_user(
    session: Session, *, email: str, name: str, password_hash: str, role_id: UUID, now: datetime
) -> UserId | None:
    """Return the new user's id, or None if somebody has the address already."""
    row = UserRow(
        email=email,
        name=name,
        password_hash=password_hash,
        role_id=role_id,
        created_at=now,
        password_changed_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return None
    return UserId(row.id)


def find_login(session: Session, email: str) -> Login | None:
    """Return the log-in for an address as typed; None if unknown or switched off."""
    if not is_address(email):
        return None
    row = session.exec(select(UserRow).where(UserRow.email == folded(email), UserRow.active))
    return _login(row.first())


def find_login_of(session: Session, user_id: UUID) -> Login | None:
    """Return the log-in of a user who is not switched off."""
    return _login(
        session.exec(select(UserRow).where(UserRow.id == user_id, UserRow.active)).first()
    )


def set_password_hash(session: Session, login: Login, fresh: str, *, now: datetime) -> bool:
    """Store a new password; False if it was changed meanwhile, or the user switched off."""
    return _replace(session, login, {"password_hash": fresh, "password_changed_at": now})


def note_sign_in(session: Session, login: Login, *, rehashed: str, now: datetime) -> bool:
    """Note that he signed in with this password, `rehashed` where parameters have risen.

    False if the password was changed meanwhile, or the user switched off.
    """
    values: dict[str, object] = {"last_seen_at": now}
    if rehashed:
        values["password_hash"] = rehashed
    return _replace(session, login, values)


def set_time_zone(session: Session, user_id: UUID, time_zone: str) -> None:
    session.exec(update(UserRow).where(col(UserRow.id) == user_id).values(time_zone=time_zone))


def note_seen(session: Session, user_id: UUID, now: datetime) -> None:
    session.exec(update(UserRow).where(col(UserRow.id) == user_id).values(last_seen_at=now))


def find_viewer(session: Session, user_id: UUID) -> Viewer | None:
    """Return the user with the role as it is now; None if switched off or unknown."""
    found = session.exec(
        select(UserRow, RoleRow)
        .join(RoleRow, col(UserRow.role_id) == col(RoleRow.id))
        .where(UserRow.id == user_id, UserRow.active)
    ).first()
    if found is None:
        return None
    user, role = found
    return Viewer(
        user_id=UserId(user.id),
        name=user.name,
        email=user.email,
        role_id=RoleId(role.id),
        role_name=role.name,
        rights=frozenset(Right(right) for right in role.rights),
        time_zone=user.time_zone,
    )


def _login(row: UserRow | None) -> Login | None:
    if row is None:
        return None
    return Login(
        user_id=UserId(row.id), email=row.email, name=row.name, password_hash=row.password_hash
    )


def _replace(session: Session, login: Login, values: dict[str, object]) -> bool:
    unchanged = (
        col(UserRow.id) == login.user_id,
        col(UserRow.password_hash) == login.password_hash,
        col(UserRow.active).is_(True),
    )
    return session.exec(update(UserRow).where(*unchanged).values(**values)).rowcount == 1
