"""Roles: what they may do and which accounts they reach."""

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
