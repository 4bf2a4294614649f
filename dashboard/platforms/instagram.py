"""Instagram by its own log-in, for business and creator accounts without a Facebook Page.

Id and secret are those of the Instagram app, not of the Facebook app around it. What a person
allowed is told once, by the exchange of the code. Personal accounts cannot be linked; an account
that becomes one stops working (github.com/gitroomhq/postiz-app: "not an instagram business").

Sources: docs = developers.facebook.com/documentation/instagram-platform.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from dashboard.domain.capabilities import Capability
from dashboard.domain.checks import CheckOutcome, Evidence, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.pushes import Delivery, PushAnswer
from dashboard.domain.wire import Http
from dashboard.platforms import graph, oauth2, self_renewing
from dashboard.platforms.graph import VERSION, id_of
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.instagram_media import InstagramMedia
from dashboard.platforms.permissions import missing_permissions
from dashboard.platforms.protocol import (
    About,
    AppGuide,
    AppTest,
    Granted,
    Platform,
    RefreshOutcome,
)
from dashboard.platforms.registered import RegisteredByHand

KEY = "instagram"
HOSTS = {
    "www": "https://www.instagram.com",
    "api": "https://api.instagram.com",
    "graph": "https://graph.instagram.com",
}
_SCOPES = (
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_messages",
)
_LABELS = {
    "instagram_business_basic": "see the account and its posts",
    "instagram_business_content_publish": "publish",
    "instagram_business_manage_comments": "read comments",
    "instagram_business_manage_messages": "read direct messages",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instagram(InstagramMedia, RegisteredByHand):
    """See the module."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = About(
        key=KEY,
        label="Instagram",
        account_word="account",
        conditions=(
            "The account must be a professional one (business or creator).",
            "Log in as the account itself and leave everything switched on that is asked for.",
            (
                "For direct messages switch on Allow access to messages in the Instagram app under "
                "Settings > Messages."
            ),
        ),
        before_relink=(
            "Log in at Instagram as the account that you want to relink.",
            "Check that it still is a professional account.",
        ),
        wants={
            Capability.READ_MESSAGES: frozenset({"instagram_business_manage_messages"}),
            Capability.MONITOR_MENTIONS: frozenset({"instagram_business_manage_comments"}),
            Capability.READ_PUBLICATIONS: frozenset({"instagram_business_basic"}),
            Capability.PUBLISH: frozenset({"instagram_business_content_publish"}),
        },
        grant_at="Relink the account and leave everything switched on that Instagram asks for",
        grant_url="https://www.instagram.com/accounts/manage_access/",
        history_reach="Instagram gives about the newest 10,000 posts of an account.",
    )
    guide = AppGuide(
        console_url="https://developers.facebook.com/apps/",
        steps=(
            "Make an app of the type Business and add the product Instagram.",
            (
                "Under API setup with Instagram login > Business login settings enter the address "
                "below as OAuth redirect URI, and the address for messages as Deauthorize callback "
                "URL and as Data deletion request URL."
            ),
            (
                "Copy the Instagram App ID and the Instagram App secret to here: they are not "
                "those of the Facebook app around it."
            ),
            "Add each account as a tester of the app, or apply for Advanced Access.",
        ),
        conditions=(
            "The address must begin with https.",
            "Personal accounts cannot be linked by any program since December 2024.",
        ),
        id_label="Instagram App ID",
        secret_label="Instagram App secret",  # noqa: S106  a label
        push_label="Deauthorize callback and data deletion address",
    )

    def through(self, sandbox_url: str) -> Platform:
        return Instagram(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=_SCOPES,
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/oauth/authorize",
                oauth2.TOKEN: f"{self.hosts['api']}/oauth/access_token",
                oauth2.SEPARATOR: ",",
                oauth2.PKCE: "no",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """Instagram answers nothing without a person: the first log-in shows whether it fits."""
        _ = http, app
        text = "Instagram cannot be asked without a log-in: link an account to see whether it fits."
        return AppTest.UNCLEAR, Evidence(call="check our registration", text=text)

    def asked_along(self, *, choose_person: bool) -> dict[str, str]:
        return {"enable_fb_login": "0"} | ({"force_authentication": "1"} if choose_person else {})

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        _ = verifier
        credential = await self_renewing.log_in(
            http,
            self.about,
            app,
            code=code,
            redirect_uri=redirect_uri,
            exchange_url=f"{self.hosts['graph']}/access_token",
            grant_type="ig_exchange_token",
            now=now,
        )
        subject, identities = await self.identities(http, app, credential)
        return Granted(credential=credential, subject=subject, identities=identities)

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        reply = await graph.read(
            http,
            app,
            credential,
            "read the profile",
            self.url("me"),
            fields="user_id,username,name,account_type",
        )
        remote_id, name = id_of((reply.body or {}).get("user_id")), reply.text("username", 100)
        if reply.status != HTTPStatus.OK or not remote_id:
            raise graph.failure(KEY, self.about, reply)
        identity = Identity(
            remote_id=remote_id,
            name=reply.text("name", 255) or name or remote_id,
            handle=f"@{name}" if name else "",
            url=f"https://www.instagram.com/{name}/" if name else "",
        )
        return Subject(remote_id=remote_id, name=identity.name), (identity,)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        reply = await graph.read(
            http,
            app,
            credential,
            "read the profile",
            self.url("me"),
            fields="user_id,username,account_type",
        )
        mine = id_of((reply.body or {}).get("user_id"))
        if reply.status == HTTPStatus.OK and mine == identity.remote_id:
            return Works(missing=missing_permissions(self.about, credential.scopes, _LABELS))
        return graph.meaning(self.about, reply)

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        _ = app
        url = f"{self.hosts['graph']}/refresh_access_token"
        return await self_renewing.renew(
            http, self.about, credential, url=url, grant_type="ig_refresh_token", now=now
        )

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """Instagram documents no way to give a token back; it ends by itself within 60 days."""

    async def read_push(
        self, http: Http, app: App, delivery: Delivery, *, now: datetime
    ) -> PushAnswer:
        _ = http
        return graph.deauthorized(app, delivery, now=now, status_url="https://www.instagram.com/")

    def url(self, path: str) -> str:
        return f"{self.hosts['graph']}/{VERSION}/{path}"

    def token(self, credential: Credential, identity: Identity) -> str:
        _ = identity
        return credential.access

    def whose(self, identity: Identity) -> str:
        _ = identity
        return "me"
