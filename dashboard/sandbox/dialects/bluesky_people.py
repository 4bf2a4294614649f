"""Who is who in Bluesky's dialect: names, identities, documents; the truth is the Sandbox's own."""

import base64
import hashlib
from typing import Any

from flask import request

from dashboard.sandbox import accounts
from dashboard.sandbox.model import Account, AccountStatus, Grant
from dashboard.sandbox.web import here

NETWORK = "bluesky"


def address(host: str) -> str:
    """Where one of the hosts of this dialect is."""
    return f"{request.host_url}dialects/{NETWORK}/{host}"


def did_of(account: Account) -> str:
    """The identity of an account: the same for ever."""
    digest = hashlib.sha256(f"identity {account.id}".encode()).digest()
    return f"did:plc:{base64.b32encode(digest).decode().lower()[:24]}"


def handle_of(account: Account) -> str:
    """The name of an account as Bluesky would have it."""
    own = account.handle.removeprefix(f"{NETWORK}_").replace("_", "-")
    return f"{own}.bsky.example"


def by_did(did: str) -> Account | None:
    """The account with this identity, deleted ones too."""
    return next((one for one in _residents() if did_of(one) == did), None)


def by_handle(handle: str) -> Account | None:
    """The account with this name; deleted ones bear none any more."""
    named = (one for one in _residents() if handle_of(one) == handle.lower())
    return next((one for one in named if one.status is not AccountStatus.GONE), None)


def of_grant(grant: Grant) -> Account | None:
    """The one account that a permission is for."""
    chosen = min(part.account_id for part in grant.accounts)
    return next((one for one in _residents() if one.id == chosen), None)


def document(account: Account) -> dict[str, Any]:
    """The document of an identity."""
    service = {
        "id": "#atproto_pds",
        "type": "AtprotoPersonalDataServer",
        "serviceEndpoint": address("pds"),
    }
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": did_of(account),
        "alsoKnownAs": [f"at://{handle_of(account)}"],
        "service": [service],
    }


def _residents() -> list[Account]:
    with here().store.reading() as db:
        return [one for one in accounts.accounts(db) if one.network == NETWORK]
