"""TikTok: accounts watched, their videos listed, pictures with words published.

TikTok bends the protocol: our id is called `client_key`, permissions stand with commas, and errors
of the token endpoint may come with status 200. How long tokens live has changed (2 hours and 180
days in the documents of November 2026, 24 hours and 365 days before), so only the answer counts;
the refresh token is replaced at each use. There are no comments, mentions or messages for programs.

Source: developers.tiktok.com/doc.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import unquote

from dashboard.domain.budgets import Budget
from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability
from dashboard.domain.checks import CheckOutcome, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.publishing import Outgoing, PictureRule, PostRules, PublishOutcome
from dashboard.domain.pushes import Delivery, PushAnswer
from dashboard.domain.wire import Http
from dashboard.platforms import oauth2
from dashboard.platforms.answers import secrets_of, send
from dashboard.platforms.code_log_in import CodeLogIn, end_of_renewals
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.permissions import by_relink, missing_permissions
from dashboard.platforms.protocol import About, AppGuide, Granted, Platform
from dashboard.platforms.tiktok import findings, publishing, pushes, reading
from dashboard.platforms.tiktok.findings import BASIC, LABELS, PROFILE, PUBLISH, VIDEOS

KEY = "tiktok"
HOSTS = {"www": "https://www.tiktok.com", "api": "https://open.tiktokapis.com"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TikTok(CodeLogIn):
    """See the module. A remote id is the `open_id`, which each registration sees differently."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = About(
        key=KEY,
        label="TikTok",
        account_word="account",
        conditions=(
            "Log in as the account itself and leave all permissions switched on.",
            (
                "TikTok fetches pictures from here, so this installation must be reachable from "
                "outside, at an address that TikTok has verified."
            ),
            "A post needs a picture. TikTok gives programs no comments and no messages.",
        ),
        before_relink=("Log in at TikTok as the account that you want to relink.",),
        wants={
            Capability.READ_PUBLICATIONS: frozenset({VIDEOS}),
            Capability.PUBLISH: frozenset({PUBLISH}),
        },
        history_reach="TikTok lists all public videos of an account.",
        budget=Budget(
            requests=600, seconds=60, source="developers.tiktok.com/doc/tiktok-api-v2-rate-limit"
        ),
    )
    guide = AppGuide(
        console_url="https://developers.tiktok.com/apps/",
        steps=(
            "Make an app for Web and add the products Login Kit and Content Posting API.",
            "In Content Posting API switch on Direct Post and verify the address of this site.",
            (
                "Add the permissions user.info.basic, user.info.profile, video.list and "
                "video.publish."
            ),
            "Enter the address below as Redirect URI: it must be exactly this one, with https.",
            "Under Webhooks enter the address for messages as Callback URL.",
            "Copy the Client key and the Client secret to here.",
            "Submit the app for review, and apply for the audit of the Content Posting API.",
        ),
        conditions=(
            (
                "Before the audit TikTok shows posts made by programs to nobody but the account "
                "itself, and lets only a few accounts post a day: Linkkeeper then publishes "
                "nothing."
            ),
            "The review wants a video of Linkkeeper in use and a privacy statement of yours.",
        ),
        id_label="Client key",
        push_label="Webhook callback address",
    )
    rules = PostRules(longest=4_000, picture=PictureRule.MUST_BE_FETCHED, link_takes=None)

    def through(self, sandbox_url: str) -> Platform:
        return TikTok(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=(BASIC, PROFILE, VIDEOS, PUBLISH),
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/v2/auth/authorize/",
                oauth2.TOKEN: reading.url_of(self.hosts, "oauth/token/"),
                oauth2.REVOKE: reading.url_of(self.hosts, "oauth/revoke/"),
                oauth2.CLIENT_ID_NAME: "client_key",
                oauth2.SEPARATOR: ",",
                oauth2.PKCE: "no",
            },
        )

    def asked_along(self, *, choose_person: bool) -> dict[str, str]:
        """Otherwise TikTok passes over its own page for who has already said yes."""
        return {"disable_auto_auth": "1"} if choose_person else {}

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        """A code may come escaped twice (from memory)."""
        return await CodeLogIn.finish(
            self,
            http,
            app,
            code=unquote(code),
            verifier=verifier,
            redirect_uri=redirect_uri,
            now=now,
        )

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        fields = "open_id,display_name,avatar_url"
        if PROFILE in credential.scopes:
            fields += ",username,profile_deep_link"
        call = "read who gave the permission"
        reply = await reading.read_user(http, self.hosts, app, credential, call, fields)
        identity = reading.identity_of(reading.user_of(reply))
        if identity is None:
            raise findings.failure(KEY, reply)
        return Subject(remote_id=identity.remote_id, name=identity.name), (identity,)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        """The profile; then, as it costs nothing, whether the account may post at all."""
        call = "read the profile"
        reply = await reading.read_user(http, self.hosts, app, credential, call, "open_id")
        if reading.open_id_of(reading.user_of(reply)) != identity.remote_id:
            return findings.meaning(self.about, reply, credential)
        works = Works(
            missing=by_relink(missing_permissions(self.about, credential.scopes, LABELS)),
            renew_by=end_of_renewals(credential),
        )
        if PUBLISH not in credential.scopes:
            return works
        ask = publishing.creator_ask(self.hosts, credential)
        may = await send(http, ask, secrets_of(credential, app))
        found = findings.meaning_of_posting(self.about, may)
        if isinstance(found, Works):
            return replace(works, missing=works.missing + found.missing)
        return found or works

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        _ = identity
        reply = await reading.list_videos(http, self.hosts, credential, cursor)
        page = reading.videos_of(reply, cursor)
        if page is None:
            raise findings.failure(KEY, reply)
        return page

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        _ = identity
        return await publishing.publish(http, self.hosts, app, credential, post)

    async def fate(
        self, http: Http, app: App | None, credential: Credential, trace: str
    ) -> PublishOutcome:
        return await publishing.fate(http, self.hosts, app, credential, trace)

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        await oauth2.give_back(http, KEY, app, credential, credential.access)

    async def read_push(
        self, http: Http, app: App, delivery: Delivery, *, now: datetime
    ) -> PushAnswer:
        """Why (0 to 5) goes to the journal."""
        _ = http
        return pushes.read(app, delivery, now=now)
