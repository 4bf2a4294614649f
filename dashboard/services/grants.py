"""What a log-in brought: packed and sealed until a person has decided, then stored as a grant."""

import json
import random
from dataclasses import asdict
from uuid import UUID

from dashboard.db.attempts import Attempt
from dashboard.db.credentials import dump_credential, insert_grant, parse_credential
from dashboard.db.engine import UnitOfWork
from dashboard.domain.credentials import Subject, refresh_due
from dashboard.domain.links import Identity
from dashboard.platforms.protocol import Granted
from dashboard.services.ports import Tools

_SPREAD = random.SystemRandom()


def pack_granted(granted: Granted) -> bytes:
    """JSON, for sealing only: it holds tokens."""
    return json.dumps(
        {
            "credential": dump_credential(granted.credential).decode(),
            "subject": asdict(granted.subject),
            "identities": [asdict(identity) for identity in granted.identities],
        }
    ).encode()


def unpack_granted(plain: bytes) -> Granted:
    data = json.loads(plain)
    return Granted(
        credential=parse_credential(data["credential"].encode()),
        subject=Subject(**data["subject"]),
        identities=tuple(Identity(**identity) for identity in data["identities"]),
    )


def store_grant(tools: Tools, unit: UnitOfWork, attempt: Attempt, granted: Granted) -> UUID:
    """Store a proven consent, to be renewed at a random point of its life (R37)."""
    now = tools.now()
    return insert_grant(
        unit,
        tools.cipher,
        platform=attempt.platform,
        server=attempt.server,
        app_id=attempt.app_id,
        subject=granted.subject,
        credential=granted.credential,
        refresh_due_at=refresh_due(granted.credential, obtained_at=now, spread=_SPREAD.random()),
        granted_by=attempt.user_id,
        now=now,
    )
