"""Accounts with their links: read through a viewer's role, written by linking and removal."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import reachable, visible
from dashboard.db.counters import raise_counter
from dashboard.db.health import health_of, health_values
from dashboard.db.tables import AccountRow, LinkRow, RoleAccountRow
from dashboard.domain.accounts import Account
from dashboard.domain.links import Identity, LinkHealth
from dashboard.domain.team import Viewer


def find_account(session: Session, viewer: Viewer, account_id: UUID) -> Account | None:
    """None when it does not exist, was removed, or the role has no access: the same answer."""
    return _one(session, col(AccountRow.id) == account_id, visible(viewer))


def find_removed(session: Session, viewer: Viewer, account_id: UUID) -> Account | None:
    """A removed account that can still be brought back."""
    return _one(
        session,
        col(AccountRow.id) == account_id,
        reachable(viewer.role_id),
        col(AccountRow.removed_at).is_not(None),
    )


def find_by_identity(
    session: Session, *, platform: str, server: str, remote_id: str
) -> Account | None:
    """Whoever may see it: for linking, which must not make the same account twice."""
    return _one(
        session,
        col(AccountRow.platform) == platform,
        col(AccountRow.server) == server,
        col(AccountRow.remote_id) == remote_id,
    )


def is_reachable(session: Session, viewer: Viewer, account_id: UUID) -> bool:
    """Whether the viewer's role has access to an account, removed or not."""
    found = session.execute(
        select(col(AccountRow.id)).where(
            col(AccountRow.id) == account_id, reachable(viewer.role_id)
        )
    ).first()
    return found is not None


def accounts_of_grant(session: Session, grant_id: UUID) -> list[Account]:
    """All accounts whose links hang on one grant."""
    rows = session.execute(_joined().where(col(LinkRow.grant_id) == grant_id)).all()
    return [_account(*row) for row in rows]


def insert_account(
    session: Session,
    *,
    platform: str,
    server: str,
    identity: Identity,
    grant_id: UUID,
    linked_by: UUID,
    now: datetime,
) -> UUID:
    """Store a new account with a link that is checked and synchronised at once."""
    account = AccountRow(
        platform=platform,
        server=server,
        created_at=now,
        next_sync_at=now,
        **identity_values(identity),
    )
    session.add(account)
    session.flush()
    session.add(
        LinkRow(
            account_id=account.id,
            grant_id=grant_id,
            since=now,
            next_check_at=now,
            checked_at=now,  # it was read once before it came here
            linked_at=now,
            linked_by=linked_by,
            changed_seq=raise_counter(session),
        )
    )
    session.flush()
    return account.id


def give_roles_access(session: Session, account_id: UUID, role_ids: list[UUID]) -> None:
    """Add the account to what these roles reach; those that have it keep it."""
    have = set(
        session.execute(
            select(col(RoleAccountRow.role_id)).where(col(RoleAccountRow.account_id) == account_id)
        ).scalars()
    )
    for role_id in role_ids:
        if role_id not in have:
            session.add(RoleAccountRow(role_id=role_id, account_id=account_id))


def replace_health(
    session: Session, account: Account, *, health: LinkHealth, next_check_at: datetime | None
) -> bool:
    """Write what a person did to a link (pause, resume, removal); False if it changed meanwhile."""
    done = session.execute(
        update(LinkRow)
        .where(col(LinkRow.id) == account.link_id, col(LinkRow.version) == account.version)
        .values(**_changed(session, next_check_at), **health_values(health))
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


_UNTOLD: dict[str, Any] = {"told_reason": "", "told_at": None}
"""What a platform told of the old consent says nothing of a new one."""


def replace_grant(  # the facts of one relink
    session: Session,
    account: Account,
    *,
    grant_id: UUID,
    health: LinkHealth,
    next_check_at: datetime | None,
    linked_by: UUID,
    now: datetime,
) -> bool:
    """Hang the link on a new consent; False when another relink was faster (R28).

    A check that ends at the same moment does not win: it finds a newer version and is dropped.
    """
    done = session.execute(
        update(LinkRow)
        .where(col(LinkRow.id) == account.link_id, _hangs_on(account.grant_id))
        .values(
            grant_id=grant_id,
            linked_at=now,
            linked_by=linked_by,
            checked_at=now,  # the proof was a real read
            **_UNTOLD,
            **_changed(session, next_check_at),
            **health_values(health),
        )
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def move_to_grant(
    session: Session, account: Account, *, grant_id: UUID, next_check_at: datetime | None
) -> bool:
    """Hang a sibling on a new consent without guessing its state: its next check will tell."""
    done = session.execute(
        update(LinkRow)
        .where(col(LinkRow.id) == account.link_id, col(LinkRow.grant_id) == account.grant_id)
        .values(grant_id=grant_id, **_UNTOLD, **_changed(session, next_check_at))
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def due_now(session: Session, link_id: UUID, *, now: datetime) -> None:
    """Let the next round of checks take this link first."""
    session.execute(
        update(LinkRow).where(col(LinkRow.id) == link_id).values(next_check_at=now, awaited=True)
    )


def release_grant(session: Session, account: Account) -> None:
    """Take the link off its consent, so that the consent can be given back."""
    session.execute(update(LinkRow).where(col(LinkRow.id) == account.link_id).values(grant_id=None))


def _hangs_on(grant_id: UUID | None) -> ColumnElement[bool]:
    if grant_id is None:
        return col(LinkRow.grant_id).is_(None)
    return col(LinkRow.grant_id) == grant_id


def _changed(session: Session, next_check_at: datetime | None) -> dict[str, Any]:
    return {
        "version": col(LinkRow.version) + 1,
        "next_check_at": next_check_at,
        "changed_seq": raise_counter(session),
        "claim": "",
        "claimed_until": None,
    }


def update_identity(session: Session, account_id: UUID, identity: Identity) -> None:
    """Names and pictures change at the platform; the stable id never does."""
    values = identity_values(identity)
    del values["remote_id"]
    session.execute(update(AccountRow).where(col(AccountRow.id) == account_id).values(**values))


def mark_removed(
    session: Session, account_id: UUID, *, now: datetime, purge_at: datetime, by: UUID
) -> bool:
    """False when it was removed already."""
    done = session.execute(
        update(AccountRow)
        .where(col(AccountRow.id) == account_id, col(AccountRow.removed_at).is_(None))
        .values(removed_at=now, purge_at=purge_at, removed_by=by, next_sync_at=None)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def mark_restored(session: Session, account_id: UUID, *, next_sync_at: datetime | None) -> bool:
    """False when there is nothing to bring back."""
    done = session.execute(
        update(AccountRow)
        .where(col(AccountRow.id) == account_id, col(AccountRow.removed_at).is_not(None))
        .values(removed_at=None, purge_at=None, removed_by=None, next_sync_at=next_sync_at)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def forget_access(session: Session, account_id: UUID) -> None:
    """Take the account out of every role's list, before its row goes for good."""
    session.execute(delete(RoleAccountRow).where(col(RoleAccountRow.account_id) == account_id))


def identity_values(identity: Identity) -> dict[str, Any]:
    """Column values, cut to what the columns hold: a platform may send anything (R21)."""
    return {
        "remote_id": identity.remote_id[:255],
        "name": identity.name[:255],
        "handle": identity.handle[:255],
        "url": identity.url[:2000],
        "avatar_url": identity.avatar_url[:2000],
    }


def _joined() -> Any:
    return select(AccountRow, LinkRow).join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))


def _one(session: Session, *conditions: Any) -> Account | None:
    row = session.execute(_joined().where(*conditions)).first()
    return None if row is None else _account(*row)


def _account(account: AccountRow, link: LinkRow) -> Account:
    return Account(
        id=account.id,
        link_id=link.id,
        platform=account.platform,
        server=account.server,
        identity=Identity(
            remote_id=account.remote_id,
            name=account.name,
            handle=account.handle,
            url=account.url,
            avatar_url=account.avatar_url,
        ),
        health=health_of(link),
        grant_id=link.grant_id,
        version=link.version,
        removed_at=account.removed_at,
        purge_at=account.purge_at,
    )
