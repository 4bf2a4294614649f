"""Accounts that a post can be written for."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import visible
from dashboard.db.tables import AccountRow, LinkRow
from dashboard.domain.states import LinkState
from dashboard.domain.team import Viewer

MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Composable:
    """An account within the role's reach and how its link stands."""

    id: UUID
    platform: str
    name: str
    handle: str
    state: LinkState


def composable(session: Session, viewer: Viewer) -> list[Composable]:
    """The first accounts by name; those whose link is broken too, their posts are held."""
    rows = session.execute(
        select(AccountRow, col(LinkRow.state))
        .join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))
        .where(visible(viewer))
        .order_by(func.lower(col(AccountRow.name)), col(AccountRow.id))
        .limit(MOST)
    )
    return [
        Composable(
            id=account.id,
            platform=account.platform,
            name=account.name or account.handle,
            handle=account.handle,
            state=LinkState(state),
        )
        for account, state in rows
    ]
