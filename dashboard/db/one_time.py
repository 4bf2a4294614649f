"""Single-use links in and out: first set-up, invitation, new password; only hashes (R2, R8)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session, col, delete, update

from dashboard.db.tables import OneTimeTokenRow


class Purpose(StrEnum):
    """What a link is good for; it is good for nothing else."""

    SET_UP = "set_up"
    INVITATION = "invitation"
    NEW_PASSWORD = "new_password"  # noqa: S105  # a purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTime:
    """A link that may be used once until `expires_at`, while what it is `bound_to` is unchanged."""

    token_hash: str
    purpose: Purpose
    user_id: UUID | None
    bound_to: str
    created_at: datetime
    expires_at: datetime


def add_one_time(session: Session, link: OneTime) -> None:
    """Store it; every older link of the same purpose and user is void."""
    ended = delete(OneTimeTokenRow).where(
        col(OneTimeTokenRow.purpose) == link.purpose.value,
        col(OneTimeTokenRow.user_id).is_not_distinct_from(link.user_id),
    )
    session.exec(ended)
    session.add(
        OneTimeTokenRow(
            token_hash=link.token_hash,
            purpose=link.purpose.value,
            user_id=link.user_id,
            bound_to=link.bound_to,
            created_at=link.created_at,
            expires_at=link.expires_at,
        )
    )


def find_one_time(session: Session, token_hash: str, *, now: datetime) -> OneTime | None:
    """Return it if it can still be used."""
    row = session.get(OneTimeTokenRow, token_hash)
    if row is None or row.used_at is not None or row.expires_at <= now:
        return None
    return OneTime(
        token_hash=row.token_hash,
        purpose=Purpose(row.purpose),
        user_id=row.user_id,
        bound_to=row.bound_to,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def forget_expired(session: Session, *, before: datetime) -> None:
    """Delete what could not be used any more since then."""
    session.exec(delete(OneTimeTokenRow).where(col(OneTimeTokenRow.expires_at) <= before))


def use_one_time(session: Session, token_hash: str, *, now: datetime) -> bool:
    """Use it up; False if somebody else was faster or its time is over."""
    used = session.exec(
        update(OneTimeTokenRow)
        .where(
            col(OneTimeTokenRow.token_hash) == token_hash,
            col(OneTimeTokenRow.used_at).is_(None),
            col(OneTimeTokenRow.expires_at) > now,
        )
        .values(used_at=now)
    )
    return used.rowcount == 1
