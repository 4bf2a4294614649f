"""Users and roles as administrators change them; each write finds the version it was made for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.counters import raise_counter
from dashboard.db.tables import AccountRow, RoleAccountRow, RoleRow, UserRow
from dashboard.domain.team import Right

_TEAM = "team"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFacts:
    """What an administrator may change of a user."""

    name: str
    email: str
    role_id: UUID
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFacts:
    """What a role lets its users do and see; `accounts` counts only without `all_accounts`."""

    name: str
    rights: frozenset[Right]
    all_accounts: bool
    accounts: frozenset[UUID]


def take_turns(session: Session) -> None:
    """Let changes of users and roles happen one after the other, so that counting admins is safe.

    The counter's row is locked until the commit (R18).
    """
    raise_counter(session, _TEAM)


def user_facts(session: Session, user_id: UUID) -> tuple[UserFacts, int] | None:
    """The facts and their version."""
    row = session.get(UserRow, user_id)
    if row is None:
        return None
    facts = UserFacts(name=row.name, email=row.email, role_id=row.role_id, active=row.active)
    return facts, row.version


def write_user(session: Session, user_id: UUID, facts: UserFacts, *, version: int) -> bool:
    """False when the version moved on; raises ValueError when the address is somebody else's."""
    try:
        with session.begin_nested():
            done = session.execute(
                update(UserRow)
                .where(col(UserRow.id) == user_id, col(UserRow.version) == version)
                .values(
                    name=facts.name,
                    email=facts.email,
                    role_id=facts.role_id,
                    active=facts.active,
                    version=version + 1,
                )
            )
    except IntegrityError as error:
        raise ValueError("email") from error
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def count_administrators(session: Session) -> int:
    """Active users whose role may manage users."""
    roles = [
        row.id
        for row in session.execute(select(RoleRow)).scalars()
        if Right.MANAGE_USERS.value in row.rights
    ]
    return int(
        session.execute(
            select(func.count())
            .select_from(UserRow)
            .where(col(UserRow.active) == true(), col(UserRow.role_id).in_(roles))
        ).scalar_one()
    )


def role_facts(session: Session, role_id: UUID) -> tuple[RoleFacts, int] | None:
    """The facts and their version."""
    row = session.get(RoleRow, role_id)
    if row is None:
        return None
    chosen = session.execute(
        select(col(RoleAccountRow.account_id)).where(col(RoleAccountRow.role_id) == role_id)
    ).scalars()
    facts = RoleFacts(
        name=row.name,
        rights=frozenset(Right(right) for right in row.rights),
        all_accounts=row.all_accounts,
        accounts=frozenset(chosen),
    )
    return facts, row.version


def write_role(session: Session, role_id: UUID, facts: RoleFacts, *, version: int) -> bool:
    """False when the version moved on; raises ValueError when the name is taken."""
    try:
        with session.begin_nested():
            done = session.execute(
                update(RoleRow)
                .where(col(RoleRow.id) == role_id, col(RoleRow.version) == version)
                .values(
                    name=facts.name,
                    rights=sorted(right.value for right in facts.rights),
                    all_accounts=facts.all_accounts,
                    version=version + 1,
                )
            )
    except IntegrityError as error:
        raise ValueError("name") from error
    if done.rowcount != 1:  # type: ignore[attr-defined]
        return False
    _write_accounts(session, role_id, facts.accounts)
    return True


def insert_role(session: Session, role: RoleRow, accounts: frozenset[UUID]) -> None:
    """Raises ValueError when the name is taken."""
    try:
        with session.begin_nested():
            session.add(role)
    except IntegrityError as error:
        raise ValueError("name") from error
    _write_accounts(session, role.id, accounts)


def new_role(facts: RoleFacts, *, now: datetime) -> RoleRow:
    return RoleRow(
        name=facts.name,
        rights=sorted(right.value for right in facts.rights),
        all_accounts=facts.all_accounts,
        created_at=now,
    )


def count_users_of(session: Session, role_id: UUID) -> int:
    found = session.execute(
        select(func.count()).select_from(UserRow).where(col(UserRow.role_id) == role_id)
    )
    return int(found.scalar_one())


def delete_role(session: Session, role_id: UUID) -> None:
    """The role and its list of accounts; whoever calls this has seen that no user has it."""
    _write_accounts(session, role_id, frozenset())
    role = session.get(RoleRow, role_id)
    if role is not None:
        session.delete(role)


def known_accounts(session: Session, ids: frozenset[UUID]) -> frozenset[UUID]:
    """Those of the ids that are accounts."""
    found = session.execute(select(col(AccountRow.id)).where(col(AccountRow.id).in_(ids)))
    return frozenset(found.scalars())


def _write_accounts(session: Session, role_id: UUID, wanted: frozenset[UUID]) -> None:
    rows = session.execute(
        select(RoleAccountRow).where(col(RoleAccountRow.role_id) == role_id)
    ).scalars()
    have = {row.account_id: row for row in rows}
    for account_id, row in have.items():
        if account_id not in wanted:
            session.delete(row)
    for account_id in wanted - have.keys():
        session.add(RoleAccountRow(role_id=role_id, account_id=account_id))
