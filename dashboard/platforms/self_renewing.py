"""Meta's tokens that renew themselves: Instagram (by its own log-in) and Threads.

A short token is exchanged for one of 60 days, and that one for another 60 days while it is valid
and at least a day old. There is no refresh token: the access token stands in its place, and the old
one goes on working until its own end, so nothing is lost with a lost answer.

Sources: developers.facebook.com/docs/threads/get-started/long-lived-tokens and .../documentation/
instagram-platform/instagram-api-with-instagram-login/business-login. Both document the exchange
and the renewal as GET with the token in the address; so they are asked like that.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from dashboard.domain.checks import AppProblem, Blocked, Refused, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.pushes import Delivery, PushAnswer
from dashboard.domain.wire import Ask, Http, NoAnswerError
from dashboard.platforms import graph, oauth2
from dashboard.platforms.answers import Reply, secrets_of, send
from dashboard.platforms.graph import id_of
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.permissions import by_relink, missing_permissions
from dashboard.platforms.protocol import (
    Granted,
    Refreshed,
    RefreshOutcome,
    RefreshRefused,
    RefreshUnclear,
)
from dashboard.platforms.registered import RegisteredByHand
from dashboard.platforms.values import span_of, token_of

_REFRESH_DEADLINE = 75.0  # seconds (R34)


class SelfRenewing(RegisteredByHand):
    """See the module. One log-in reaches one account, which is the person, too.

    `prefix` names the kinds of exchange ("ig", "th"), `profile` the fields of the account, `own_id`
    the one that holds its number, `home` the address of an account behind its name.
    """

    renews_without_secret = True
    hosts: Hosts
    scopes: tuple[str, ...]
    labels: Mapping[str, str]
    codes_at: str
    version: str
    prefix: str
    profile: str
    own_id: str
    home: str

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=self.scopes,
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/oauth/authorize",
                oauth2.TOKEN: f"{self.hosts[self.codes_at]}/oauth/access_token",
                oauth2.SEPARATOR: ",",
                oauth2.PKCE: "no",
            },
        )

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        """Exchange the code and then the short token; raises PlatformError or NoAnswerError."""
        # Instagram appends "#_" to the code (from memory); no code ends like that.
        bare = code.removesuffix("#_")
        ask = oauth2.code_ask(app, code=bare, verifier=verifier, redirect_uri=redirect_uri)
        short = await graph.exchange(http, self.about, app, ask, now=now)
        query = {
            "grant_type": f"{self.prefix}_exchange_token",
            "client_secret": app.client_secret,
            "access_token": short.access,
        }
        url = f"{self.hosts['graph']}/access_token?{urlencode(query)}"
        ask = Ask(call="get the long-lived token", method="GET", url=url)
        long = await graph.exchange(http, self.about, app, ask, now=now)
        credential = Credential(
            access=long.access,
            refresh=long.access,
            scopes=short.scopes or frozenset(app.scopes),
            expires_at=long.expires_at,
        )
        allowed = await self.allowed(self.caller(http, app, credential))
        credential = replace(credential, scopes=allowed)
        subject, identities = await self.identities(http, app, credential)
        return Granted(credential=credential, subject=subject, identities=identities)

    async def allowed(self, caller: graph.Caller) -> frozenset[str]:
        """What the person has allowed, as far as it is told."""
        return caller.credential.scopes

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        caller = self.caller(http, app, credential)
        reply = await caller.read("read the profile", "me", fields=self.profile)
        remote_id, name = self.shown(reply), reply.text("username", 100)
        if not remote_id:
            raise graph.failure(self.about, reply)
        identity = Identity(
            remote_id=remote_id,
            name=reply.text("name", 255) or name or remote_id,
            handle=f"@{name}" if name else "",
            url=f"{self.home}{name}" if name else "",
        )
        return Subject(remote_id=remote_id, name=identity.name), (identity,)

    def works(self, credential: Credential) -> Works:
        """What a seen profile means; what was left out can be given by a relink only."""
        missing = missing_permissions(self.about, credential.scopes, self.labels)
        return Works(missing=by_relink(missing))

    def shown(self, reply: Reply) -> str:
        """The number of the account that an answer shows, "" for none."""
        return id_of((reply.body or {}).get(self.own_id)) if reply.status == HTTPStatus.OK else ""

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        """Ask once for another 60 days."""
        query = {
            "grant_type": f"{self.prefix}_refresh_token",
            "access_token": credential.refresh,
        }
        ask = Ask(
            call="renew the permission",
            method="GET",
            url=f"{self.hosts['graph']}/refresh_access_token?{urlencode(query)}",
            deadline=_REFRESH_DEADLINE,
        )
        try:
            reply = await send(http, ask, secrets_of(credential, app))
        except NoAnswerError as error:
            return oauth2.unanswered(error)
        body = reply.body or {}
        access, life = token_of(body.get("access_token")), span_of(body.get("expires_in"))
        if reply.status == HTTPStatus.OK and access and life:
            renewed = replace(credential, access=access, refresh=access, expires_at=now + life)
            return Refreshed(credential=renewed)
        outcome = graph.meaning(self.about, reply)
        if isinstance(outcome, Refused | Blocked):
            return RefreshRefused(cause=outcome.cause, evidence=outcome.evidence)
        return RefreshUnclear(
            evidence=reply.evidence(),
            may_have_happened=False,  # the old token goes on working
            app_problem=isinstance(outcome, AppProblem),
        )

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """No way to give a token back is documented; it ends by itself within 60 days."""

    async def read_push(
        self, http: Http, app: App, delivery: Delivery, *, now: datetime
    ) -> PushAnswer:
        _ = http
        return graph.deauthorized(app, delivery, now=now)

    def caller(
        self, http: Http, app: App | None, credential: Credential, identity: Identity | None = None
    ) -> graph.Caller:
        """The account itself asks."""
        _ = identity
        base = f"{self.hosts['graph']}/{self.version}"
        return graph.Caller(http=http, about=self.about, base=base, credential=credential, app=app)
