"""Boxes under Messages & communication; only what differs from the default is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import reachable
from dashboard.db.tables import (
    AccountRow,
    DeliveryRow,
    NoticeRow,
    PreferenceRow,
    RoleRow,
    UserRow,
)
from dashboard.domain.deliveries import DeliveryState
from dashboard.domain.notices import NoticeKind
from dashboard.domain.team import Right
from dashboard.domain.wording import listed

_SHOWN = (DeliveryState.SENT.value, DeliveryState.MERGED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose boxes they are."""

    user_id: UUID
    name: str
    role_id: UUID
    is_administrator: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A box that differs from the default of its kind. `version` is never 0."""

    wanted: bool
    version: int
    changed_by: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTold:
    """The latest mail of a kind, and the accounts it spoke of that the user may still see."""

    at: datetime
    about: tuple[str, ...]

    @property
    def named(self) -> str:
        """The accounts in words; empty when none of them may be seen any more."""
        return listed(self.about, most=3)


def find_person(session: Session, user_id: UUID, *, lock: bool = False) -> Person | None:
    """`lock` makes changes of one user's boxes wait for each other."""
    query = select(UserRow).where(col(UserRow.id) == user_id)
    row = session.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    if row is None:
        return None
    role = session.get(RoleRow, row.role_id)
    return Person(
        user_id=row.id,
        name=row.name,
        role_id=row.role_id,
        is_administrator=role is not None and Right.MANAGE_USERS.value in role.rights,
    )


def differing(session: Session, user_id: UUID) -> Mapping[str, Differing]:
    """The stored boxes of a user, by kind."""
    rows = session.execute(
        select(PreferenceRow).where(col(PreferenceRow.user_id) == user_id)
    ).scalars()
    return {
        row.kind: Differing(
            wanted=row.wanted, version=_version(row.changed_at), changed_by=row.changed_by
        )
        for row in rows
    }


def store_box(
    session: Session,
    *,
    user_id: UUID,
    kind: NoticeKind,
    wanted: bool,
    default: bool,
    changed_by: UUID | None,
    now: datetime,
) -> None:
    """Store the box, or forget it where it says what is the default anyway."""
    session.execute(
        delete(PreferenceRow).where(
            col(PreferenceRow.user_id) == user_id, col(PreferenceRow.kind) == kind.value
        )
    )
    if wanted is not default:
        session.add(
            PreferenceRow(
                user_id=user_id,
                kind=kind.value,
                wanted=wanted,
                changed_at=now,
                changed_by=changed_by,
            )
        )


def last_told(session: Session, person: Person) -> Mapping[str, LastTold]:
    """The latest mail that went out to the user, by kind of notice."""
    newest = (
        select(col(NoticeRow.kind).label("kind"), func.max(col(DeliveryRow.sent_at)).label("at"))
        .join(NoticeRow, col(NoticeRow.id) == col(DeliveryRow.notice_id))
        .where(
            col(DeliveryRow.user_id) == person.user_id,
            col(DeliveryRow.state).in_(_SHOWN),
            col(DeliveryRow.sent_at).is_not(None),
        )
        .group_by(col(NoticeRow.kind))
        .subquery()
    )
    rows = session.execute(
        select(newest.c.kind, DeliveryRow)
        .join(NoticeRow, col(NoticeRow.id) == col(DeliveryRow.notice_id))
        .join(
            newest,
            (newest.c.kind == col(NoticeRow.kind)) & (newest.c.at == col(DeliveryRow.sent_at)),
        )
        .where(col(DeliveryRow.user_id) == person.user_id)
    ).all()
    return {
        kind: LastTold(at=row.sent_at, about=_names(session, person, row.accounts))
        for kind, row in rows
    }


def _names(session: Session, person: Person, account_ids: list[str]) -> tuple[str, ...]:
    ids = [UUID(one) for one in account_ids]
    if not ids:
        return ()
    return tuple(
        session.execute(
            select(col(AccountRow.name))
            .where(
                col(AccountRow.id).in_(ids),
                reachable(person.role_id),
                col(AccountRow.removed_at).is_(None),
            )
            .order_by(col(AccountRow.name))
        ).scalars()
    )


def _version(changed_at: datetime) -> int:
    """A number that another change of the same box cannot repeat."""
    return int(changed_at.timestamp() * 1_000_000)
