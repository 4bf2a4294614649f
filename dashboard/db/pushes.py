"""Messages of platforms: each counts once, and its links are looked at next."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import AccountRow, AppRow, GrantRow, LinkRow, PushRow
from dashboard.domain.pushes import PushReason

_RECEIPT = 24  # letters, of the 64 of a hash


def note_push(session: Session, platform: str, push_id: str, what: str, *, now: datetime) -> bool:
    """Keep that it came; False when the same one came before (R48)."""
    id_hash = _hash_of(push_id)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(PushRow).values(
        platform=platform, id_hash=id_hash, what=what[:120], at=now
    )
    kept = row.on_conflict_do_nothing().returning(col(PushRow.id_hash))  # two may come at once
    return bool(session.execute(kept).all())


def due_by_push(
    session: Session,
    platform: str,
    *,
    subjects: Iterable[str],
    accounts: Iterable[str],
    reason: PushReason | None,
    now: datetime,
) -> int:
    """Let the next round check the links of these people and accounts; how many there are.

    Paused links and removed accounts rest; states are not touched: only a check may do that. The
    reason is kept beside them, one for each link, in case the check finds the same.
    """
    subjects, accounts = list(subjects), list(accounts)
    links = (
        select(col(LinkRow.id))
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
        .join(GrantRow, col(GrantRow.id) == col(LinkRow.grant_id))
        .where(
            col(AccountRow.platform) == platform,
            or_(col(GrantRow.subject_id).in_(subjects), col(AccountRow.remote_id).in_(accounts)),
            col(LinkRow.next_check_at).is_not(None),
        )
    )
    found = list(session.execute(links).scalars())
    told = {"told_reason": reason.value, "told_at": now} if reason else {}
    if found:
        session.execute(
            update(LinkRow).where(col(LinkRow.id).in_(found)).values(next_check_at=now, **told)
        )
    return len(found)


def receipt_of(push_id: str) -> str:
    """The code by which a message can be asked for; nobody can guess it."""
    return _hash_of(push_id)[:_RECEIPT]


def receipt_given(session: Session, platform: str, code: str) -> datetime | None:
    """When the message with this code came; None if there is none."""
    if len(code) != _RECEIPT or not code.isalnum():
        return None
    found: datetime | None = session.execute(
        select(func.max(col(PushRow.at))).where(
            col(PushRow.platform) == platform, col(PushRow.id_hash).startswith(code)
        )
    ).scalar_one()
    return found


def platforms_sharing(session: Session, client_id: str) -> list[str]:
    """The platforms that one registration serves: what it is told concerns all of them."""
    found = select(col(AppRow.platform)).where(
        col(AppRow.client_id) == client_id, col(AppRow.server) == ""
    )
    return list(session.execute(found.distinct().order_by(col(AppRow.platform))).scalars())


def _hash_of(push_id: str) -> str:
    return hashlib.sha256(push_id.encode()).hexdigest()


def latest_push(session: Session, platform: str) -> datetime | None:
    """When the platform last told something."""
    found: datetime | None = session.execute(
        select(func.max(col(PushRow.at))).where(col(PushRow.platform) == platform)
    ).scalar_one()
    return found


def apps_of_platform(session: Session, platform: str) -> list[UUID]:
    """Our latest registrations there that have a secret: a push may be signed with an older one.

    Without one anybody could sign.
    """
    return list(
        session.execute(
            select(col(AppRow.id))
            .where(
                col(AppRow.platform) == platform,
                col(AppRow.server) == "",
                func.length(col(AppRow.secret)) > 0,
            )
            .order_by(col(AppRow.created_at).desc())
            .limit(3)
        ).scalars()
    )


def forget_pushes(session: Session, *, before: datetime) -> None:
    """Drop what no platform repeats any more."""
    session.execute(delete(PushRow).where(col(PushRow.at) < before))
