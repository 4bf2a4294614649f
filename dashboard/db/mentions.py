"""Mentions: taken over from a platform by upsert, never doubled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.access import visible
from dashboard.db.tables import AccountRow, MentionRow
from dashboard.domain.mentions import FoundMention
from dashboard.domain.team import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """What somebody said about one of the viewer's accounts."""

    account_id: UUID
    account_name: str
    platform: str
    author: str
    text: str
    url: str
    at: datetime


def take_mentions(
    session: Session, account_id: UUID, found: Sequence[FoundMention], *, now: datetime
) -> int:
    """Store what is new, correct what changed; returns how many were new."""
    by_id = {mention.remote_id[:500]: mention for mention in found if mention.remote_id}
    if not by_id or session.get(AccountRow, account_id) is None:
        return 0
    rows = session.execute(
        select(MentionRow).where(
            col(MentionRow.account_id) == account_id, col(MentionRow.remote_id).in_(by_id)
        )
    ).scalars()
    known = {row.remote_id: row for row in rows}
    for remote_id, mention in by_id.items():
        row = known.get(remote_id) or MentionRow(
            account_id=account_id, remote_id=remote_id, at=mention.at, found_at=now
        )
        row.author, row.text = mention.author[:255], mention.text
        row.url, row.at = mention.url[:2000], mention.at
        session.add(row)
    session.flush()
    return len(by_id) - len(known)


def mentions_for(
    session: Session,
    viewer: Viewer,
    *,
    account: UUID | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> list[Mention]:
    """The newest first, within the role's reach (R14); `before` turns the page."""
    query = (
        select(MentionRow, AccountRow)
        .join(AccountRow, col(AccountRow.id) == col(MentionRow.account_id))
        .where(visible(viewer))
        .order_by(col(MentionRow.at).desc(), col(MentionRow.id))
        .limit(limit)
    )
    if account is not None:
        query = query.where(col(MentionRow.account_id) == account)
    if before is not None:
        query = query.where(col(MentionRow.at) < before)
    return [
        Mention(
            account_id=its.id,
            account_name=its.name or its.handle,
            platform=its.platform,
            author=row.author,
            text=row.text,
            url=row.url,
            at=row.at,
        )
        for row, its in session.execute(query)
    ]
