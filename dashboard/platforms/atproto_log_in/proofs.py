"""Signed proofs that a question comes from whoever holds the key of a consent (RFC 9449).

A server may want a number of its own in them (nonce): its wish is granted once, at once, with the
same question, which it has not looked at before. The last number of each server is remembered in
this process only; it is good for some minutes.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from dashboard.domain.errors import CannotDecryptError
from dashboard.domain.wire import Answer, Ask, Http
from dashboard.platforms.answers import bearer, read
from dashboard.platforms.values import token_of

Clock = Callable[[], datetime]

WANTS_NONCE = "use_dpop_nonce"

_ALGORITHM = "ES256"
_LONGEST_NONCE = 512
_MOST_SERVERS = 1_000
_ASKING = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED})


def new_key() -> str:
    """A fresh private key (P-256), as the text in which it is kept."""
    return json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=True))


def opened(key: str) -> ECKey:
    """The key in that text; raises CannotDecryptError."""
    try:
        return ECKey.import_key(json.loads(key))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise CannotDecryptError("the key of a consent cannot be read") from error


@dataclass(slots=True)
class Nonces:
    """The last number that each server gave; bounded, as servers are named by strangers."""

    _known: dict[str, str] = field(default_factory=dict)

    def of(self, url: str) -> str:
        return self._known.get(_origin(url), "")

    def learn(self, url: str, answer: Answer) -> str:
        """Remember the number in an answer; returns it, "" for none."""
        nonce = token_of(answer.headers.get("dpop-nonce"))
        if not nonce or len(nonce) > _LONGEST_NONCE:
            return ""
        if len(self._known) >= _MOST_SERVERS:
            self._known.clear()
        self._known[_origin(url)] = nonce
        return nonce


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Sends questions with a proof. With `access`, only those that carry it, as its holder."""

    http: Http
    key: ECKey
    clock: Clock
    nonces: Nonces
    access: str = field(default="", repr=False)

    async def send(self, ask: Ask) -> Answer:
        """As `Http.send`; a server's wish for its number is granted once."""
        if self.access and ask.headers.get("Authorization") != bearer(self.access)["Authorization"]:
            return await self.http.send(ask)
        sent = self.nonces.of(ask.url)
        answer = await self.http.send(self._signed(ask, sent))
        fresh = self.nonces.learn(ask.url, answer)
        if fresh and fresh != sent and wants_nonce(answer):
            answer = await self.http.send(self._signed(ask, fresh))
            self.nonces.learn(ask.url, answer)
        return answer

    def _signed(self, ask: Ask, nonce: str) -> Ask:
        claims: dict[str, object] = {
            "jti": secrets.token_urlsafe(16),
            "htm": ask.method,
            "htu": ask.url.partition("?")[0].partition("#")[0],
            "iat": int(self.clock().timestamp()),
        }
        if nonce:
            claims["nonce"] = nonce
        headers = dict(ask.headers)
        if self.access:
            digest = hashlib.sha256(self.access.encode()).digest()
            claims["ath"] = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            headers["Authorization"] = f"DPoP {self.access}"
        public = self.key.as_dict(private=False)
        header = {"typ": "dpop+jwt", "alg": _ALGORITHM, "jwk": public}
        headers["DPoP"] = jwt.encode(header, claims, self.key, algorithms=[_ALGORITHM])
        return replace(ask, headers=headers)


def wants_nonce(answer: Answer) -> bool:
    """Whether the server has refused only because its number was missing or too old."""
    if answer.status not in _ASKING:
        return False
    said = read("", answer).text("error", 80)
    return said == WANTS_NONCE or f'error="{WANTS_NONCE}"' in answer.headers.get(
        "www-authenticate", ""
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
