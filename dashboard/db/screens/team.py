"""Settings > Users and Settings > Roles: the lists, and what one form needs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.screens.accounts import matches
from dashboard.db.tables import AccountRow, PreferenceRow, RoleAccountRow, RoleRow, UserRow
from dashboard.domain.notices import NOTICE_SPECS, NoticeKind
from dashboard.domain.team import Right

MOST_CHOICES = 100
"""So many accounts stand in one form; the others are found by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLine:
    """One row of the list. `notices` are the kinds of mail that are on."""

    id: UUID
    name: str
    email: str
    role_id: UUID
    role_name: str
    is_administrator: bool
    active: bool
    has_password: bool
    last_seen_at: datetime | None
    version: int
    notices: frozenset[NoticeKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleLine:
    """One row of the list of roles."""

    id: UUID
    name: str
    rights: frozenset[Right]
    all_accounts: bool
    accounts: int
    users: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChoice:
    """An account that a role may have access to."""

    id: UUID
    platform: str
    name: str
    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChoices:
    """What a form offers at once, of the `found` that fit the search and of `everything`."""

    shown: tuple[AccountChoice, ...]
    found: int
    everything: int

    @property
    def need_search(self) -> bool:
        return self.everything > MOST_CHOICES


def users(session: Session) -> list[UserLine]:
    """All users, those who may sign in first, by name."""
    differing: dict[UUID, dict[str, bool]] = {}
    for row in session.execute(select(PreferenceRow)).scalars():
        differing.setdefault(row.user_id, {})[row.kind] = row.wanted
    rows = session.execute(
        select(UserRow, RoleRow)
        .join(RoleRow, col(RoleRow.id) == col(UserRow.role_id))
        .order_by(col(UserRow.active).desc(), func.lower(col(UserRow.name)))
    )
    return [_line(user, role, differing.get(user.id, {})) for user, role in rows]


def user(session: Session, user_id: UUID) -> UserLine | None:
    return next((line for line in users(session) if line.id == user_id), None)


def roles(session: Session) -> list[RoleLine]:
    """All roles, by name, with how many users have them and how many accounts they reach."""
    everything = session.execute(
        select(func.count()).select_from(AccountRow).where(col(AccountRow.removed_at).is_(None))
    ).scalar_one()
    chosen = dict(
        session.execute(
            select(col(RoleAccountRow.role_id), func.count())
            .join(AccountRow, col(AccountRow.id) == col(RoleAccountRow.account_id))
            .where(col(AccountRow.removed_at).is_(None))
            .group_by(col(RoleAccountRow.role_id))
        ).all()
    )
    people = dict(
        session.execute(
            select(col(UserRow.role_id), func.count()).group_by(col(UserRow.role_id))
        ).all()
    )
    return [
        RoleLine(
            id=row.id,
            name=row.name,
            rights=frozenset(Right(right) for right in row.rights),
            all_accounts=row.all_accounts,
            accounts=everything if row.all_accounts else chosen.get(row.id, 0),
            users=people.get(row.id, 0),
        )
        for row in session.execute(
            select(RoleRow).order_by(func.lower(col(RoleRow.name)))
        ).scalars()
    ]


def account_choices(session: Session, role_id: UUID | None, search: str) -> AccountChoices:
    """Accounts whose name, handle or address has the words, those of the role first."""
    condition = and_(col(AccountRow.removed_at).is_(None), matches(search))
    mine = (
        select(col(RoleAccountRow.account_id))
        .where(
            col(RoleAccountRow.role_id) == role_id,
            col(RoleAccountRow.account_id) == col(AccountRow.id),
        )
        .exists()
    )
    rows = session.execute(
        select(AccountRow)
        .where(condition)
        .order_by(mine.desc(), func.lower(col(AccountRow.name)), col(AccountRow.id))
        .limit(MOST_CHOICES)
    ).scalars()
    numbers = select(func.count()).select_from(AccountRow)
    existing = col(AccountRow.removed_at).is_(None)
    return AccountChoices(
        shown=tuple(
            AccountChoice(id=row.id, platform=row.platform, name=row.name, handle=row.handle)
            for row in rows
        ),
        found=session.execute(numbers.where(condition)).scalar_one(),
        everything=session.execute(numbers.where(existing)).scalar_one(),
    )


def _line(user: UserRow, role: RoleRow, differing: dict[str, bool]) -> UserLine:
    wanted = {
        kind
        for kind, spec in NOTICE_SPECS.items()
        if spec.optional and differing.get(kind.value, spec.on_by_default)
    }
    return UserLine(
        id=user.id,
        name=user.name,
        email=user.email,
        role_id=role.id,
        role_name=role.name,
        is_administrator=Right.MANAGE_USERS.value in role.rights,
        active=user.active,
        has_password=bool(user.password_hash),
        last_seen_at=user.last_seen_at,
        version=user.version,
        notices=frozenset(wanted),
    )
