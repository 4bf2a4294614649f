"""Google Business Profile: locations of a business, their posts, and reviews as mentions.

A location is reached through an account that the person sees; another manager sees the same
location through another account, so the id of a location alone is who it is, and the account
stands beside the tokens. Who loses the role on a location hears "denied" or "not found" while the
permission itself is fine. Before Google has approved a project its quota is 0: what the answer
then looks like is not established, a limit told as "0" is reported by others.

Source: developers.google.com/my-business (posts and reviews still in version 4). How far back posts
are listed is not established.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability
from dashboard.domain.checks import CheckOutcome, Evidence, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    PictureRule,
    PostRules,
    PublishOutcome,
)
from dashboard.domain.wire import Ask, Http
from dashboard.platforms import google, oauth2
from dashboard.platforms.answers import Reply, bearer, secrets_of
from dashboard.platforms.google import AUTH, GooglePlatform
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.permissions import missing_permissions
from dashboard.platforms.posting import CALL, Taken, published, send_publicly
from dashboard.platforms.protocol import About, AppGuide, Granted, Platform
from dashboard.platforms.values import (
    Body,
    instant_of,
    lines_of,
    object_of,
    text_of,
    web_address,
)

KEY = "google_business"
HOSTS = {
    **google.HOSTS,
    "accountmanagement": "https://mybusinessaccountmanagement.googleapis.com",
    "information": "https://mybusinessbusinessinformation.googleapis.com",
    "business": "https://mybusiness.googleapis.com",
}
_MANAGE = f"{AUTH}business.manage"
_LABELS = {_MANAGE: "see and manage the business"}
_ROLE = "a role as owner or manager of the location"
_ACCOUNT = "account:"
_MOST_TURNS = 20
_STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleBusiness(GooglePlatform):
    """See the module. A remote id is "locations/<number>"."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    scopes = ("openid", "email", _MANAGE)
    about = About(
        key=KEY,
        label="Google Business Profile",
        account_word="location",
        conditions=(
            "You must be an owner or manager of the location in Google Business Profile.",
            "The location must be verified by Google.",
            "Leave all boxes ticked when Google asks.",
            "Pictures are fetched by Google, so this installation must be reachable from outside.",
        ),
        before_relink=(
            "Log in with a Google account that is an owner or manager of the location.",
            "If the role was taken away, have an owner give it back first: People and access.",
        ),
        wants={
            Capability.MONITOR_MENTIONS: frozenset({_MANAGE}),
            Capability.READ_PUBLICATIONS: frozenset({_MANAGE}),
            Capability.PUBLISH: frozenset({_MANAGE}),
        },
        grant_at="Google Business Profile > People and access",
        grant_url="https://business.google.com/locations",
        history_reach="Google lists the posts of a location; how far back it does not say.",
    )
    guide = AppGuide(
        console_url="https://console.cloud.google.com/auth/clients",
        steps=(
            "Make a project and ask Google for access to the Business Profile APIs for it.",
            (
                "After the approval enable Google My Business API, My Business Account Management "
                "API and My Business Business Information API under APIs and services."
            ),
            "Under Google Auth Platform > Audience choose External; fill in Branding.",
            "Under Data Access add openid, email and .../auth/business.manage.",
            "Under Clients make a client of the type Web application.",
            "Enter the address below as Authorized redirect URI.",
            "Copy the Client ID and the Client secret to here.",
            "Under Audience choose Publish app.",
            (
                "If you want to be told at once of withdrawn permissions: enable the RISC API and "
                "register the address for messages with it, by a service account with the role "
                "RISC Configuration Admin."
            ),
        ),
        conditions=(
            "Until Google has approved the project by hand, its quota is 0 and nothing works.",
            google.TESTING,
            (
                "Use a project of its own, not that of YouTube: with one project, removing one "
                "link of a person ends all links of that person."
            ),
        ),
        push_label="Receiver address for Cross-Account Protection",
    )
    rules = PostRules(longest=1_500, picture=PictureRule.FETCHED)

    def through(self, sandbox_url: str) -> Platform:
        return GoogleBusiness(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return self.registration(client_id, client_secret)

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        tokens = await oauth2.exchange(
            http, KEY, app, code=code, verifier=verifier, redirect_uri=redirect_uri, now=now
        )
        credential = tokens.credential(extra={})
        subject = await self.person(http, app, credential)
        found = await self._locations(http, app, credential)
        extra = {f"{_ACCOUNT}{one.remote_id}": account for one, account in found}
        return Granted(
            credential=replace(credential, extra=extra),
            subject=subject,
            identities=tuple(one for one, _ in found),
        )

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        subject = await self.person(http, app, credential)
        found = await self._locations(http, app, credential)
        return subject, tuple(one for one, _ in found)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        url = f"{self.hosts['information']}/v1/{identity.remote_id}?readMask=name"
        reply = await google.read(http, app, credential, "read the location", url)
        if reply.status == HTTPStatus.OK and reply.text("name", 100) == identity.remote_id:
            missing = missing_permissions(self.about, credential.scopes, _LABELS)
            return Works(missing=missing, renew_by=credential.refresh_expires_at)
        return google.meaning(self.about, reply, credential, role=_ROLE, only_role=True)

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        url = self._url(credential, identity, "localPosts")
        query = {"pageSize": "100"}
        items, following = await self._listed(
            http, None, credential, "list the posts", url, "localPosts", query, cursor
        )
        return [post for item in items if (post := _post(item)) is not None], following

    async def mentions(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        *,
        cursor: str,
    ) -> tuple[Sequence[FoundMention], str]:
        """The reviews of the location."""
        url = self._url(credential, identity, "reviews")
        query = {"pageSize": "50", "orderBy": "updateTime desc"}
        items, following = await self._listed(
            http, app, credential, "list the reviews", url, "reviews", query, cursor
        )
        return [one for item in items if (one := _review(item)) is not None], following

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        if f"{_ACCOUNT}{identity.remote_id}" not in credential.extra:
            text = "It is not known through which account the location is reached: relink it."
            return NotPublished(evidence=Evidence(call=CALL, text=text))
        ask = Ask(
            call=CALL,
            method="POST",
            url=self._url(credential, identity, "localPosts"),
            headers=bearer(credential.access),
            json=_local_post(post),
        )
        hide = secrets_of(credential, app)
        done = await send_publicly(http, ask, hide, refused=google.not_published)
        if not isinstance(done, Taken):
            return done
        if done.reply.text("state", 20) == "REJECTED":
            text = "Google has rejected the post: see its content policy."
            evidence = done.reply.evidence(code="REJECTED", text=text)
            return NotPublished(evidence=evidence, about_the_post=True)
        url = web_address((done.reply.body or {}).get("searchUrl"))
        return published(done, _last(done.reply.text("name", 300)), url)

    async def _locations(
        self, http: Http, app: App | None, credential: Credential
    ) -> list[tuple[Identity, str]]:
        """Every location with the first account through which it is seen."""
        url = f"{self.hosts['accountmanagement']}/v1/accounts"
        accounts = await self._all(http, app, credential, "list the accounts", url, "accounts", {})
        found: dict[str, tuple[Identity, str]] = {}
        for account in accounts:
            name = _name(account.get("name"), "accounts")
            if not name:
                continue
            url = f"{self.hosts['information']}/v1/{name}/locations"
            query = {"readMask": "name,title,metadata", "pageSize": "100"}
            for item in await self._all(
                http, app, credential, "list the locations", url, "locations", query
            ):
                location = _location(item)
                if location is not None:
                    found.setdefault(location.remote_id, (location, name))
        return list(found.values())

    async def _all(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        call: str,
        url: str,
        what: str,
        query: Mapping[str, str],
    ) -> list[Body]:
        found: list[Body] = []
        cursor = ""
        for _ in range(_MOST_TURNS):
            items, cursor = await self._listed(
                http, app, credential, call, url, what, query, cursor
            )
            found += items
            if not cursor:
                break
        return found

    async def _listed(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        call: str,
        url: str,
        what: str,
        query: Mapping[str, str],
        cursor: str,
    ) -> tuple[list[Body], str]:
        asked = urlencode({**query, **({"pageToken": cursor} if cursor else {})})
        reply = await google.read(http, app, credential, call, f"{url}?{asked}")
        items = _items(reply, what)
        if items is None:
            raise google.failure(self.about, reply)
        following = reply.text("nextPageToken", 500)
        return items, following if following != cursor else ""

    def _url(self, credential: Credential, identity: Identity, what: str) -> str:
        account = credential.extra.get(f"{_ACCOUNT}{identity.remote_id}", "")
        if not account:
            raise PlatformError(KEY, "refused", "The account of the location is not known.")
        return f"{self.hosts['business']}/v4/{account}/{identity.remote_id}/{what}"


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


def _last(name: str) -> str:
    return name.rpartition("/")[2][:200]


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


def _post(item: Body) -> FoundPost | None:
    remote_id, at = _last(text_of(item.get("name"), 300)), instant_of(item.get("createTime"))
    if not remote_id or at is None or item.get("state") == "REJECTED":
        return None
    return FoundPost(
        remote_id=remote_id,
        text=lines_of(item.get("summary"), 10_000),
        url=web_address(item.get("searchUrl")),
        published_at=at,
    )


def _review(item: Body) -> FoundMention | None:
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


def _local_post(post: Outgoing) -> dict[str, object]:
    made: dict[str, object] = {"topicType": "STANDARD", "summary": post.text}
    if post.link:
        made["callToAction"] = {"actionType": "LEARN_MORE", "url": post.link}
    if post.picture is not None:
        made["media"] = [{"mediaFormat": "PHOTO", "sourceUrl": post.picture.url}]
    return made
