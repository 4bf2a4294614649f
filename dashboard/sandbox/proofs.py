"""Tokens that are bound to a key: each call must prove that the key is held (RFC 9449).

The numbers that proofs must carry are worked out from the time and a key of the database: the
present one and the one before are good, each for three minutes.
"""

import base64
import binascii
import hashlib
import hmac
import json
import sqlite3
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from flask import request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from dashboard.sandbox.store import secret_key, sha256
from dashboard.sandbox.web import here, now

_NUMBER_LIFE = timedelta(minutes=3)
_LEEWAY = timedelta(minutes=1)
_REMEMBERED = 10_000


class ProofError(Exception):
    """The proof is missing or proves nothing; `code` as the protocol names it."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


class Replays:
    """The proofs that were seen, the youngest ten thousand."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def is_new(self, proof: str) -> bool:
        with self._lock:
            new = proof not in self._seen
            self._seen[proof] = None
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            return new


_replays = Replays()


def number() -> str:
    """The number that proofs must carry now."""
    return _number(now())


def thumbprint_of_proof(access: str = "") -> str:
    """Judge the proof that came with this request; which key it proves. Raises ProofError.

    With `access` it must be bound to that token.
    """
    proof = request.headers.get("DPoP", "")
    if not proof:
        raise _invalid("DPoP proof required")
    key, claims = _verified(proof)
    if claims.get("htm") != request.method:
        raise _invalid('DPoP "htm" mismatch')
    if claims.get("htu") != request.base_url:
        raise _invalid('DPoP "htu" mismatch')
    _judge_number(claims.get("nonce"))
    at = claims.get("iat")
    if not isinstance(at, int) or abs(now().timestamp() - at) > _LEEWAY.total_seconds():
        raise _invalid('DPoP "iat" is too far away')
    bound = base64.urlsafe_b64encode(hashlib.sha256(access.encode()).digest()).decode()
    if claims.get("ath") != (bound.rstrip("=") if access else None):
        raise _invalid('DPoP "ath" mismatch')
    if not claims.get("jti") or not _replays.is_new(sha256(proof)):
        raise _invalid('DPoP "jti" was used before')
    return key.thumbprint()


def bind(db: sqlite3.Connection, what: str, thumbprint: str) -> None:
    """Let `what` (a request under way, a grant) be good only with this key."""
    db.execute("INSERT OR REPLACE INTO bound_keys VALUES (?, ?)", (what, thumbprint))


def is_bound(db: sqlite3.Connection, what: str, thumbprint: str) -> bool:
    """Whether `what` is good with this key."""
    row = db.execute("SELECT thumbprint FROM bound_keys WHERE what = ?", (what,)).fetchone()
    return row is not None and hmac.compare_digest(row["thumbprint"], thumbprint)


def _verified(proof: str) -> tuple[ECKey, dict[str, Any]]:
    try:
        head = proof.split(".", maxsplit=1)[0]
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        if header.get("typ") != "dpop+jwt" or "d" in header["jwk"]:
            raise _invalid("Failed to verify DPoP proof")
        key = ECKey.import_key(header["jwk"])
        return key, dict(jwt.decode(proof, key, algorithms=["ES256"]).claims)
    except (JoseError, binascii.Error, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _invalid("Failed to verify DPoP proof") from error


def _judge_number(told: object) -> None:
    good = (_number(now()), _number(now() - _NUMBER_LIFE))
    if not isinstance(told, str) or told not in good:
        raise ProofError("use_dpop_nonce", "A nonce of this server is required in the DPoP proof")


def _number(at: datetime) -> str:
    with here().store.reading() as db:
        key = secret_key(db).encode()
    span = int(at.timestamp() // _NUMBER_LIFE.total_seconds())
    return hmac.new(key, f"proof {span}".encode(), hashlib.sha256).hexdigest()[:24]


def _invalid(why: str) -> ProofError:
    return ProofError("invalid_dpop_proof", why)
