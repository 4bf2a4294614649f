"""One conversation with LinkedIn in somebody's name, and the items it lists.

A version of the interface lives a year: an answer 426 means that Linkkeeper is too old, never that
a link is broken (docs: linkedin/marketing/versioning).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from dashboard.domain.calendar import FoundPost
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.wire import Ask, Http
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.linkedin.about import KEY
from dashboard.platforms.values import epoch_of, lines_of, object_of, text_of

PAGE = 50
_ROLES_PAGE, _MOST_ROLES = 100, 1_000
_VERSION = "202607"
_LAST_MILLISECOND = 10**14


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Who asks, with what, at which addresses."""

    http: Http
    hosts: Hosts
    app: App | None
    credential: Credential

    @property
    def hide(self) -> tuple[str, ...]:
        """What must not be seen in evidence."""
        return secrets_of(self.credential, self.app)

    @property
    def headers(self) -> dict[str, str]:
        return {
            **bearer(self.credential.access),
            "LinkedIn-Version": _VERSION,
            "X-Restli-Protocol-Version": "2.0.0",
        }

    async def read(self, call: str, path: str) -> Reply:
        url = f"{self.hosts['api']}/{path}"
        ask = Ask(call=call, method="GET", url=url, headers=self.headers)
        return await send(self.http, ask, self.hide)

    async def roles(self) -> list[object] | Reply:
        """All roles of the person, or the answer that gave none.

        Whoever looks after many pages has several pages of roles: one that is left out would look
        like a lost role.
        """
        found: list[object] = []
        while len(found) < _MOST_ROLES:
            query = {"q": "roleAssignee", "state": "APPROVED", "count": str(_ROLES_PAGE)}
            if found:
                query["start"] = str(len(found))
            reply = await self.read("read the roles", f"rest/organizationAcls?{urlencode(query)}")
            items = (reply.body or {}).get("elements")
            if reply.status != HTTPStatus.OK or not isinstance(items, list):
                return reply
            found += items
            if len(items) < _ROLES_PAGE:
                break
        return found

    async def names(self, numbers: list[str]) -> Mapping[str, Any]:
        """What LinkedIn tells of these organisations, by number; empty without an answer."""
        ids = quote(",".join(numbers), safe=",")
        path = f"rest/organizationsLookup?ids=List({ids})"
        reply = await self.read("read the names of the pages", path)
        return object_of((reply.body or {}).get("results")) if reply.status == HTTPStatus.OK else {}

    async def posts(self, author: str, start: int) -> list[object]:
        """Posts of an organisation, newest first; raises PlatformError."""
        query = {
            "author": author,
            "q": "author",
            "count": str(PAGE),
            "start": str(start),
            "sortBy": "CREATED",
        }
        reply = await self.read("list the posts", f"rest/posts?{urlencode(query)}")
        items = (reply.body or {}).get("elements")
        if reply.status != HTTPStatus.OK or not isinstance(items, list):
            raise failure(reply)
        return items


async def introspect(http: Http, hosts: Hosts, app: App, token: str) -> Reply:
    """What became of a token: the one place where LinkedIn tells expired from revoked."""
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "token": token}
    url = f"{hosts['www']}/oauth/v2/introspectToken"
    ask = Ask(call="ask about the permission", method="POST", url=url, form=form)
    return await send(http, ask, (*secrets_of(None, app), token))


def failure(reply: Reply) -> PlatformError:
    """The error for a person who waits, or for a synchronisation."""
    if reply.status == HTTPStatus.UPGRADE_REQUIRED:
        return PlatformError(KEY, "app_problem", "the version is no longer spoken")
    if reply.silence() or reply.body is None:
        return reply.failure(KEY)
    return PlatformError(KEY, "refused", reply.evidence().text)


def address_of(urn: str) -> str:
    """Where people see a post."""
    return f"https://www.linkedin.com/feed/update/{quote(urn, safe=':')}/" if urn else ""


def post_of(item: object) -> FoundPost | None:
    """None for what cannot be read."""
    post = object_of(item)
    urn, created = text_of(post.get("id"), 200), post.get("publishedAt") or post.get("createdAt")
    sane = isinstance(created, int) and 0 < created < _LAST_MILLISECOND
    at = epoch_of(created / 1000) if isinstance(created, int) and sane else None
    if not urn.startswith("urn:li:") or at is None:
        return None
    return FoundPost(
        remote_id=urn,
        text=lines_of(post.get("commentary"), 10_000),
        url=address_of(urn),
        published_at=at,
    )
