"""Who is told about which accounts: one function for the sender, the preview and the warning (R58).

Everything is read at the moment of asking, so a role or a box that is gone counts at once (R17).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, literal, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import reachable
from dashboard.db.portions import portions
from dashboard.db.tables import AccountRow, PreferenceRow, RoleAccountRow, RoleRow, UserRow
from dashboard.domain.incidents import Place
from dashboard.domain.notices import NOTICE_SPECS, NoticeKind
from dashboard.domain.team import Right


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A user who is told, and about which of the accounts that were asked for."""

    user_id: UUID
    name: str
    email: str
    time_zone: str
    accounts: frozenset[UUID]
    may_link: bool = False  # may the person relink them


def audience(
    session: Session,
    kind: NoticeKind,
    account_ids: Collection[UUID],
    *,
    user_id: UUID | None = None,
) -> tuple[Recipient, ...]:
    """Return who is told of `kind` about these accounts; `user_id` asks about one user only.

    Told are active users with an address whose box is ticked and whose role has access now.
    """
    existing = _existing(session, account_ids)
    chosen = _chosen(session, existing)
    told = []
    for user, role in _willing(session, kind, user_id):
        reach = existing if role.all_accounts else chosen.get(role.id, frozenset())
        if reach:
            told.append(_recipient(user, reach, may_link=Right.LINK in role.rights))
    return tuple(told)


def audience_at(
    session: Session, kind: NoticeKind, place: Place, *, user_id: UUID | None = None
) -> tuple[Recipient, ...]:
    """Return who is told of `kind` about a place as a whole; `accounts` is left empty.

    The same rules as `audience`, for all accounts there, without reading one of them.
    """
    there = (
        col(AccountRow.platform) == place.platform,
        col(AccountRow.server) == place.server,
        col(AccountRow.removed_at).is_(None),
    )
    any_there = session.execute(select(col(AccountRow.id)).where(*there).limit(1)).first()
    roles = session.execute(
        select(col(RoleAccountRow.role_id))
        .join(AccountRow, col(AccountRow.id) == col(RoleAccountRow.account_id))
        .where(*there)
        .distinct()
    )
    chosen = frozenset(roles.scalars())
    return tuple(
        _recipient(user, frozenset())
        for user, role in _willing(session, kind, user_id)
        if any_there is not None and (role.all_accounts or role.id in chosen)
    )


def count_at(session: Session, user_id: UUID, place: Place) -> int:
    """How many accounts of a place the user's role has access to."""
    role_id = session.execute(
        select(col(UserRow.role_id)).where(col(UserRow.id) == user_id)
    ).scalar_one()
    return session.execute(
        select(func.count())
        .select_from(AccountRow)
        .where(
            reachable(role_id),
            col(AccountRow.removed_at).is_(None),
            col(AccountRow.platform) == place.platform,
            col(AccountRow.server) == place.server,
        )
    ).scalar_one()


def administrators(
    session: Session, kind: NoticeKind, *, user_id: UUID | None = None
) -> tuple[Recipient, ...]:
    """Who is told what only administrators can mend; `user_id` asks about one user only."""
    found = session.execute(select(col(RoleRow.id), col(RoleRow.rights)))
    roles = {role_id for role_id, rights in found if Right.MANAGE_USERS.value in rights}
    return tuple(
        _recipient(user, frozenset())
        for user, _ in _willing(session, kind, user_id)
        if user.role_id in roles
    )


def person_concerned(session: Session, user_id: UUID) -> Recipient | None:
    """Whoever is told what concerns nobody else: active, with an address; `accounts` is empty."""
    user = session.execute(
        select(UserRow).where(
            col(UserRow.id) == user_id, col(UserRow.active), col(UserRow.email) != ""
        )
    ).scalar_one_or_none()
    return None if user is None else _recipient(user, frozenset())


def count_accounts_of(session: Session, user_id: UUID) -> int:
    """How many accounts the user's role has access to."""
    role_id = session.execute(
        select(col(UserRow.role_id)).where(col(UserRow.id) == user_id)
    ).scalar_one_or_none()
    if role_id is None:
        return 0
    return session.execute(
        select(func.count())
        .select_from(AccountRow)
        .where(reachable(role_id), col(AccountRow.removed_at).is_(None))
    ).scalar_one()


def _recipient(user: UserRow, accounts: frozenset[UUID], *, may_link: bool = False) -> Recipient:
    return Recipient(
        user_id=user.id,
        name=user.name,
        email=user.email,
        time_zone=user.time_zone,
        accounts=accounts,
        may_link=may_link,
    )


def _existing(session: Session, account_ids: Collection[UUID]) -> frozenset[UUID]:
    return frozenset(
        account_id
        for some in portions(account_ids)
        for account_id in session.execute(
            select(col(AccountRow.id)).where(
                col(AccountRow.id).in_(some), col(AccountRow.removed_at).is_(None)
            )
        ).scalars()
    )


def _chosen(session: Session, account_ids: frozenset[UUID]) -> Mapping[UUID, frozenset[UUID]]:
    """The accounts by role, for roles that have access to chosen accounts only."""
    chosen: dict[UUID, set[UUID]] = defaultdict(set)
    for some in portions(account_ids):
        rows = session.execute(
            select(col(RoleAccountRow.role_id), col(RoleAccountRow.account_id)).where(
                col(RoleAccountRow.account_id).in_(some)
            )
        )
        for role_id, account_id in rows:
            chosen[role_id].add(account_id)
    return {role_id: frozenset(accounts) for role_id, accounts in chosen.items()}


def _willing(
    session: Session, kind: NoticeKind, user_id: UUID | None
) -> list[tuple[UserRow, RoleRow]]:
    """Users who want the kind, each with the role."""
    spec = NOTICE_SPECS[kind]
    query = (
        select(UserRow, RoleRow)
        .join(RoleRow, col(RoleRow.id) == col(UserRow.role_id))
        .where(col(UserRow.active), col(UserRow.email) != "")
        .order_by(col(UserRow.name), col(UserRow.email))
    )
    if spec.optional:
        mine = and_(
            col(PreferenceRow.user_id) == col(UserRow.id), col(PreferenceRow.kind) == kind.value
        )
        query = query.outerjoin(PreferenceRow, mine).where(
            func.coalesce(col(PreferenceRow.wanted), literal(spec.on_by_default))
        )
    if user_id is not None:
        query = query.where(col(UserRow.id) == user_id)
    return [(user, role) for user, role in session.execute(query)]
