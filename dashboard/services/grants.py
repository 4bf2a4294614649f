"""What a log-in brought, packed for the minutes until a person has decided; always sealed."""

import json
from dataclasses import asdict

from dashboard.db.credentials import dump_credential, parse_credential
from dashboard.domain.credentials import Subject
from dashboard.domain.links import Identity
from dashboard.platforms.protocol import Granted


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
