"""Lists of Google Business Profile: locations, posts, reviews. Everything read here is hostile."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from dashboard.domain.calendar import FoundPost
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.wire import Http
from dashboard.platforms import google_answers
from dashboard.platforms.answers import Reply
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.protocol import About
from dashboard.platforms.values import (
    Body,
    instant_of,
    lines_of,
    object_of,
    text_of,
    web_address,
)

ACCOUNT = "account:"
"""Before the name of a location in `Credential.extra`: the account through which it is seen."""

_MOST_TURNS = 20
_STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list that comes page by page; its items stand under the name `what`."""

    call: str
    url: str
    what: str
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Asks in one person's name."""

    http: Http
    about: About
    hosts: Hosts
    app: App | None
    credential: Credential

    async def page(self, of: Listing, cursor: str) -> tuple[list[Body], str]:
        """One page with the cursor of the next; raises PlatformError or NoAnswerError."""
        asked = urlencode({**of.query, **({"pageToken": cursor} if cursor else {})})
        reply = await self.read(of.call, f"{of.url}?{asked}")
        items = _items(reply, of.what)
        if items is None:
            raise google_answers.failure(self.about, reply)
        following = reply.text("nextPageToken", 500)
        return items, following if following != cursor else ""

    async def whole(self, of: Listing) -> list[Body]:
        """All pages, within reason."""
        found: list[Body] = []
        cursor = ""
        for _ in range(_MOST_TURNS):
            items, cursor = await self.page(of, cursor)
            found += items
            if not cursor:
                break
        return found

    async def read(self, call: str, url: str) -> Reply:
        return await google_answers.read(self.http, self.app, self.credential, call, url)

    async def locations(self) -> list[tuple[Identity, str]]:
        """Every location with the first account through which it is seen."""
        found: dict[str, tuple[Identity, str]] = {}
        for account in await self.whole(accounts(self.hosts)):
            name = _name(account.get("name"), "accounts")
            for item in await self.whole(_locations(self.hosts, name)) if name else ():
                location = _location(item)
                if location is not None:
                    found.setdefault(location.remote_id, (location, name))
        return list(found.values())


def accounts(hosts: Hosts) -> Listing:
    """The accounts that a person sees; they stand whatever roles on locations are lost."""
    url = f"{hosts['accountmanagement']}/v1/accounts"
    return Listing(call="list the accounts", url=url, what="accounts", query={})


def behind(reader: Reader, identity: Identity, what: str) -> str:
    """The address of what belongs to a location; raises PlatformError if its account is unknown."""
    account = reader.credential.extra.get(f"{ACCOUNT}{identity.remote_id}", "")
    if not account:
        text = "The account of the location is not known."
        raise PlatformError(reader.about.key, "refused", text)
    return f"{reader.hosts['business']}/v4/{account}/{identity.remote_id}/{what}"


def last_part(name: str) -> str:
    return name.rpartition("/")[2][:200]


def post_of(item: Body) -> FoundPost | None:
    """A post that is live or on its way; None for a rejected one, and for nonsense."""
    remote_id, at = last_part(text_of(item.get("name"), 300)), instant_of(item.get("createTime"))
    if not remote_id or at is None or item.get("state") == "REJECTED":
        return None
    return FoundPost(
        remote_id=remote_id,
        text=lines_of(item.get("summary"), 10_000),
        url=web_address(item.get("searchUrl")),
        published_at=at,
    )


def review_of(item: Body) -> FoundMention | None:
    """A review: its stars and its words."""
    remote_id, at = text_of(item.get("reviewId"), 300), instant_of(item.get("createTime"))
    if not remote_id or at is None:
        return None
    stars = _STARS.get(text_of(item.get("starRating"), 10))
    words = [f"{stars} of 5 stars"] if stars else []
    words += [lines_of(item.get("comment"), 10_000)]
    return FoundMention(
        remote_id=remote_id,
        author=text_of(object_of(item.get("reviewer")).get("displayName")),
        text="\n\n".join(word for word in words if word),
        url="",
        at=at,
    )


def _locations(hosts: Hosts, account: str) -> Listing:
    return Listing(
        call="list the locations",
        url=f"{hosts['information']}/v1/{account}/locations",
        what="locations",
        query={"readMask": "name,title,metadata", "pageSize": "100"},
    )


def _items(reply: Reply, what: str) -> list[Body] | None:
    """What a list holds; Google leaves out an empty one. None for no list."""
    body = reply.body
    if reply.status != HTTPStatus.OK or body is None or "error" in body:
        return None
    items = body.get(what, [])
    return [object_of(item) for item in items] if isinstance(items, list) else None


def _name(value: object, kind: str) -> str:
    """A resource name such as "accounts/123", "" for anything else: it becomes part of a path."""
    name = text_of(value, 100)
    before, _, number = name.rpartition("/")
    return name if before == kind and number.isascii() and number.isdigit() else ""


def _location(item: Body) -> Identity | None:
    name = _name(item.get("name"), "locations")
    if not name:
        return None
    return Identity(
        remote_id=name,
        name=text_of(item.get("title")) or name,
        handle="",
        url=web_address(object_of(item.get("metadata")).get("mapsUri")),
    )
