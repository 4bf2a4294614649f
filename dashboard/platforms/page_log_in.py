"""Meta's log-in through Facebook Pages: one person's consent reaches many, each with its token.

The person's token lives 60 days, the Page tokens made from it have no date but die with the
consent (docs/facebook-login/guides/access-tokens/get-long-lived). Meta lets programs see a person's
data for about 90 days after the person last confirmed (docs/graph-api/reference/debug_token; how
long is from memory), so a link must be renewed by then. What a Page token may do depends on the
person's tasks on the Page in the Meta Business Suite (docs/pages-api/overview). What is read and
published with it is the business of the platforms that log in like this.

Sources: docs = developers.facebook.com/docs.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, Evidence, Refused, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.pushes import Delivery, PushAnswer
from dashboard.domain.wire import Ask, Http
from dashboard.platforms import graph, oauth2
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.graph import VERSION, id_of
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.permissions import lacking, missing_permissions
from dashboard.platforms.protocol import AppTest, Granted
from dashboard.platforms.registered import RegisteredByHand
from dashboard.platforms.values import Body, instant_of, object_of, text_of

HOSTS = {"www": "https://www.facebook.com", "graph": "https://graph.facebook.com"}
DATA_ACCESS = timedelta(days=90)
RENEW_BY = "renew_by"
NO_ROLE = "tasks"
NOT_CONNECTED = "connection"
_OUT_OF_REACH = frozenset({NO_ROLE, NOT_CONNECTED})
_PAGE = "100"
_MOST_TURNS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """One account that the consent reaches; `extra` is what its questions need later."""

    identity: Identity
    extra: Mapping[str, str] = field(repr=False)


class PageLogIn(RegisteredByHand):
    """See the module. Page tokens stand in `Credential.extra` under "page:<id of the account>".

    Where the account is not the Page itself, "of:<id of the account>" names its Page. `listed` are
    the fields of a Page at the log-in, `watched` those at a check.
    """

    hosts: Hosts
    scopes: tuple[str, ...]
    labels: Mapping[str, str]
    tasks: Mapping[Capability, tuple[frozenset[str], str]]
    listed: str
    watched: str
    account_call: str
    account_fields: str

    def reached(self, page: Body) -> Reached | None:
        """The account behind a listed Page, None if there is none."""
        raise NotImplementedError

    def apart(self, page: Body, identity: Identity) -> tuple[Missing, ...]:
        """What is missing because the Page no longer leads to the account."""
        _ = page, identity
        return ()

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=self.scopes,
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/{VERSION}/dialog/oauth",
                oauth2.TOKEN: self.url("oauth/access_token"),
                oauth2.SEPARATOR: ",",
                oauth2.PKCE: "no",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        return await graph.ask_about_app(http, app, app.facts[oauth2.TOKEN])

    def asked_along(self, *, choose_person: bool) -> dict[str, str]:
        """Declined permissions are asked for again; another person must log in anew."""
        return {"auth_type": "reauthenticate" if choose_person else "rerequest"}

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        ask = oauth2.code_ask(app, code=code, verifier=verifier, redirect_uri=redirect_uri)
        short = await graph.exchange(http, self.about.key, self.about, app, ask, now=now)
        form = {
            "grant_type": "fb_exchange_token",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "fb_exchange_token": short.access,
        }
        ask = Ask(
            call="get the long-lived token", method="POST", url=app.facts[oauth2.TOKEN], form=form
        )
        tokens = await graph.exchange(http, self.about.key, self.about, app, ask, now=now)
        plain = tokens.credential(extra={RENEW_BY: (now + DATA_ACCESS).isoformat()})
        subject, found, granted = await self._reach(http, app, plain)
        extra = dict(plain.extra)
        for one in found:
            extra |= one.extra
        credential = Credential(access=plain.access, scopes=granted, extra=extra)
        return Granted(
            credential=credential, subject=subject, identities=tuple(one.identity for one in found)
        )

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        subject, found, _ = await self._reach(http, app, credential)
        return subject, tuple(one.identity for one in found)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        """Read the account with the Page's token, then what the person may do with it."""
        reply = await graph.read(
            http,
            app,
            credential,
            self.account_call,
            self.url(identity.remote_id),
            token=self.token(credential, identity),
            fields=self.account_fields,
        )
        error = graph.error_of(reply)
        its = id_of((reply.body or {}).get("id"))
        shown = reply.status == HTTPStatus.OK and its == identity.remote_id
        if not shown and not (error is not None and error.hidden):
            return graph.meaning(self.about, reply)
        mine = await graph.read(
            http,
            app,
            credential,
            "read the permissions",
            self.url("me"),
            fields="id,permissions{permission,status},accounts.limit(100){" + self.watched + "}",
        )
        known = mine.status == HTTPStatus.OK and bool(id_of((mine.body or {}).get("id")))
        if not shown:
            return self._hidden(credential, reply, mine if known else None, identity)
        if not known:
            return self._without_the_person(credential, graph.meaning(self.about, mine))
        missing = self._missing(_granted(mine.body or {}))
        missing += self._lost(credential, mine, identity)
        return Works(missing=missing, renew_by=instant_of(credential.extra.get(RENEW_BY)))

    def _hidden(
        self, credential: Credential, reply: Reply, mine: Reply | None, identity: Identity
    ) -> CheckOutcome:
        """What cannot be seen: proven only if it is not among what the person reaches either."""
        lost = self._lost(credential, mine, identity) if mine else ()
        if any(item.what in _OUT_OF_REACH for item in lost):
            return Works(missing=lost)
        return graph.meaning(self.about, reply)

    def _without_the_person(self, credential: Credential, said: CheckOutcome) -> CheckOutcome:
        """The Page answers, its person's token does not.

        That one runs out after 60 days without harm to the Page's own, which has no date; what was
        allowed is then known from the log-in only.
        """
        if not isinstance(said, Refused) or said.cause is not Cause.TOKEN_RAN_OUT:
            return said
        renew_by = instant_of(credential.extra.get(RENEW_BY))
        return Works(missing=self._missing(credential.scopes), renew_by=renew_by)

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """End the whole consent (docs/permissions); raises PlatformError, worth another try."""
        ask = Ask(
            call="give the permission back",
            method="DELETE",
            url=self.url("me/permissions"),
            headers=bearer(credential.access),
        )
        reply = await send(http, ask, self._hide(credential, app))
        if graph.passes(reply):
            raise reply.failure(self.about.key)

    async def read_push(
        self, http: Http, app: App, delivery: Delivery, *, now: datetime
    ) -> PushAnswer:
        _ = http
        return graph.deauthorized(app, delivery, now=now, status_url="https://www.facebook.com/")

    async def _reach(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, list[Reached], frozenset[str]]:
        me = await graph.read(
            http,
            app,
            credential,
            "read who gave the permission",
            self.url("me"),
            fields="id,name,permissions{permission,status}",
        )
        person = id_of((me.body or {}).get("id"))
        if me.status != HTTPStatus.OK or not person:
            raise graph.failure(self.about.key, self.about, me)
        found: list[Reached] = []
        cursor, turns = "", 0
        while turns < _MOST_TURNS:
            items, cursor = await graph.listed(
                http,
                app,
                credential,
                "list the Pages",
                self.url("me/accounts"),
                about=self.about,
                key=self.about.key,
                fields=self.listed,
                limit=_PAGE,
                **({"after": cursor} if cursor else {}),
            )
            found += [one for item in items if (one := self.reached(object_of(item))) is not None]
            turns += 1
            if not cursor:
                break
        subject = Subject(remote_id=person, name=me.text("name", 255) or person)
        return subject, found, frozenset(_granted(me.body or {}))

    def url(self, path: str) -> str:
        return f"{self.hosts['graph']}/{VERSION}/{path}"

    def token(self, credential: Credential, identity: Identity) -> str:
        return credential.extra.get(f"page:{identity.remote_id}", credential.access)

    def _hide(self, credential: Credential, app: App | None) -> tuple[str, ...]:
        return (*secrets_of(credential, app), *graph.tokens_in(credential))

    def _missing(self, granted: Collection[str]) -> tuple[Missing, ...]:
        return missing_permissions(self.about, granted, self.labels)

    def _lost(self, credential: Credential, mine: Reply, identity: Identity) -> tuple[Missing, ...]:
        """What the person may not do on this Page; a Page that is not listed: no role at all."""
        page = credential.extra.get(f"of:{identity.remote_id}", identity.remote_id)
        accounts = object_of((mine.body or {}).get("accounts"))
        items = accounts.get("data")
        listed = [object_of(item) for item in items] if isinstance(items, list) else []
        its = next((item for item in listed if id_of(item.get("id")) == page), None)
        if its is None:
            if object_of(accounts.get("paging")).get("next"):
                return ()  # more Pages than were listed: nothing was learnt
            if "pages_show_list" not in _granted(mine.body or {}):
                return ()  # no Page is listed without this permission
            label = "a role on the Page"
            return lacking(self.about, MissingKind.ROLE, NO_ROLE, label)
        if apart := self.apart(its, identity):
            return apart
        told = its.get("tasks")
        tasks = {text_of(task) for task in told} if isinstance(told, list) else set()
        found: tuple[Missing, ...] = ()
        for capability, (enough, name) in self.tasks.items():
            if tasks and not tasks & enough:
                label = f"access to {name} on the Page"
                found += lacking(self.about, MissingKind.ROLE, name, label, only=(capability,))
        return found


def _granted(body: Mapping[str, object]) -> set[str]:
    data = object_of(body.get("permissions")).get("data")
    items = [object_of(item) for item in data] if isinstance(data, list) else []
    return {
        text_of(item.get("permission"), 100) for item in items if item.get("status") == "granted"
    } - {""}
