"""X: one answer, 401, for everything that is wrong with a token; the renewal tells the truth.

Access lasts 2 hours, the refresh token is used once and comes anew with each renewal. Every read of
a profile costs about a cent per account and UTC day, renewals cost nothing (docs:
x-api/getting-started/pricing), and running out of credits (402) is our trouble, no account's.
That a used or revoked refresh token is answered with `invalid_request` "Value passed for the token
was invalid." is from memory and from issues; nothing official names it.

Sources: docs = github.com/xdevplatform/docs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.domain.calendar import FoundPost
from dashboard.domain.checks import CheckOutcome, Evidence
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import Outgoing, PublishOutcome
from dashboard.domain.pushes import Delivery, PushAnswer
from dashboard.domain.wire import Http
from dashboard.platforms import oauth2
from dashboard.platforms.answers import Reply, read_as, secrets_of
from dashboard.platforms.code_log_in import OneLogInOneAccount
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.protocol import AppTest, Platform, RefreshOutcome
from dashboard.platforms.values import Body, text_of
from dashboard.platforms.x import publishing, pushes, reading
from dashboard.platforms.x.about import ABOUT, GUIDE, HOSTS, KEY, RULES, SCOPES

_DEAD_TOKEN = "value passed for the token was invalid"  # noqa: S105  words of an error


@dataclass(frozen=True, slots=True, kw_only=True)
class X(OneLogInOneAccount):
    """See the module."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = ABOUT
    guide = GUIDE
    rules = RULES

    def through(self, sandbox_url: str) -> Platform:
        return X(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=SCOPES,
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/i/oauth2/authorize",
                oauth2.TOKEN: f"{self._api}/oauth2/token",
                oauth2.REVOKE: f"{self._api}/oauth2/revoke",
                oauth2.CLIENT_AUTH: "basic",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """Any complaint about the made-up token means that we were let in."""
        return await oauth2.test_by_renewal(http, app, lets_in={"invalid_request"})

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        reply = await self._me(http, app, credential)
        identity = reading.identity_of(reply)
        if identity is None:
            raise reading.failure(reply)
        return Subject(remote_id=identity.remote_id, name=identity.name), (identity,)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        reply = await self._me(http, app, credential)
        return reading.outcome(reply, credential, identity)

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        return await oauth2.refresh(http, app, credential, now=now, also_refused=_dead_token)

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        asked = reading.Listing(
            call="list the posts",
            url=f"{self._api}/users/{identity.remote_id}/tweets",
            query={"exclude": "retweets,replies"},
        )
        hide = secrets_of(credential)
        items, following = await reading.listed(http, credential, asked, hide, cursor)
        found = [post for item in items if (post := reading.post_of(item, identity)) is not None]
        return found, following

    async def mentions(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        *,
        cursor: str,
    ) -> tuple[Sequence[FoundMention], str]:
        asked = reading.Listing(
            call="list the mentions", url=f"{self._api}/users/{identity.remote_id}/mentions"
        )
        hide = secrets_of(credential, app)
        items, following = await reading.listed(http, credential, asked, hide, cursor)
        return [one for item in items if (one := reading.mention_of(item)) is not None], following

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        hide = secrets_of(credential, app)
        return await publishing.publish(http, self._api, credential, identity, post, hide)

    async def read_push(
        self, http: Http, app: App, delivery: Delivery, *, now: datetime
    ) -> PushAnswer:
        _ = http, now
        return pushes.read(app, delivery)

    async def _me(self, http: Http, app: App | None, credential: Credential) -> Reply:
        hide = secrets_of(credential, app)
        return await read_as(http, credential, "read the profile", f"{self._api}/users/me", hide)

    @property
    def _api(self) -> str:
        return f"{self.hosts['api']}/2"


def _dead_token(body: Body) -> bool:
    said = text_of(body.get("error_description")).lower()
    return body.get("error") == "invalid_request" and _DEAD_TOKEN in said
