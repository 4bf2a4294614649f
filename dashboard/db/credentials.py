"""Tokens, sealed and opened here only (R31). The seal binds them to the row of their grant."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import exists, func, select, true, update
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from dashboard.db.engine import database_now
from dashboard.db.salvage import erase_salvage
from dashboard.db.tables import AppRow, GrantRow, LinkRow
from dashboard.domain.credentials import Credential, Sealer, Subject


def insert_grant(  # noqa: PLR0913  # the facts of one consent
    session: Session,
    cipher: Sealer,
    *,
    platform: str,
    server: str,
    app_id: UUID | None,
    subject: Subject,
    credential: Credential,
    refresh_due_at: datetime | None,
    granted_by: UUID,
    now: datetime,
) -> UUID:
    """Store a new consent with its sealed credential."""
    grant_id = uuid4()
    session.add(
        GrantRow(
            id=grant_id,
            platform=platform,
            server=server,
            app_id=app_id,
            subject_id=subject.remote_id[:255],
            subject_name=subject.name[:255],
            credential=seal_credential(cipher, grant_id, credential),
            scopes=sorted(credential.scopes),
            expires_at=credential.expires_at,
            refresh_expires_at=credential.refresh_expires_at,
            refresh_due_at=refresh_due_at,
            refreshed_at=now,
            granted_by=granted_by,
            created_at=now,
        )
    )
    session.flush()
    return grant_id


def retire_grant(session: Session, grant_id: UUID, *, revoke: bool) -> bool:
    """Stop using a consent on which no link hangs any more; False when one still does.

    With `revoke` its tokens are kept until the platform has been told (R38), else erased now.
    """
    used = exists().where(col(LinkRow.grant_id) == grant_id)
    values: dict[str, Any] = {"refresh_due_at": None}
    values |= {"revoke_due": True} if revoke else {"credential": b"", "subject_name": ""}
    done = session.execute(
        update(GrantRow)
        .where(col(GrantRow.id) == grant_id, ~used)
        .values(generation=col(GrantRow.generation) + 1, **values)
    )
    retired = bool(done.rowcount == 1)  # type: ignore[attr-defined]
    if retired and not revoke:
        erase_salvage(session, grant_id)
    return retired


def seal_credential(cipher: Sealer, grant_id: UUID, credential: Credential) -> bytes:
    return cipher.seal(
        dump_credential(credential), table="grants", row=str(grant_id), column="credential"
    )


def open_credential(cipher: Sealer, grant_id: UUID, sealed: bytes) -> Credential:
    """Raises CannotDecryptError when the key is missing or the bytes belong to another row."""
    return parse_credential(
        cipher.open(sealed, table="grants", row=str(grant_id), column="credential")
    )


def dump_credential(credential: Credential) -> bytes:
    """JSON, for sealing only."""
    return json.dumps(
        {
            "access": credential.access,
            "refresh": credential.refresh,
            "scopes": sorted(credential.scopes),
            "expires_at": _instant(credential.expires_at),
            "refresh_expires_at": _instant(credential.refresh_expires_at),
            "extra": dict(credential.extra),
        }
    ).encode()


def parse_credential(plain: bytes) -> Credential:
    data: dict[str, Any] = json.loads(plain)
    return Credential(
        access=data["access"],
        refresh=data.get("refresh", ""),
        scopes=frozenset(data.get("scopes", ())),
        expires_at=_parsed(data.get("expires_at")),
        refresh_expires_at=_parsed(data.get("refresh_expires_at")),
        extra=data.get("extra", {}),
    )


def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _parsed(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A consent that no link uses any more and that the platform has not been told about."""

    grant_id: UUID
    platform: str
    server: str
    app_id: UUID | None
    sealed: bytes
    tries: int


def leftovers(session: Session, *, limit: int = 100) -> list[Leftover]:
    """Those to be given back; one that is being renewed waits for what the renewal brings."""
    at_rest = (col(GrantRow.lease_owner) == "") | (
        col(GrantRow.lease_until) <= database_now(session)
    )
    rows = session.execute(
        select(GrantRow).where(col(GrantRow.revoke_due) == true(), at_rest).limit(limit)
    ).scalars()
    return [
        Leftover(
            grant_id=row.id,
            platform=row.platform,
            server=row.server,
            app_id=row.app_id,
            sealed=row.credential,
            tries=row.refresh_tries,
        )
        for row in rows
    ]


def others_use_it(session: Session, grant_id: UUID) -> bool:
    """Whether the same person's consent to the same registration is in use by another grant.

    A registration at a platform may serve two of ours (Facebook, and Instagram via Facebook).
    """
    mine, mine_app = aliased(GrantRow), aliased(AppRow)
    found = session.execute(
        select(col(GrantRow.id))
        .join(AppRow, col(AppRow.id) == col(GrantRow.app_id))
        .join(mine, col(mine.id) == grant_id)
        .join(mine_app, col(mine_app.id) == col(mine.app_id))
        .where(
            col(GrantRow.id) != grant_id,
            col(GrantRow.subject_id) == col(mine.subject_id),
            col(GrantRow.subject_id) != "",
            col(GrantRow.revoke_due).is_(False),
            func.length(col(GrantRow.credential)) > 0,
            col(AppRow.client_id) == col(mine_app.client_id),
        )
        .limit(1)
    )
    return found.first() is not None


def erase_grant(session: Session, grant_id: UUID) -> None:
    """The tokens and the name of the person are gone for good; the row stays as history."""
    session.execute(
        update(GrantRow)
        .where(col(GrantRow.id) == grant_id)
        .values(credential=b"", subject_name="", revoke_due=False, refresh_due_at=None)
    )
    erase_salvage(session, grant_id)


def count_try(session: Session, grant_id: UUID) -> None:
    session.execute(
        update(GrantRow)
        .where(col(GrantRow.id) == grant_id)
        .values(refresh_tries=col(GrantRow.refresh_tries) + 1)
    )
