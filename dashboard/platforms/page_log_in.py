"""Meta's log-in through Facebook Pages: one person's consent reaches many, each with its token.

The person's token lives 60 days, the Page tokens made from it have no date but die with the
consent (docs/facebook-login/guides/access-tokens/get-long-lived). Meta lets programs see a person's
data for about 90 days after the person last confirmed; debug_token tells the day
(docs/graph-api/reference/debug_token), and a link must be renewed by then. What a Page token may do
depends on the person's tasks on the Page in the Meta Business Suite (docs/pages-api/overview). What
is read and published with it is the business of the platforms that log in like this.

Sources: docs = developers.facebook.com/docs.
"""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.errors import InvalidInputError
from dashboard.domain.links import Identity
from dashboard.domain.pushes import Delivery, PushAnswer
from dashboard.domain.wire import Ask, Http
from dashboard.platforms import graph, oauth2
from dashboard.platforms.answers import send
from dashboard.platforms.graph import VERSION
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.page_check import RENEW_BY, PageCheck, ids_of
from dashboard.platforms.page_reach import PORTFOLIOS, pages, person
from dashboard.platforms.protocol import AppTest, Granted, LoginField, Start
from dashboard.platforms.registered import RegisteredByHand
from dashboard.platforms.values import Body

HOSTS = {"www": "https://www.facebook.com", "graph": "https://graph.facebook.com"}
OPTIONS = (
    LoginField(
        name="config_id",
        label="Configuration ID",
        hint="Only for Facebook Login for Business: the configuration that you made there. It "
        "then says which permissions are asked for. Leave it empty otherwise.",
    ),
    LoginField(
        name="portfolio",
        label="Pages of business portfolios",
        hint="Type yes if some Pages belong to a business portfolio and the people who link them "
        "have no role of their own on them. Linkkeeper then asks for business_management, too.",
    ),
)
_DATA_ACCESS = timedelta(days=90)  # from memory; only where Meta does not tell the day


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """One account that the consent reaches; `extra` is what its questions need later."""

    identity: Identity
    extra: Mapping[str, str] = field(repr=False)


class PageLogIn(PageCheck, RegisteredByHand):
    """See the module. `listed` are the fields of a Page that are asked for at the log-in."""

    revokes_all_at_once = True
    hosts: Hosts
    scopes: tuple[str, ...]
    listed: str

    @abstractmethod
    def reached(self, page: Body) -> Reached | None:
        """The account behind a listed Page, None if there is none."""

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        config, portfolio = options.get("config_id", ""), options.get("portfolio", "").lower()
        if config and not (config.isascii() and config.isdigit()):
            raise InvalidInputError("config_id", "It is a number: copy it again.")
        if portfolio not in {"", "no", "yes"}:
            raise InvalidInputError("portfolio", "Type yes, or leave it empty.")
        wider = (PORTFOLIOS,) if portfolio == "yes" else ()
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=(*self.scopes, *wider),
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/{VERSION}/dialog/oauth",
                oauth2.TOKEN: f"{self._base}/oauth/access_token",
                oauth2.SEPARATOR: ",",
                oauth2.PKCE: "no",
                "config_id": config,
                "portfolio": portfolio,
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        return await graph.ask_about_app(http, app)

    def start(
        self,
        app: App,
        *,
        redirect_uri: str,
        state: str,
        typed: Mapping[str, str],
        choose_person: bool,
    ) -> Start:
        """Declined permissions are asked for again; another person must log in anew.

        A configuration names the permissions itself (docs/facebook-login, Login for Business).
        """
        _ = typed
        extra = {"auth_type": "reauthenticate" if choose_person else "rerequest"}
        if config := app.facts.get("config_id", ""):
            app = replace(app, scopes=())
            extra |= {"config_id": config, "override_default_response_type": "true"}
        return oauth2.start(app, redirect_uri=redirect_uri, state=state, extra=extra)

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        ask = oauth2.code_ask(app, code=code, verifier=verifier, redirect_uri=redirect_uri)
        short = await graph.exchange(http, self.about, app, ask, now=now)
        form = {
            "grant_type": "fb_exchange_token",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "fb_exchange_token": short.access,
        }
        call, url = "get the long-lived token", app.facts[oauth2.TOKEN]
        ask = Ask(call=call, method="POST", url=url, form=form)
        tokens = await graph.exchange(http, self.about, app, ask, now=now)
        caller = self.caller(http, app, tokens.credential(extra={}))
        whose = await person(caller)
        found = [one async for one in self._reach(caller, whose.granted)]
        looked = await graph.look_into(caller, app) or graph.Looked()
        extra = {RENEW_BY: (looked.data_until or now + _DATA_ACCESS).isoformat()}
        for one in found:
            extra |= {**one.extra, **_not_given(one, looked)}
        credential = Credential(access=tokens.access, scopes=whose.granted, extra=extra)
        identities = tuple(one.identity for one in found)
        return Granted(credential=credential, subject=whose.subject, identities=identities)

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        caller = self.caller(http, app, credential)
        whose = await person(caller)
        found = [one.identity async for one in self._reach(caller, whose.granted)]
        return whose.subject, tuple(found)

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """End the whole consent (docs/permissions); raises PlatformError, worth another try."""
        caller = self.caller(http, app, credential)
        ask = caller.ask("give the permission back", "DELETE", "me/permissions")
        reply = await send(http, ask, caller.hide)
        if graph.passes(reply):
            raise reply.failure(self.about.key)

    async def read_push(
        self, http: Http, app: App, delivery: Delivery, *, now: datetime
    ) -> PushAnswer:
        _ = http
        return graph.deauthorized(app, delivery, now=now)

    def caller(
        self, http: Http, app: App | None, credential: Credential, identity: Identity | None = None
    ) -> graph.Caller:
        """In the name of the person, or with the token of the Page of an account."""
        page = f"page:{identity.remote_id}" if identity else ""
        return graph.Caller(
            http=http,
            about=self.about,
            base=self._base,
            credential=credential,
            app=app,
            token=credential.extra.get(page, ""),
        )

    @property
    def _base(self) -> str:
        return f"{self.hosts['graph']}/{VERSION}"

    async def _reach(self, caller: graph.Caller, granted: frozenset[str]) -> AsyncIterator[Reached]:
        async for page, by_portfolio in pages(caller, granted, fields=self.listed):
            one = self.reached(page)
            if one is not None and by_portfolio:
                mark = {f"portfolio:{one.identity.remote_id}": "yes"}
                one = replace(one, extra={**one.extra, **mark})
            if one is not None:
                yield one


def _not_given(one: Reached, looked: graph.Looked) -> dict[str, str]:
    """What debug_token says was not given for this account."""
    lacks = looked.lacks(*ids_of(one.extra, one.identity))
    return {f"lacks:{one.identity.remote_id}": ",".join(sorted(lacks))} if lacks else {}
