"""The questions about consents and tokens: handed in, exchanged, renewed, given back.

All are signed with the key of the consent and say who we are. What is remembered while the person
is away goes sealed with the log-in under way: the browser learns nothing but a number.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from dashboard.domain.credentials import App, Credential
from dashboard.domain.wire import Ask, Http
from dashboard.platforms import oauth2
from dashboard.platforms.answers import Reply, secrets_of, send
from dashboard.platforms.atproto_log_in.client import SCOPES, identified
from dashboard.platforms.atproto_log_in.log_ins import LogIn
from dashboard.platforms.atproto_log_in.proofs import Clock, Nonces, Signing, new_key, opened
from dashboard.platforms.values import token_of

ISSUER, TOKEN, REVOKE, KEY = "issuer", "token_endpoint", "revocation_endpoint", "dpop_key"
"""In `Credential.extra`: who gave the consent, where it is renewed and given back, its key."""

KIND = "dpop"
_VERIFIER_BYTES = 64  # 86 letters; RFC 7636 wants 43 to 128
_REFRESH_DEADLINE = 75.0  # seconds: an abandoned refresh may lose the new token (R34)
_LONGEST_NUMBER = 500
_TAKEN = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What must be known when the person comes back. `did` is whom we expect; see `is_relink`."""

    verifier: str = field(repr=False)
    key: str = field(repr=False)
    issuer: str
    token: str
    revoke: str
    did: str
    is_relink: bool

    def packed(self) -> str:
        """As text, for sealing only."""
        return json.dumps(asdict(self))

    @classmethod
    def unpacked(cls, text: str) -> "Errand":
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Speaks to a log-in as us and as the holder of one key."""

    http: Http
    app: App
    clock: Clock
    nonces: Nonces
    issuer: str
    key: str = field(repr=False)

    async def say(
        self,
        call: str,
        url: str,
        hide: tuple[str, ...] = (),
        *,
        deadline: float = 20.0,
        **said: str,
    ) -> Reply:
        """Send a form; raises NoAnswerError."""
        form = {**said, **identified(self.app, self.issuer, now=self.clock())}
        ask = Ask(
            call=call,
            method="POST",
            url=url,
            headers={"Accept": "application/json"},
            form=form,
            deadline=deadline,
        )
        signing = Signing(
            http=self.http, key=opened(self.key), clock=self.clock, nonces=self.nonces
        )
        return await send(signing, ask, (*hide, *secrets_of(None, self.app)))


def errand(log_in: LogIn, did: str, *, is_relink: bool) -> Errand:
    """A log-in about to begin, with fresh secrets."""
    return Errand(
        verifier=secrets.token_urlsafe(_VERIFIER_BYTES),
        key=new_key(),
        issuer=log_in.issuer,
        token=log_in.token,
        revoke=log_in.revoke,
        did=did,
        is_relink=is_relink,
    )


async def hand_in(
    voice: Voice, log_in: LogIn, going: Errand, *, state: str, login_hint: str
) -> Reply | str:
    """Hand the request in (RFC 9126); the address for the browser, or the answer that gave none."""
    app = voice.app
    digest = hashlib.sha256(going.verifier.encode()).digest()
    reply = await voice.say(
        "hand in the request",
        log_in.push,
        (going.verifier,),
        response_type="code",
        redirect_uri=app.facts[oauth2.REDIRECT],
        scope=" ".join(SCOPES),
        state=state,
        code_challenge=base64.urlsafe_b64encode(digest).decode().rstrip("="),
        code_challenge_method="S256",
        login_hint=login_hint,
    )
    number = token_of((reply.body or {}).get("request_uri"))
    if reply.status not in _TAKEN or not number or len(number) > _LONGEST_NUMBER:
        return reply
    said = urlencode({"client_id": app.client_id, "request_uri": number})
    return f"{log_in.authorize}{'&' if '?' in log_in.authorize else '?'}{said}"


async def exchange(voice: Voice, going: Errand, *, code: str) -> Reply:
    """Exchange the code (RFC 6749, 4.1.3)."""
    return await voice.say(
        "exchange the code",
        going.token,
        (code, going.verifier),
        grant_type="authorization_code",
        code=code,
        redirect_uri=voice.app.facts[oauth2.REDIRECT],
        code_verifier=going.verifier,
    )


async def renew(voice: Voice, credential: Credential) -> Reply:
    """Renew (RFC 6749, 6); each refresh token is good once."""
    return await voice.say(
        "renew the permission",
        credential.extra[TOKEN],
        secrets_of(credential),
        deadline=_REFRESH_DEADLINE,
        grant_type="refresh_token",
        refresh_token=credential.refresh,
    )


async def give_back(voice: Voice, credential: Credential) -> Reply:
    """Give the consent back (RFC 7009)."""
    return await voice.say(
        "give the permission back",
        credential.extra[REVOKE],
        secrets_of(credential),
        token=credential.refresh or credential.access,
        token_type_hint="refresh_token",  # noqa: S106  a kind, not a secret
    )


def read(
    reply: Reply, *, asked: tuple[str, ...], did: str, now: datetime
) -> oauth2.Tokens | oauth2.TokenFault:
    """The tokens, if they are bound to a key, allow who somebody is, and are of `did` ("": anyone).

    Whose they are stands in `sub` (atproto.com/specs/oauth).
    """
    tokens = oauth2.read_tokens(reply, asked=asked, now=now, kind=KIND)
    if not isinstance(tokens, oauth2.Tokens):
        return tokens
    sub = (reply.body or {}).get("sub")
    if "atproto" not in tokens.scopes or not isinstance(sub, str) or (did and sub != did):
        return oauth2.TokenFault(
            fault=oauth2.Fault.UNCLEAR, evidence=reply.evidence(), body=reply.body or {}
        )
    return tokens
