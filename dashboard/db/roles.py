"""Roles: what they may do and which accounts they reach."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import RoleRow
from dashboard.domain.team import Right, Role, RoleId


def find_roles(session: Session) -> list[Role]:
    """All roles, by name."""
    rows = session.execute(select(RoleRow).order_by(col(RoleRow.name))).scalars()
    return [
        Role(
            id=RoleId(row.id),
            name=row.name,
            rights=frozenset(Right(right) for right in row.rights),
            all_accounts=row.all_accounts,
            version=row.version,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltInRoles:
    """The roles that are there from the start; later they are roles like all others."""

    administrator: RoleId


def built_in_roles(session: Session, *, now: datetime) -> BuiltInRoles:
    """Add Administrator, Editor and Viewer if there is no role yet; return the administrators'."""
    if session.execute(select(col(RoleRow.id)).limit(1)).first() is None:
        for name, rights, all_accounts in _BUILT_IN:
            session.add(
                RoleRow(
                    name=name,
                    rights=[right.value for right in rights],
                    all_accounts=all_accounts,
                    created_at=now,
                )
            )
        session.flush()
    roles = find_roles(session)
    return BuiltInRoles(
        administrator=next(role.id for role in roles if Right.MANAGE_USERS in role.rights)
    )


_BUILT_IN: tuple[tuple[str, tuple[Right, ...], bool], ...] = (
    ("Administrator", tuple(Right), True),
    ("Editor", (Right.LINK, Right.PUBLISH), False),
    ("Viewer", (), False),
)
