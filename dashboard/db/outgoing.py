"""Publications on their way out: planned, claimed by one worker, and what became of them (R77).

The order of the writes is the promise: `sent_at` is durable before the question leaves, so whoever
finds a claim that is over knows whether the post may stand at the platform.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import AccountRow, LinkRow, PictureRow, PublicationRow
from dashboard.domain.calendar import PublicationState
from dashboard.domain.capabilities import Capability
from dashboard.domain.publishing import Outgoing, Picture
from dashboard.domain.states import LinkState

LEASE = timedelta(minutes=5)
"""Longer than the deadlines of all questions that publish one post together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A publication whose time has come, claimed: what to send, where, and how its link stands."""

    id: UUID
    account_id: UUID
    link_id: UUID
    platform: str
    server: str
    remote_id: str
    name: str
    handle: str
    grant_id: UUID | None
    link_state: LinkState
    may_publish: bool
    planned_for: datetime
    tries: int
    post: Outgoing


def insert_planned(
    session: Session,
    account_id: UUID,
    *,
    post: Outgoing,
    at: datetime,
    by: UUID | None,
    now: datetime,
) -> UUID:
    """Put a post into the calendar; returns its id. `post.key` is not looked at: it is the id."""
    account = session.get_one(AccountRow, account_id)
    row = PublicationRow(
        account_id=account.id,
        platform=account.platform,
        state=PublicationState.SCHEDULED.value,
        text=post.text,
        link=post.link,
        title=post.title,
        target=post.target,
        at=at,
        try_at=at,
        created_by=by,
        created_at=now,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    if post.picture is not None:
        picture = post.picture
        session.add(
            PictureRow(
                publication_id=row.id,
                data=picture.data,
                media_type=picture.media_type,
                alt=picture.alt,
            )
        )
    return row.id


def due_publications(session: Session, *, now: datetime, limit: int = 50) -> list[UUID]:
    """Those whose time has come, the longest waiting first."""
    rows = session.execute(
        select(col(PublicationRow.id))
        .where(
            col(PublicationRow.state).in_(
                [PublicationState.SCHEDULED.value, PublicationState.HELD.value]
            ),
            col(PublicationRow.try_at) <= now,
        )
        .order_by(col(PublicationRow.try_at), col(PublicationRow.id))
        .limit(limit)
    )
    return list(rows.scalars())


def any_publication_due(session: Session, *, now: datetime) -> bool:
    """Whether `due_publications` or `give_up_lost` would find something."""
    if due_publications(session, now=now, limit=1):
        return True
    return session.execute(_lost(now).limit(1)).first() is not None


def claim_publication(
    session: Session, publication_id: UUID, *, owner: str, now: datetime
) -> Planned | None:
    """Take one that is due; None when another worker has it or somebody withdrew it."""
    taken = _changed(
        session,
        update(PublicationRow)
        .where(
            col(PublicationRow.id) == publication_id,
            col(PublicationRow.state).in_(
                [PublicationState.SCHEDULED.value, PublicationState.HELD.value]
            ),
            col(PublicationRow.try_at) <= now,
        )
        .values(
            state=PublicationState.PUBLISHING.value,
            claim=owner,
            claimed_until=now + LEASE,
            sent_at=None,
            tries=PublicationRow.tries + 1,
            changed_at=now,
        ),
    )
    return _planned(session, publication_id) if taken else None


def note_sending(session: Session, publication_id: UUID, *, owner: str, now: datetime) -> bool:
    """Write down that the post may leave from now on; False when the claim was lost."""
    return _changed(
        session,
        update(PublicationRow)
        .where(*_mine(publication_id, owner), col(PublicationRow.claimed_until) > now)
        .values(sent_at=now),
    )


def finish_publication(
    session: Session, publication_id: UUID, *, owner: str, now: datetime, **values: Any
) -> bool:
    """Write what became of it and let it go; False when the claim was lost meanwhile."""
    return _changed(
        session,
        update(PublicationRow)
        .where(*_mine(publication_id, owner))
        .values(claim="", claimed_until=None, changed_at=now, **values),
    )


def absorb_loaded(session: Session, account_id: UUID, remote_id: str) -> None:
    """Drop the copy that a synchronisation loaded while the post was still going out."""
    session.execute(
        delete(PublicationRow).where(
            col(PublicationRow.account_id) == account_id,
            col(PublicationRow.remote_id) == remote_id,
            col(PublicationRow.state) == PublicationState.LOADED.value,
        )
    )


def give_up_lost(session: Session, *, now: datetime) -> tuple[int, int]:
    """What dead workers had: back in line if nothing had left, else its fate is not known (R65).

    Returns how many went either way.
    """
    lost = col(PublicationRow.id).in_(_lost(now))
    unsent, sent = col(PublicationRow.sent_at).is_(None), col(PublicationRow.sent_at).is_not(None)
    free: dict[str, Any] = {"claim": "", "claimed_until": None, "changed_at": now}
    again = session.execute(
        update(PublicationRow)
        .where(lost, unsent)
        .values(state=PublicationState.SCHEDULED.value, try_at=now, **free)
        .execution_options(synchronize_session=False)
    )
    unclear = session.execute(
        update(PublicationRow)
        .where(lost, sent)
        .values(
            state=PublicationState.UNKNOWN.value,
            trouble="Linkkeeper was stopped while the post went out.",
            try_at=None,
            **free,
        )
        .execution_options(synchronize_session=False)
    )
    return _count(again), _count(unclear)


def move_publication(
    session: Session,
    publication_id: UUID,
    *,
    old: Sequence[PublicationState],
    now: datetime,
    **values: Any,
) -> bool:
    """Change what a person decided about; False when it stands elsewhere by now."""
    return _changed(
        session,
        update(PublicationRow)
        .where(
            col(PublicationRow.id) == publication_id,
            col(PublicationRow.state).in_([state.value for state in old]),
        )
        .values(changed_at=now, **values),
    )


def delete_publication(
    session: Session, publication_id: UUID, *, old: Sequence[PublicationState]
) -> bool:
    """Withdraw a post that has not gone out; False when it stands elsewhere by now."""
    withdrawable = select(col(PublicationRow.id)).where(
        col(PublicationRow.id) == publication_id,
        col(PublicationRow.state).in_([state.value for state in old]),
    )
    session.execute(delete(PictureRow).where(col(PictureRow.publication_id).in_(withdrawable)))
    return _changed(
        session,
        delete(PublicationRow).where(
            col(PublicationRow.id) == publication_id,
            col(PublicationRow.state).in_([state.value for state in old]),
        ),
    )


def picture_going_out(session: Session, public_key: UUID) -> tuple[bytes, str] | None:
    """The picture behind a public address, only while its publication goes out; else None."""
    row = session.execute(
        select(col(PictureRow.data), col(PictureRow.media_type))
        .join(PublicationRow, col(PublicationRow.id) == col(PictureRow.publication_id))
        .where(
            col(PictureRow.public_key) == public_key,
            col(PublicationRow.state).in_(
                [PublicationState.PUBLISHING.value, PublicationState.UNKNOWN.value]
            ),
        )
    ).first()
    return None if row is None else (row[0], row[1])


def _planned(session: Session, publication_id: UUID) -> Planned | None:
    found = session.execute(
        select(PublicationRow, AccountRow, LinkRow)
        .join(AccountRow, col(AccountRow.id) == col(PublicationRow.account_id))
        .join(LinkRow, col(LinkRow.account_id) == col(AccountRow.id))
        .where(col(PublicationRow.id) == publication_id)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        return None
    row, account, link = found
    return Planned(
        id=row.id,
        account_id=account.id,
        link_id=link.id,
        platform=account.platform,
        server=account.server,
        remote_id=account.remote_id,
        name=account.name,
        handle=account.handle,
        grant_id=None if account.removed_at else link.grant_id,
        link_state=LinkState(link.state),
        may_publish=all(item["capability"] != Capability.PUBLISH.value for item in link.missing),
        planned_for=row.at,
        tries=row.tries,
        post=Outgoing(
            key=str(row.id),
            text=row.text,
            at=row.at,
            link=row.link,
            title=row.title,
            target=row.target,
            picture=_picture(session, row.id),
        ),
    )


def _picture(session: Session, publication_id: UUID) -> Picture | None:
    row = session.get(PictureRow, publication_id)
    if row is None:
        return None
    return Picture(
        data=row.data, media_type=row.media_type, alt=row.alt, url=f"/picture/{row.public_key}"
    )


def _lost(now: datetime) -> Any:
    return select(col(PublicationRow.id)).where(
        col(PublicationRow.state) == PublicationState.PUBLISHING.value,
        col(PublicationRow.claimed_until) < now,
    )


def _mine(publication_id: UUID, owner: str) -> tuple[Any, ...]:
    return (
        col(PublicationRow.id) == publication_id,
        col(PublicationRow.state) == PublicationState.PUBLISHING.value,
        col(PublicationRow.claim) == owner,
    )


def _changed(session: Session, statement: Any) -> bool:
    return _count(session.execute(statement)) == 1


def _count(done: Any) -> int:
    return int(done.rowcount)
