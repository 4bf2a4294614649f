"""Tokens, sealed and opened here only (R31). The seal binds them to the row of their grant."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from dashboard.domain.credentials import Credential, Sealer


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
