"""How Graph is asked: in whose name, page by page, and for tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import App, Credential
from dashboard.domain.wire import Ask, Http, Part
from dashboard.platforms import oauth2
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.graph.errors import error_of, evidence_of, failure, passes
from dashboard.platforms.protocol import About, AppTest
from dashboard.platforms.values import object_of, span_of, text_of, token_of

VERSION = "v26.0"
"""Works until 2028 (docs/graph-api/changelog); a version is an address, so it stands here once."""

# Said with code 1, that of any trouble (from memory).
_WRONG_SECRET = "validating client secret"  # noqa: S105  words of theirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, and where: in the name of the person, or with another `token` of the same consent.

    `base` is the address up to the version; paths follow it.
    """

    http: Http
    about: About
    base: str
    credential: Credential
    app: App | None = None
    token: str = field(default="", repr=False)

    def ask(
        self,
        call: str,
        method: str,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        parts: Sequence[Part] = (),
    ) -> Ask:
        """A question that is not sent yet."""
        return Ask(
            call=call,
            method=method,
            url=f"{self.base}/{path}",
            headers=bearer(self.token or self.credential.access),
            form=form,
            parts=tuple(parts),
        )

    @property
    def hide(self) -> tuple[str, ...]:
        """All that must not be seen in evidence, the tokens of single Pages among it."""
        of_pages = (
            value for name, value in self.credential.extra.items() if name.startswith("page:")
        )
        return (*secrets_of(self.credential, self.app), *of_pages)

    async def read(self, call: str, path: str, **query: str) -> Reply:
        """Ask once; raises NoAnswerError."""
        tail = f"?{urlencode(query)}" if query else ""
        return await send(self.http, self.ask(call, "GET", f"{path}{tail}"), self.hide)

    async def listed(
        self, call: str, path: str, *, cursor: str = "", **query: str
    ) -> tuple[Sequence[object], str]:
        """One page of a listing and the cursor of the next; raises PlatformError, NoAnswerError.

        Of the address of the next page only the cursor is taken.
        """
        reply = await self.read(call, path, **query, **({"after": cursor} if cursor else {}))
        items = (reply.body or {}).get("data")
        if reply.status != HTTPStatus.OK or not isinstance(items, list):
            raise failure(self.about, reply)
        paging = object_of((reply.body or {}).get("paging"))
        after = text_of(object_of(paging.get("cursors")).get("after"), 1_000)
        more = bool(paging.get("next")) and bool(items)
        return items, after if more and after != cursor else ""


async def exchange(http: Http, about: About, app: App, ask: Ask, *, now: datetime) -> oauth2.Tokens:
    """Get a token; raises PlatformError or NoAnswerError."""
    reply = await send(http, ask, secrets_of(None, app))
    body = reply.body or {}
    data = body.get("data")  # Instagram wraps its first answer in a list of one
    if isinstance(data, list) and data:
        body = object_of(data[0])
    access = token_of(body.get("access_token"))
    if reply.status != HTTPStatus.OK or not access:
        raise failure(about, reply)
    life = span_of(body.get("expires_in"))
    named = body.get("permissions")
    names = named.split(",") if isinstance(named, str) else named
    scopes = [text_of(name) for name in names] if isinstance(names, list) else []
    return oauth2.Tokens(
        access=access,
        refresh="",
        scopes=frozenset(scope for scope in scopes if scope),
        expires_at=now + life if life else None,
        refresh_expires_at=None,
    )


async def ask_about_app(http: Http, app: App) -> tuple[AppTest, Evidence]:
    """Ask for a token of the app itself: id and secret must fit (docs: access-tokens)."""
    form = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "grant_type": "client_credentials",
    }
    ask = Ask(call="check our registration", method="POST", url=app.facts[oauth2.TOKEN], form=form)
    reply = await send(http, ask, secrets_of(None, app))
    if reply.status == HTTPStatus.OK and token_of((reply.body or {}).get("access_token")):
        return AppTest.WORKS, reply.evidence()
    error = error_of(reply)
    if error is not None and _WRONG_SECRET in error.message.lower():
        return AppTest.REFUSED, evidence_of(reply, error)
    if error is None or passes(reply):
        return AppTest.UNCLEAR, reply.evidence()
    return AppTest.REFUSED, evidence_of(reply, error)
