"""Security events that Google pushes (Cross-Account Protection, RISC): a reason to look, no proof.

Each is a signed token (RFC 8417) that names a person. Google sends them only for people who allowed
`email` or `profile`, to an address registered through its RISC interface by a service account. The
names of the events: schemas.openid.net and public receivers; none of them ends a link here, all
make Linkkeeper look. Events about a single token name it by a hash only and concern nobody here.

Source: developers.google.com/identity/protocols/risc.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import cast

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from dashboard.domain.credentials import App
from dashboard.domain.pushes import Delivery, ForgedPushError, PushAnswer, PushHint, PushReason
from dashboard.domain.untrusted import UnreadableJsonError, read_json
from dashboard.domain.wire import Ask, Http, NoAnswerError, Silence
from dashboard.platforms.answers import Reply, send
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.values import Body, epoch_of, object_of, text_of, token_of

_LONGEST = 16_384
_ALGORITHM = "RS256"
_OLDEST, _NEWEST = timedelta(days=7), timedelta(minutes=5)
_SEGMENTS = 3
_REASONS = {
    "sessions-revoked": PushReason.LOGGED_OUT,
    "tokens-revoked": PushReason.APP_REMOVED,
    "account-disabled hijacking": PushReason.HIJACKED,
    "account-disabled": PushReason.ACCOUNT_DISABLED,
    "account-disabled bulk-account": PushReason.ACCOUNT_DISABLED,
    "account-purged": PushReason.ACCOUNT_DELETED,
    "account-credential-change-required": PushReason.CHANGE_WANTED,
}
_MAX_AGE = re.compile(r"max-age=(\d{1,7})(?!\d)")
_USUALLY, _SHORTEST, _LONGEST_HELD = timedelta(hours=1), timedelta(minutes=5), timedelta(days=1)
_ASKED_AGAIN_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Google's keys, whose they are, when they were asked for, and until when they hold."""

    issuer: str
    keys: KeySet
    asked_at: datetime
    until: datetime


@dataclass(slots=True)
class Keyring:
    """What this process remembers of Google's keys, so that not every message asks for them."""

    known: Known | None = None

    async def at(self, http: Http, hosts: Hosts, *, now: datetime) -> Known:
        """The keys that hold now; raises NoAnswerError."""
        if self.known is None or not self.known.asked_at <= now < self.known.until:
            self.known = await _ask_for_keys(http, hosts, now)
        return self.known

    async def verified(
        self, http: Http, hosts: Hosts, token: str, *, now: datetime
    ) -> tuple[str, Body]:
        """Who signed a token and what it says; raises ForgedPushError, NoAnswerError.

        A key that is not known may be a new one: it is asked for, but by forgeries once a minute.
        """
        known = await self.at(http, hosts, now=now)
        try:
            return known.issuer, _opened_with(known, token)
        except ForgedPushError:
            if now - known.asked_at < _ASKED_AGAIN_AFTER:
                raise
        self.known = None
        known = await self.at(http, hosts, now=now)
        return known.issuer, _opened_with(known, token)


async def read(
    http: Http, hosts: Hosts, keyring: Keyring, app: App, delivery: Delivery, *, now: datetime
) -> PushAnswer:
    """Verify and read one event; raises ForgedPushError, NoAnswerError when keys cannot be had."""
    token = _plausible(delivery, app)
    issuer, claims = await keyring.verified(http, hosts, token, now=now)
    at = epoch_of(claims.get("iat"))
    event_id = text_of(claims.get("jti"), 200)
    fresh = at is not None and now - _OLDEST <= at <= now + _NEWEST
    issued = str(claims.get("iss") or "").rstrip("/") == issuer.rstrip("/")
    if not (fresh and issued and event_id and _is_for(claims, app)):
        raise ForgedPushError
    events = object_of(claims.get("events"))
    named = sorted(_named(name, event) for name, event in events.items())
    known = (_REASONS[name] for name in named if name in _REASONS)
    hint = PushHint(
        id=event_id,
        what=", ".join(named)[:200],
        reason=next(known, None),
        subjects=frozenset(_people(events, issuer)),
        at=at,
    )
    return PushAnswer(hints=(hint,), status=HTTPStatus.ACCEPTED)


async def _ask_for_keys(http: Http, hosts: Hosts, now: datetime) -> Known:
    config = await _told(http, "read where the keys are", _config_url(hosts))
    issuer, place = config.text("issuer", 200), config.text("jwks_uri", 500)
    if not issuer or not place.startswith(f"{hosts['www']}/"):
        raise NoAnswerError(Silence.BROKEN_OFF, call=config.call)
    told = await _told(http, "read the keys", place)
    try:
        keys = KeySet.import_key_set(cast(KeySetSerialization, told.body))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NoAnswerError(Silence.BROKEN_OFF, call=told.call) from error
    return Known(issuer=issuer, keys=keys, asked_at=now, until=now + _holds_for(told))


def _holds_for(reply: Reply) -> timedelta:
    """As long as Google says (`Cache-Control`), within reason."""
    said = _MAX_AGE.search(reply.headers.get("cache-control", "")[:200])
    told = timedelta(seconds=int(said.group(1))) if said else _USUALLY
    return min(max(told, _SHORTEST), _LONGEST_HELD)


def _named(name: str, event: object) -> str:
    """The event with its reason, for the journal ("account-disabled hijacking")."""
    word = text_of(name, 200).rpartition("/")[2]
    return f"{word} {text_of(object_of(event).get('reason'), 40)}".strip()


def _config_url(hosts: Hosts) -> str:
    return f"{hosts['accounts']}/.well-known/risc-configuration"


async def _told(http: Http, call: str, url: str) -> Reply:
    reply = await send(http, Ask(call=call, method="GET", url=url, max_bytes=65_536))
    if reply.status != HTTPStatus.OK or reply.body is None:
        raise NoAnswerError(Silence.BROKEN_OFF, call=call)
    return reply


def _plausible(delivery: Delivery, app: App) -> str:
    """The token, if it is worth asking Google for keys: of the right form and meant for us."""
    try:
        token = token_of(delivery.body.decode("ascii").strip())
    except UnicodeDecodeError as error:
        raise ForgedPushError from error
    parts = token.split(".")
    if len(delivery.body) > _LONGEST or len(parts) != _SEGMENTS or not all(parts):
        raise ForgedPushError
    header, claims = _opened(parts[0]), _opened(parts[1])
    if header.get("alg") != _ALGORITHM or not _is_for(claims, app):
        raise ForgedPushError
    return token


def _opened(segment: str) -> Body:
    try:
        padded = segment + "=" * (-len(segment) % 4)
        return object_of(read_json(base64.b64decode(padded, altchars=b"-_", validate=True)))
    except (binascii.Error, UnreadableJsonError) as error:
        raise ForgedPushError from error


def _opened_with(known: Known, token: str) -> Body:
    try:
        return jwt.decode(token, known.keys, algorithms=[_ALGORITHM]).claims
    except (JoseError, ValueError, TypeError) as error:
        raise ForgedPushError from error


def _is_for(claims: Body, app: App) -> bool:
    meant = claims.get("aud")
    audience = meant if isinstance(meant, list) else [meant]
    return bool(app.client_id) and app.client_id in audience


def _people(events: Body, issuer: str) -> Iterator[str]:
    """Whom the events are about, where Google is who names them."""
    for event in events.values():
        subject = object_of(object_of(event).get("subject"))
        by_google = str(subject.get("iss") or "").rstrip("/") == issuer.rstrip("/")
        who = text_of(subject.get("sub"), 255)
        if by_google and who:
            yield who
