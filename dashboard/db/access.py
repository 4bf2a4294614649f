"""Which accounts a viewer may see, as a condition inside the query itself (R14).

The role's accounts are looked up by the database at the moment of reading, so a role that was
taken away is gone in the very next query (R17).
"""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlmodel import col

from dashboard.db.tables import AccountRow, RoleAccountRow, RoleRow
from dashboard.domain.team import Viewer


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """Accounts that the viewer's role has access to and that are not removed."""
    return and_(reachable(viewer.role_id), col(AccountRow.removed_at).is_(None))


def reachable(role_id: UUID) -> ColumnElement[bool]:
    """Accounts that a role has access to, removed ones included."""
    everything = (
        select(RoleRow.id)  # type: ignore[call-overload]
        .where(col(RoleRow.id) == role_id, col(RoleRow.all_accounts) == true())
        .exists()
    )
    chosen = (
        select(RoleAccountRow.account_id)  # type: ignore[call-overload]
        .where(
            col(RoleAccountRow.role_id) == role_id,
            col(RoleAccountRow.account_id) == col(AccountRow.id),
        )
        .exists()
    )
    return or_(everything, chosen)
