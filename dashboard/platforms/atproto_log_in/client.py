"""Who we are for servers that never heard of us: a document at our own public address.

With a public https address we are a confidential client: our signature proves who asks, and
consents last longer (github.com/bluesky-social/atproto, packages/oauth/oauth-provider). On the
computer at which one sits, the protocol lets us in without a document and without proof. Anywhere
else no server could read about us, and there is no such log-in.
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from joserfc import jwt

from dashboard.domain.credentials import App
from dashboard.platforms import oauth2
from dashboard.platforms.atproto_log_in.log_ins import CONFIDENTIAL, PUBLIC
from dashboard.platforms.atproto_log_in.proofs import new_key, opened

SCOPES = ("atproto", "transition:generic", "transition:chat.bsky")
"""What an app password with direct messages may do, in the names that every server knows."""

DOCUMENT = "/link/bluesky/client-metadata.json"
"""Where our document is served, below our public address."""

_LOCAL_CLIENT = "http://localhost"
_LOCAL_HOSTS = frozenset({"127.0.0.1", "::1"})
_PUBLIC_NAME = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.ASCII
)
_NEVER_PUBLIC = frozenset({"local", "localhost", "internal", "lan", "home", "arpa", "test"})
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTED_FOR = 60  # seconds


def client_id(base_url: str, redirect_uri: str) -> str:
    """How servers know us by our own address, "" where none could read about us."""
    parts = urlsplit(base_url)
    if parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS:
        said = {"redirect_uri": redirect_uri, "scope": " ".join(SCOPES)}
        return f"{_LOCAL_CLIENT}?{urlencode(said)}"
    host = parts.hostname or ""
    is_public = bool(_PUBLIC_NAME.fullmatch(host)) and host.rpartition(".")[2] not in _NEVER_PUBLIC
    if parts.scheme != "https" or parts.port is not None or not is_public:
        return ""
    return f"{base_url}{DOCUMENT}"


def new_client(client_id: str, redirect_uri: str) -> App:
    """We under this id; with a key of our own unless the id is that of a local client."""
    return App(
        client_id=client_id,
        client_secret="" if client_id.startswith(_LOCAL_CLIENT) else new_key(),
        scopes=SCOPES,
        facts={oauth2.REDIRECT: redirect_uri},
    )


def method_of(app: App) -> str:
    """How we prove who we are."""
    return CONFIDENTIAL if app.client_secret else PUBLIC


def document(apps: Sequence[App], base_url: str) -> Mapping[str, object]:
    """What servers read about us. All keys that a consent may hang on are in it, newest first."""
    newest = apps[0]
    return {
        "client_id": newest.client_id,
        "client_name": "Linkkeeper",
        "client_uri": base_url,
        "application_type": "web",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "redirect_uris": [newest.facts[oauth2.REDIRECT]],
        "scope": " ".join(SCOPES),
        "dpop_bound_access_tokens": True,
        "token_endpoint_auth_method": CONFIDENTIAL,
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks": {"keys": [_public(app) for app in apps]},
    }


def identified(app: App, issuer: str, *, now: datetime) -> dict[str, str]:
    """The fields of a form that say, and where we can, prove, who asks (RFC 7523, 2.2)."""
    fields = {"client_id": app.client_id}
    if not app.client_secret:
        return fields
    key, at = opened(app.client_secret), int(now.timestamp())
    claims = {
        "iss": app.client_id,
        "sub": app.client_id,
        "aud": issuer,
        "jti": secrets.token_urlsafe(16),
        "iat": at,
        "exp": at + _ASSERTED_FOR,
    }
    header = {"alg": "ES256", "kid": key.thumbprint()}
    assertion = jwt.encode(header, claims, key, algorithms=["ES256"])
    return {**fields, "client_assertion_type": _ASSERTION, "client_assertion": assertion}


def _public(app: App) -> dict[str, object]:
    key = opened(app.client_secret)
    public = json.loads(json.dumps(key.as_dict(private=False)))
    return {**public, "kid": key.thumbprint(), "alg": "ES256", "use": "sig"}
