"""Reddit: the header of a refusal tells what is wrong, the body may be a web page.

With `duration=permanent` a log-in yields a refresh token without an end, in practice not replaced
(prawcore keeps a new one where there is one, so do we). That a change of password ends nothing is
from memory, and nothing hangs on it.

Sources: github.com/reddit-archive/reddit, github.com/praw-dev/prawcore.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from dashboard.domain.calendar import FoundPost
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, CheckOutcome, Evidence, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import Outgoing, PublishOutcome
from dashboard.domain.wire import Http
from dashboard.platforms import oauth2
from dashboard.platforms.answers import Reply, read_as, secrets_of, send
from dashboard.platforms.code_log_in import OneLogInOneAccount
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.permissions import by_relink, missing_permissions
from dashboard.platforms.protocol import AppTest, Platform, RefreshOutcome
from dashboard.platforms.reddit import publishing, reading
from dashboard.platforms.reddit.about import ABOUT, GUIDE, HOSTS, KEY, LABELS, RULES, SCOPES
from dashboard.platforms.values import Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Reddit(OneLogInOneAccount):
    """See the module. A remote id is the account's short id, which outlives nothing but itself."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = ABOUT
    guide = GUIDE
    rules = RULES

    def through(self, sandbox_url: str) -> Platform:
        return Reddit(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=SCOPES,
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/api/v1/authorize",
                oauth2.TOKEN: f"{self.hosts['www']}/api/v1/access_token",
                oauth2.REVOKE: f"{self.hosts['www']}/api/v1/revoke_token",
                oauth2.CLIENT_AUTH: "basic",
                oauth2.PKCE: "no",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """Ask for a token without any person: only a program that Reddit knows gets one."""
        reply = await send(http, oauth2.registration_ask(app), secrets_of(None, app))
        if reply.status == HTTPStatus.OK and reply.text("access_token"):
            return AppTest.WORKS, reply.evidence()
        refused = reply.status == HTTPStatus.UNAUTHORIZED and reply.body is not None
        return (AppTest.REFUSED if refused else AppTest.UNCLEAR), reply.evidence()

    def asked_along(self, *, choose_person: bool) -> dict[str, str]:
        """Without `permanent` there is no refresh token; another log-in cannot be demanded."""
        _ = choose_person
        return {"duration": "permanent"}

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
        body = reply.body or {}
        if reply.status != HTTPStatus.OK or reading.id_of(body) != identity.remote_id:
            return reading.meaning(reply, credential)
        if body.get("is_suspended") is True:
            evidence = reply.evidence(code="is_suspended")
            return Blocked(cause=Cause.ACCOUNT_SUSPENDED, evidence=evidence)
        missing = missing_permissions(ABOUT, credential.scopes, LABELS, covers=_covers)
        return Works(missing=by_relink(missing))

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        return await oauth2.refresh(
            http, app, credential, now=now, also_refused=_bad_request, also_ours=_unauthorized
        )

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        name = reading.name_of(identity)
        if not name:
            return [], ""
        url = f"{self.hosts['oauth']}/user/{name}/submitted"
        hide = secrets_of(credential)
        items, following = await reading.listed(
            http, credential, "list the posts", url, hide, cursor
        )
        return [post for item in items if (post := reading.post_of(item)) is not None], following

    async def mentions(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        *,
        cursor: str,
    ) -> tuple[Sequence[FoundMention], str]:
        """Comments on own posts and mentions; private messages in the same list are left out."""
        _ = identity
        url = f"{self.hosts['oauth']}/message/inbox"
        hide = secrets_of(credential, app)
        items, following = await reading.listed(
            http, credential, "list the mentions", url, hide, cursor
        )
        return [one for item in items if (one := reading.mention_of(item)) is not None], following

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        _ = identity
        url = f"{self.hosts['oauth']}/api/submit"
        return await publishing.publish(http, url, credential, post, secrets_of(credential, app))

    async def _me(self, http: Http, app: App | None, credential: Credential) -> Reply:
        url, hide = f"{self.hosts['oauth']}/api/v1/me", secrets_of(credential, app)
        return await read_as(http, credential, "read the account", url, hide)


def _bad_request(body: Body) -> bool:
    """How a revoked refresh token was answered (praw 677)."""
    return body.get("error") == HTTPStatus.BAD_REQUEST and body.get("message") == "Bad Request"


def _unauthorized(body: Body) -> bool:
    """How a wrong id or secret is answered where tokens are renewed (praw-dev/prawcore)."""
    return body.get("error") == HTTPStatus.UNAUTHORIZED and body.get("message") == "Unauthorized"


def _covers(granted: Collection[str], wanted: str) -> bool:
    """A program of the kind "script" is granted `*`, which is everything."""
    return "*" in granted or wanted in granted
