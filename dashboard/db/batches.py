"""What is needed to ask about a batch of links, read in few queries and without row objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from dashboard.db import tables
from dashboard.db.health import evidence_from, hearsay_from, missing_from
from dashboard.domain.causes import Cause
from dashboard.domain.links import Identity, LinkHealth
from dashboard.domain.pushes import Hearsay
from dashboard.domain.states import LinkState

_LINKS: Table = SQLModel.metadata.tables[tables.LinkRow.__tablename__]
_ACCOUNTS: Table = SQLModel.metadata.tables[tables.AccountRow.__tablename__]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLink:
    """One link about to be checked, as it was read; `version` guards what is stored later."""

    link_id: UUID
    account_id: UUID
    grant_id: UUID | None
    platform: str
    server: str
    identity: Identity
    health: LinkHealth
    version: int
    due_at: datetime | None
    checked_at: datetime | None
    streak: int
    awaited: bool
    hearsay: Hearsay | None = None


_BATCH = select(
    _LINKS.c.id,
    _LINKS.c.account_id,
    _LINKS.c.grant_id,
    _LINKS.c.version,
    _LINKS.c.next_check_at,
    _LINKS.c.checked_at,
    _LINKS.c.streak,
    _LINKS.c.awaited,
    _LINKS.c.state,
    _LINKS.c.since,
    _LINKS.c.cause,
    _LINKS.c.evidence,
    _LINKS.c.missing,
    _LINKS.c.renew_by,
    _LINKS.c.troubled_since,
    _LINKS.c.silent_since,
    _LINKS.c.misses,
    _LINKS.c.doubts,
    _LINKS.c.told_reason,
    _LINKS.c.told_at,
    _ACCOUNTS.c.platform,
    _ACCOUNTS.c.server,
    _ACCOUNTS.c.remote_id,
    _ACCOUNTS.c.name,
    _ACCOUNTS.c.handle,
    _ACCOUNTS.c.url,
    _ACCOUNTS.c.avatar_url,
).join_from(_LINKS, _ACCOUNTS, _LINKS.c.account_id == _ACCOUNTS.c.id)


def load_batch(session: Session, link_ids: Sequence[UUID]) -> list[DueLink]:
    """The links of the ids, in no order; those that are gone are left out."""
    rows = session.connection().execute(_BATCH.where(_LINKS.c.id.in_(link_ids)))
    return [_due_link(row) for row in rows]


def _due_link(row: Any) -> DueLink:
    return DueLink(
        link_id=row.id,
        account_id=row.account_id,
        grant_id=row.grant_id,
        platform=row.platform,
        server=row.server,
        identity=Identity(
            remote_id=row.remote_id,
            name=row.name,
            handle=row.handle,
            url=row.url,
            avatar_url=row.avatar_url,
        ),
        health=LinkHealth(
            state=LinkState(row.state),
            since=row.since,
            cause=Cause(row.cause) if row.cause else None,
            evidence=evidence_from(row.evidence),
            missing=missing_from(row.missing),
            renew_by=row.renew_by,
            troubled_since=row.troubled_since,
            silent_since=row.silent_since,
            misses=row.misses,
            doubts=row.doubts,
        ),
        version=row.version,
        due_at=row.next_check_at,
        checked_at=row.checked_at,
        streak=row.streak,
        awaited=row.awaited,
        hearsay=hearsay_from(row.told_reason, row.told_at),
    )
