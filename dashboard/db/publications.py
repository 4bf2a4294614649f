"""Publications: taken over from a platform by upsert, never doubled, never lost to one absence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import AccountRow, PublicationRow
from dashboard.domain.calendar import ON_THE_PLATFORM, FoundPost, PublicationState

_ABSENCES_UNTIL_GONE = 2
"""A post that is missing once may be a hiccup of the listing; twice it is gone (R78)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """What one page of posts changed."""

    loaded: int
    changed: int


def take_over(
    session: Session, account_id: UUID, posts: Iterable[FoundPost], *, now: datetime
) -> TakenOver:
    """Store what is new, correct what changed; the same page twice has no second effect."""
    by_id = {post.remote_id: post for post in posts if post.remote_id}
    account = session.get(AccountRow, account_id)
    if account is None or not by_id:
        return TakenOver(loaded=0, changed=0)
    known = {
        row.remote_id: row
        for row in session.execute(
            select(PublicationRow).where(
                col(PublicationRow.account_id) == account_id,
                col(PublicationRow.remote_id).in_(by_id),
            )
        ).scalars()
    }
    changed = 0
    for remote_id, post in by_id.items():
        row = known.get(remote_id)
        if row is None:
            session.add(_loaded(account, post, now))
        else:
            changed += _corrected(row, post, now)
    session.flush()
    return TakenOver(loaded=len(by_id) - len(known), changed=changed)


def note_absences(
    session: Session, account_id: UUID, *, present: set[str], since: datetime, now: datetime
) -> int:
    """After a whole listing back to `since`: count who is absent, return how many are gone now."""
    rows = session.execute(
        select(PublicationRow).where(
            col(PublicationRow.account_id) == account_id,
            col(PublicationRow.state).in_([state.value for state in ON_THE_PLATFORM]),
            col(PublicationRow.published_at) >= since,
            col(PublicationRow.gone_at).is_(None),
            col(PublicationRow.remote_id).is_not(None),
        )
    ).scalars()
    gone = 0
    for row in rows:
        if row.remote_id in present:
            row.absences = 0
            continue
        row.absences += 1
        if row.absences >= _ABSENCES_UNTIL_GONE:
            row.gone_at = row.changed_at = now
            gone += 1
    return gone


def rename_account(session: Session, account_id: UUID, name: str) -> None:
    """Publications carry their own copy of the account's name; it follows while it is linked."""
    session.execute(
        update(PublicationRow)
        .where(col(PublicationRow.account_id) == account_id)
        .values(account_name=name[:255])
    )


def _loaded(account: AccountRow, post: FoundPost, now: datetime) -> PublicationRow:
    return PublicationRow(
        account_id=account.id,
        platform=account.platform,
        account_name=account.name,
        state=PublicationState.LOADED.value,
        remote_id=post.remote_id[:500],
        text=post.text,
        url=post.url[:2000],
        at=post.published_at,
        published_at=post.published_at,
        created_at=now,
        changed_at=now,
    )


def _corrected(row: PublicationRow, post: FoundPost, now: datetime) -> bool:
    row.absences = 0
    different = row.text != post.text or row.url != post.url[:2000] or row.gone_at is not None
    if different:
        row.text, row.url = post.text, post.url[:2000]
        row.gone_at, row.changed_at = None, now
    return different
