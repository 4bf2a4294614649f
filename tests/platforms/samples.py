"""For each platform: a link to ask about, with secrets that must never be seen again."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dashboard.domain.credentials import App, Credential
from dashboard.domain.links import Identity
from dashboard.domain.wire import Answer
from dashboard.platforms import available
from dashboard.platforms.atproto_log_in.proofs import new_key
from dashboard.platforms.bluesky import Bluesky
from dashboard.platforms.protocol import Platform
from tests.fakes import START

SANDBOX = "http://sandbox.example"
REDIRECT = "https://linkkeeper.example/link/back/1"


def jwt(**claims: Any) -> str:
    """A token in the form of the AT Protocol's; nobody here verifies it."""

    def part(value: Mapping[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'ES256K', 'typ': 'at+jwt'})}.{part(claims)}.c2lnbmF0dXJl"


def answer(
    status: int = 200,
    body: Any = None,
    *,
    text: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    raw = text.encode() if text is not None else json.dumps(body).encode()
    return Answer(status=status, headers=dict(headers or {}), body=raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One link of a platform, in the state of just having been made."""

    platform: Any
    app: App | None
    credential: Credential
    identity: Identity

    @property
    def origins(self) -> set[str]:
        """Where secrets of this link may be sent."""
        told = {origin for origin in self.credential.extra.values() if "://" in origin}
        return told | set(getattr(self.platform, "hosts", {}).values())

    @property
    def secrets(self) -> tuple[str, ...]:
        """What a platform can send back. Private keys cannot come back: they never leave."""
        app_secret = self.app.client_secret if self.app else ""
        of_pages = [
            value for name, value in self.credential.extra.items() if name.startswith("page:")
        ]
        found = (self.credential.access, self.credential.refresh, app_secret, *of_pages)
        return tuple(secret for secret in found if secret and not secret.startswith("{"))


DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
EXPIRY = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ACCESS_JWT = jwt(
    scope="com.atproto.appPassPrivileged", sub=DID, exp=int(EXPIRY.timestamp()), jti="access"
)
REFRESH_JWT = jwt(scope="com.atproto.refresh", sub=DID, exp=1_800_000_000, jti="refresh")


def app_of(server: str, **facts: str) -> App:
    endpoints = {
        "authorization_endpoint": f"{server}/oauth/authorize",
        "token_endpoint": f"{server}/oauth/token",
        "revocation_endpoint": f"{server}/oauth/revoke",
        "redirect_uri": REDIRECT,
    }
    return App(
        client_id="client-1",
        client_secret="hush-app-secret",
        server=server,
        scopes=("profile", "read:statuses"),
        facts={**endpoints, **facts},
    )


GOOGLE = "https://www.googleapis.com/auth/"
GOOGLE_FACTS = {
    "token_endpoint": "https://oauth2.googleapis.com/token",
    "revocation_endpoint": "https://oauth2.googleapis.com/revoke",
}


def _platform(key: str) -> Platform:
    return available(SANDBOX)[key]


SAMPLES = {
    "mastodon": Sample(
        platform=_platform("mastodon"),
        app=app_of("https://mastodon.example"),
        credential=Credential(
            access="hush-mastodon-access-token",
            scopes=frozenset({"profile", "read:statuses", "read:notifications", "write:statuses"}),
            extra={"server": "https://mastodon.example"},
        ),
        identity=Identity(
            remote_id="14715@mastodon.example",
            name="Bakery Jansen",
            handle="@bakery@mastodon.example",
        ),
    ),
    "bluesky": Sample(
        platform=_platform("bluesky"),
        app=None,
        credential=Credential(
            access=ACCESS_JWT,
            refresh=REFRESH_JWT,
            scopes=frozenset({"com.atproto.appPassPrivileged"}),
            expires_at=START,
            extra={
                "service": "https://bsky.social",
                "pds": "https://morel.host.example",
                "did": DID,
            },
        ),
        identity=Identity(remote_id=DID, name="Bakery Jansen", handle="@bakery.bsky.social"),
    ),
    "bluesky_own_log_in": Sample(
        platform=Bluesky(clock=lambda: START),
        app=App(
            client_id="https://linkkeeper.example/link/bluesky/client-metadata.json",
            client_secret=new_key(),
            facts={"redirect_uri": REDIRECT},
        ),
        credential=Credential(
            access="hush-bound-access-token",
            refresh="hush-bound-refresh-token",
            scopes=frozenset({"atproto", "transition:generic", "transition:chat.bsky"}),
            expires_at=START,
            extra={
                "service": "https://morel.host.example",
                "pds": "https://morel.host.example",
                "did": DID,
                "issuer": "https://bsky.social",
                "token_endpoint": "https://bsky.social/oauth/token",
                "revocation_endpoint": "https://bsky.social/oauth/revoke",
                "dpop_key": new_key(),
                "session_ends": "2028-11-23T10:00:00+00:00",
            },
        ),
        identity=Identity(remote_id=DID, name="Bakery Jansen", handle="@bakery.bsky.social"),
    ),
    "facebook": Sample(
        platform=_platform("facebook"),
        app=App(
            client_id="1234567890",
            client_secret="hush-facebook-app-secret",
            facts={"token_endpoint": "https://graph.facebook.com/v26.0/oauth/access_token"},
        ),
        credential=Credential(
            access="hush-facebook-user-token",
            scopes=frozenset({"pages_show_list"}),
            extra={
                "page:10158": "hush-facebook-page-token",
                "renew_by": "2027-02-22T10:00:00+00:00",
            },
        ),
        identity=Identity(remote_id="10158", name="Bakery Jansen", handle="bakeryjansen"),
    ),
    "instagram": Sample(
        platform=_platform("instagram"),
        app=App(client_id="2345678901", client_secret="hush-instagram-app-secret"),
        credential=Credential(
            access="hush-instagram-token",
            refresh="hush-instagram-token",
            scopes=frozenset(
                {
                    "instagram_business_basic",
                    "instagram_business_content_publish",
                    "instagram_business_manage_comments",
                    "instagram_business_manage_messages",
                }
            ),
            expires_at=START,
        ),
        identity=Identity(remote_id="17841", name="Bakery Jansen", handle="@bakeryjansen"),
    ),
    "instagram_page": Sample(
        platform=_platform("instagram_page"),
        app=App(
            client_id="1234567891",
            client_secret="hush-instagram-page-app-secret",
            facts={"token_endpoint": "https://graph.facebook.com/v26.0/oauth/access_token"},
        ),
        credential=Credential(
            access="hush-instagram-page-user-token",
            scopes=frozenset(
                {
                    "instagram_basic",
                    "instagram_content_publish",
                    "instagram_manage_comments",
                    "instagram_manage_messages",
                    "pages_show_list",
                    "pages_read_engagement",
                }
            ),
            extra={
                "page:17842": "hush-instagram-page-token",
                "of:17842": "10158",
                "renew_by": "2027-02-22T10:00:00+00:00",
            },
        ),
        identity=Identity(remote_id="17842", name="Bakery Jansen", handle="@bakeryjansen"),
    ),
    "threads": Sample(
        platform=_platform("threads"),
        app=App(client_id="3456789012", client_secret="hush-threads-app-secret"),
        credential=Credential(
            access="hush-threads-token",
            refresh="hush-threads-token",
            scopes=frozenset(
                {
                    "threads_basic",
                    "threads_content_publish",
                    "threads_read_replies",
                    "threads_manage_mentions",
                }
            ),
            expires_at=START,
        ),
        identity=Identity(remote_id="26789", name="Bakery Jansen", handle="@bakeryjansen"),
    ),
    "x": Sample(
        platform=_platform("x"),
        app=App(
            client_id="x-client",
            client_secret="hush-x-app-secret",
            facts={
                "token_endpoint": "https://api.x.com/2/oauth2/token",
                "revocation_endpoint": "https://api.x.com/2/oauth2/revoke",
                "client_auth": "basic",
            },
        ),
        credential=Credential(
            access="hush-x-access",
            refresh="hush-x-refresh",
            scopes=frozenset({"users.read", "tweet.read", "tweet.write", "dm.read"}),
            expires_at=START,
        ),
        identity=Identity(remote_id="783214", name="Bakery Jansen", handle="@bakeryjansen"),
    ),
    "reddit": Sample(
        platform=_platform("reddit"),
        app=App(
            client_id="reddit-client",
            client_secret="hush-reddit-app-secret",
            facts={
                "token_endpoint": "https://www.reddit.com/api/v1/access_token",
                "revocation_endpoint": "https://www.reddit.com/api/v1/revoke_token",
                "client_auth": "basic",
            },
        ),
        credential=Credential(
            access="hush-reddit-access",
            refresh="hush-reddit-refresh",
            scopes=frozenset({"identity", "history", "read", "privatemessages", "submit"}),
            expires_at=START,
        ),
        identity=Identity(remote_id="1w72", name="bakeryjansen", handle="u/bakeryjansen"),
    ),
    "linkedin": Sample(
        platform=_platform("linkedin"),
        app=App(
            client_id="li-client",
            client_secret="hush-linkedin-app-secret",
            facts={
                "token_endpoint": "https://www.linkedin.com/oauth/v2/accessToken",
                "revocation_endpoint": "https://www.linkedin.com/oauth/v2/revoke",
            },
        ),
        credential=Credential(
            access="hush-linkedin-access",
            scopes=frozenset(
                {
                    "w_member_social",
                    "r_organization_social",
                    "w_organization_social",
                    "rw_organization_admin",
                }
            ),
            expires_at=START,
            extra={"renew_by": "2027-01-23T10:00:00+00:00"},
        ),
        identity=Identity(
            remote_id="urn:li:organization:5515715", name="Bakery Jansen", handle="bakeryjansen"
        ),
    ),
    "youtube": Sample(
        platform=_platform("youtube"),
        app=App(
            client_id="youtube-client",
            client_secret="hush-youtube-app-secret",
            facts=GOOGLE_FACTS,
        ),
        credential=Credential(
            access="hush-youtube-access",
            refresh="hush-youtube-refresh",
            scopes=frozenset({f"{GOOGLE}youtube.readonly", f"{GOOGLE}youtube.force-ssl"}),
            expires_at=START,
        ),
        identity=Identity(remote_id="UCx1", name="Bakery Jansen", handle="@bakeryjansen"),
    ),
    "google_business": Sample(
        platform=_platform("google_business"),
        app=App(
            client_id="business-client",
            client_secret="hush-business-app-secret",
            facts=GOOGLE_FACTS,
        ),
        credential=Credential(
            access="hush-business-access",
            refresh="hush-business-refresh",
            scopes=frozenset({f"{GOOGLE}business.manage"}),
            expires_at=START,
            extra={"account:locations/22": "accounts/11"},
        ),
        identity=Identity(remote_id="locations/22", name="Bakery Jansen", handle=""),
    ),
    "tiktok": Sample(
        platform=_platform("tiktok"),
        app=App(
            client_id="tiktok-key",
            client_secret="hush-tiktok-app-secret",
            facts={
                "token_endpoint": "https://open.tiktokapis.com/v2/oauth/token/",
                "revocation_endpoint": "https://open.tiktokapis.com/v2/oauth/revoke/",
                "client_id_name": "client_key",
                "scope_separator": ",",
                "pkce": "no",
            },
        ),
        credential=Credential(
            access="hush-tiktok-access",
            refresh="hush-tiktok-refresh",
            scopes=frozenset({"user.info.basic", "video.list", "video.publish"}),
            expires_at=START,
        ),
        identity=Identity(remote_id="723f24d7", name="Bakery Jansen", handle="@bakeryjansen"),
    ),
    "pinterest": Sample(
        platform=_platform("pinterest"),
        app=App(
            client_id="pinterest-app",
            client_secret="hush-pinterest-app-secret",
            facts={
                "token_endpoint": "https://api.pinterest.com/v5/oauth/token",
                "client_auth": "basic",
            },
        ),
        credential=Credential(
            access="pina_hush-access",
            refresh="pinr_hush-refresh",
            scopes=frozenset(
                {"user_accounts:read", "boards:read", "boards:write", "pins:read", "pins:write"}
            ),
            expires_at=START,
        ),
        identity=Identity(remote_id="2783136121146311751", name="Bakery", handle="bakeryjansen"),
    ),
    "sandbox": Sample(
        platform=_platform("sandbox"),
        app=app_of(SANDBOX),
        credential=Credential(
            access="sba_hush-sandbox-access",
            refresh="sbr_hush-sandbox-refresh",
            scopes=frozenset(
                {"profile", "posts:read", "posts:write", "mentions:read", "messages:read"}
            ),
            expires_at=START,
            extra={"server": SANDBOX},
        ),
        identity=Identity(remote_id="page_1", name="Bakery Jansen", handle="bakery"),
    ),
}
