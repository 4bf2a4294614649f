"""How an account is checked that hangs on a Facebook Page: itself, then its person's permissions.

The account answers to the token of its Page. What the person may do with it is told with the
person's own token; that one runs out after 60 days without harm to the Page's, which has no date.

Sources: developers.facebook.com/docs/pages-api/overview and .../graph-api/guides/error-handling.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from http import HTTPStatus

from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, Refused, Works
from dashboard.domain.credentials import App, Credential
from dashboard.domain.links import Identity
from dashboard.domain.wire import Http
from dashboard.platforms import graph
from dashboard.platforms.answers import Reply
from dashboard.platforms.graph import id_of
from dashboard.platforms.page_reach import granted_in, page_in
from dashboard.platforms.permissions import by_relink, lacking, missing_permissions
from dashboard.platforms.protocol import About
from dashboard.platforms.values import Body, instant_of, text_of

RENEW_BY = "renew_by"
NO_ROLE = "tasks"
NOT_CONNECTED = "connection"
_OUT_OF_REACH = frozenset({NO_ROLE, NOT_CONNECTED})


class PageCheck(ABC):
    """See the module. `Credential.extra` holds for each account, by kind, colon and number.

    "page", its Page's token; "of", its Page, where that is not the account itself; "lacks", the
    permissions that were not given for it; "portfolio", where only a portfolio lists its Page.
    `watched` are the fields of a Page that are asked for with its person.
    """

    about: About
    labels: Mapping[str, str]
    tasks: Mapping[Capability, tuple[frozenset[str], str]]
    watched: str
    account_call: str
    account_fields: str

    @abstractmethod
    def caller(
        self, http: Http, app: App | None, credential: Credential, identity: Identity | None = None
    ) -> graph.Caller:
        """Who asks: the person, or the Page of an account."""

    def apart(self, page: Body, identity: Identity) -> tuple[Missing, ...]:
        """What is missing because the Page no longer leads to the account."""
        _ = page, identity
        return ()

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        """Read the account with the Page's token, then what the person may do with it."""
        its = self.caller(http, app, credential, identity)
        reply = await its.read(self.account_call, identity.remote_id, fields=self.account_fields)
        error = graph.error_of(reply)
        found = id_of((reply.body or {}).get("id"))
        shown = reply.status == HTTPStatus.OK and found == identity.remote_id
        if not shown and not (error is not None and error.hidden):
            return graph.meaning(self.about, reply)
        caller = self.caller(http, app, credential)
        fields = "id,permissions{permission,status},accounts.limit(100){" + self.watched + "}"
        mine = await caller.read("read the permissions", "me", fields=fields)
        known = mine.status == HTTPStatus.OK and bool(id_of((mine.body or {}).get("id")))
        if not shown:
            return self._hidden(credential, reply, mine if known else None, identity)
        if not known:
            return self._without_the_person(credential, graph.meaning(self.about, mine))
        granted = granted_in(mine.body or {}) - await self._not_given(caller, identity)
        missing = self._missing(granted) + self._lost(credential, mine, identity)
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
        """The Page answers, its person's token does not: what was allowed is then remembered."""
        if not isinstance(said, Refused) or said.cause is not Cause.TOKEN_RAN_OUT:
            return said
        renew_by = instant_of(credential.extra.get(RENEW_BY))
        return Works(missing=self._missing(credential.scopes), renew_by=renew_by)

    def _missing(self, granted: Collection[str]) -> tuple[Missing, ...]:
        """Roles are given at the Meta Business Suite, permissions by a relink only."""
        return by_relink(missing_permissions(self.about, granted, self.labels))

    async def _not_given(self, caller: graph.Caller, identity: Identity) -> frozenset[str]:
        """The permissions that the person left out for this Page; asked again while there are."""
        extra = caller.credential.extra
        known = frozenset(filter(None, extra.get(f"lacks:{identity.remote_id}", "").split(",")))
        if not known or caller.app is None:
            return known
        looked = await graph.look_into(caller, caller.app)
        return known if looked is None else looked.lacks(*ids_of(extra, identity))

    def _lost(self, credential: Credential, mine: Reply, identity: Identity) -> tuple[Missing, ...]:
        """What the person may not do on this Page; a Page that is not listed: no role at all."""
        page, whole = page_in(mine, ids_of(credential.extra, identity)[0])
        if page is None:
            if not whole or f"portfolio:{identity.remote_id}" in credential.extra:
                return ()  # nothing was learnt
            return lacking(self.about, MissingKind.ROLE, NO_ROLE, "a role on the Page")
        if apart := self.apart(page, identity):
            return apart
        told = page.get("tasks")
        tasks = {text_of(task) for task in told} if isinstance(told, list) else set()
        found: tuple[Missing, ...] = ()
        for capability, (enough, name) in self.tasks.items():
            if tasks and not tasks & enough:
                label = f"access to {name} on the Page"
                found += lacking(self.about, MissingKind.ROLE, name, label, only=(capability,))
        return found


def ids_of(extra: Mapping[str, str], identity: Identity) -> tuple[str, str]:
    """The Page of an account and the account itself, which may be the same."""
    return extra.get(f"of:{identity.remote_id}", identity.remote_id), identity.remote_id
