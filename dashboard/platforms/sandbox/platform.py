"""The make-believe platform of `dashboard.sandbox`: for the demo and the tests, nowhere else.

It does all that a platform can do to a link: short access tokens with rotating renewal, permissions
per account, roles, renewal dates, and every cause with its own name. It is there only where the
settings name its address. Source: its own interface, `dashboard/sandbox/wire.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote, urlencode

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability
from dashboard.domain.checks import CheckOutcome
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import Outgoing, PostRules, PublishOutcome
from dashboard.domain.wire import Ask, Http
from dashboard.platforms import oauth2
from dashboard.platforms.answers import secrets_of, send
from dashboard.platforms.protocol import (
    About,
    Granted,
    RefreshOutcome,
    Start,
)
from dashboard.platforms.sandbox import posting
from dashboard.platforms.sandbox.reading import (
    KEY,
    SERVER,
    end_of,
    failure,
    identity_of,
    meaning,
    post_of,
    read,
    works,
)
from dashboard.platforms.values import (
    object_of,
    token_of,
)

SCOPES = ("profile", "posts:read", "posts:write", "mentions:read", "messages:read")

_PAGE = 40  # the most that it gives


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """`address` is its origin, as the settings name it."""

    address: str = ""

    about = About(
        key=KEY,
        label="Sandbox",
        account_word="page",
        conditions=("The Sandbox is a make-believe platform: nothing here is real.",),
        before_relink=("Log in at the Sandbox as the person who looks after the page.",),
        wants={
            Capability.READ_MESSAGES: frozenset({"messages:read"}),
            Capability.MONITOR_MENTIONS: frozenset({"mentions:read"}),
            Capability.READ_PUBLICATIONS: frozenset({"posts:read"}),
            Capability.PUBLISH: frozenset({"posts:write"}),
        },
        grant_at="Sandbox > control panel > the page > Permissions",
        history_reach="The Sandbox gives all posts that it has.",
    )

    rules = PostRules(longest=2_000, link_takes=None)

    def server(self, typed: Mapping[str, str]) -> str:
        _ = typed
        return self.address

    async def prepare(
        self, http: Http, app: App | None, typed: Mapping[str, str], redirect_uri: str
    ) -> App | None:
        """Register, or see whether the registration still counts: a Sandbox may have been reset."""
        _ = typed
        if app is not None:
            if app.facts.get(oauth2.REDIRECT) != redirect_uri:
                return None
            asked = await send(http, oauth2.registration_ask(app), secrets_of(None, app))
            return None if asked.text("error") == "invalid_client" else app
        said = {
            "client_name": "Linkkeeper",
            "redirect_uris": [redirect_uri],
            "scopes": " ".join(SCOPES),
        }
        url = f"{self.address}/api/apps"
        reply = await send(http, Ask(call="register", method="POST", url=url, json=said))
        body = reply.body or {}
        client_id, secret = token_of(body.get("client_id")), token_of(body.get("client_secret"))
        if not client_id or not secret:
            raise reply.failure(KEY)
        facts = {
            oauth2.AUTHORIZE: f"{self.address}/oauth/authorize",
            oauth2.TOKEN: f"{self.address}/oauth/token",
            oauth2.REVOKE: f"{self.address}/oauth/revoke",
            oauth2.REDIRECT: redirect_uri,
        }
        return App(
            client_id=client_id,
            client_secret=secret,
            server=self.address,
            scopes=SCOPES,
            facts=facts,
        )

    def start(
        self,
        app: App,
        *,
        redirect_uri: str,
        state: str,
        typed: Mapping[str, str],
        choose_person: bool,
    ) -> Start:
        _ = typed
        extra = {"prompt": "login"} if choose_person else {}
        return oauth2.start(app, redirect_uri=redirect_uri, state=state, extra=extra)

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        tokens = await oauth2.exchange(
            http, KEY, app, code=code, verifier=verifier, redirect_uri=redirect_uri, now=now
        )
        credential = tokens.credential(extra={SERVER: app.server})
        subject, identities = await self.identities(http, app, credential)
        return Granted(credential=credential, subject=subject, identities=identities)

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        me = await read(http, app, credential, "read who gave the permission", "/api/me")
        person = me.text("id", 255)
        if me.status != HTTPStatus.OK or not person:
            raise failure(me)
        listed = await read(http, app, credential, "list the accounts", "/api/accounts")
        items = (listed.body or {}).get("items")
        if listed.status != HTTPStatus.OK or not isinstance(items, list):
            raise failure(listed)
        found = (identity_of(object_of(item)) for item in items)
        subject = Subject(remote_id=person, name=me.text("name", 255) or person)
        return subject, tuple(identity for identity in found if identity is not None)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        path = f"/api/accounts/{quote(identity.remote_id, safe='')}"
        reply = await read(http, app, credential, "read the account", path)
        if reply.status == HTTPStatus.OK and reply.text("id", 255) == identity.remote_id:
            return works(self.about, reply.body or {})
        return meaning(self.about, reply)

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        return await oauth2.refresh(http, app, credential, now=now, cause_of=end_of)

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        span = {"limit": str(_PAGE)} | ({"before": cursor} if cursor else {})
        path = f"/api/accounts/{quote(identity.remote_id, safe='')}/posts?{urlencode(span)}"
        reply = await read(http, None, credential, "list the posts", path)
        items = (reply.body or {}).get("items")
        if reply.status != HTTPStatus.OK or not isinstance(items, list):
            raise failure(reply)
        found = (post_of(object_of(item)) for item in items)
        following = reply.text("next", 200)
        return [
            post for post in found if post is not None
        ], following if following != cursor else ""

    async def mentions(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        *,
        cursor: str,
    ) -> tuple[Sequence[FoundMention], str]:
        return await posting.mentions(http, app, credential, identity, cursor=cursor)

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        return await posting.publish(http, app, credential, identity, post)

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """Raises PlatformError for an answer that is worth another try."""
        if app is None:
            return
        ask = oauth2.revoke_ask(app, credential.refresh or credential.access)
        reply = await send(http, ask, secrets_of(credential, app))
        if reply.silence():
            raise reply.failure(KEY)
