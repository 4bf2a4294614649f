"""Publications: taken over from a platform by upsert, never doubled, never lost to one absence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import AccountRow, PublicationRow
from dashboard.domain.calendar import ON_THE_PLATFORM, FoundPost, PublicationState
from dashboard.domain.posting import says_the_same
from dashboard.domain.publishing import Outgoing

NOT_FOUND = "Linkkeeper looked at the platform and did not find the post there."

_ABOUT = timedelta(hours=1)
_SHOWS_WITHIN = timedelta(minutes=1)  # a listing may be a little behind
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
    for post in by_id.values():
        if post.remote_id not in known and (found := _was_ours(session, account_id, post)):
            known[post.remote_id] = _arrived(found, post, now)
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


def note_looked_for(session: Session, account_id: UUID, *, now: datetime) -> None:
    """After a whole listing: whose fate is still not known was not found; a person decides.

    What a platform still works on (`try_at`) may not stand in its list yet, and is asked about.
    """
    session.execute(
        update(PublicationRow)
        .where(
            col(PublicationRow.account_id) == account_id,
            col(PublicationRow.state) == PublicationState.UNKNOWN.value,
            col(PublicationRow.sent_at) < now - _SHOWS_WITHIN,
            col(PublicationRow.try_at).is_(None),
        )
        .values(trouble=NOT_FOUND, changed_at=now)
    )


def _was_ours(session: Session, account_id: UUID, post: FoundPost) -> PublicationRow | None:
    """The post of ours whose fate was not known, if this is it: same words, about the same time."""
    rows = session.execute(
        select(PublicationRow).where(
            col(PublicationRow.account_id) == account_id,
            col(PublicationRow.state) == PublicationState.UNKNOWN.value,
            col(PublicationRow.sent_at) > post.published_at - _ABOUT,
            col(PublicationRow.sent_at) < post.published_at + _ABOUT,
            col(PublicationRow.remote_id).is_(None),
        )
    ).scalars()
    return next((row for row in rows if _same_words(row, post.text)), None)


def _same_words(row: PublicationRow, found: str) -> bool:
    """Whether a post at the platform has our words, and but for its title and link no others."""
    sent = Outgoing(key="", text=row.text, at=row.at, link=row.link, title=row.title)
    return says_the_same(sent, found)


def _arrived(row: PublicationRow, post: FoundPost, now: datetime) -> PublicationRow:
    row.state, row.remote_id = PublicationState.PUBLISHED.value, post.remote_id[:500]
    row.url, row.trouble, row.evidence = post.url[:2000], "", None
    row.published_at = row.at = post.published_at
    row.changed_at = now
    return row


def _loaded(account: AccountRow, post: FoundPost, now: datetime) -> PublicationRow:
    return PublicationRow(
        account_id=account.id,
        platform=account.platform,
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
