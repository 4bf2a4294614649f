"""Google Business Profile: locations of a business, their posts, and reviews as mentions.

A location is reached through an account that the person sees; another manager sees the same
location through another account, so the id of a location alone is who it is, and the account
stands beside the tokens. Who loses the role on a location hears "denied" or "not found" while the
permission itself is fine; that it is fine is asked before the role is called lost. Before Google
has approved a project its quota is 0: what the answer then looks like is not established, a limit
told as "0" is reported by others.

Source: developers.google.com/my-business (posts and reviews still in version 4). How far back posts
are listed is not established.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus

from dashboard.domain.budgets import Budget
from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability, MissingKind
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
from dashboard.domain.wire import Http
from dashboard.platforms import google_answers, oauth2
from dashboard.platforms.answers import Reply
from dashboard.platforms.google_business import publishing
from dashboard.platforms.google_business.reading import (
    ACCOUNT,
    Listing,
    Reader,
    accounts,
    behind,
    post_of,
    review_of,
)
from dashboard.platforms.google_events import Keyring
from dashboard.platforms.google_log_in import (
    AUTH,
    TESTING,
    TOLD_AT_ONCE,
    GooglePlatform,
)
from dashboard.platforms.google_log_in import (
    HOSTS as GOOGLE_HOSTS,
)
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.permissions import by_relink, missing_permissions
from dashboard.platforms.posting import CALL
from dashboard.platforms.protocol import About, AppGuide, Granted, Platform

KEY = "google_business"
HOSTS = {
    **GOOGLE_HOSTS,
    "accountmanagement": "https://mybusinessaccountmanagement.googleapis.com",
    "information": "https://mybusinessbusinessinformation.googleapis.com",
    "business": "https://mybusiness.googleapis.com",
}
MANAGE = f"{AUTH}business.manage"
_LABELS = {MANAGE: "see and manage the business"}
_ROLE = "a role as owner or manager of the location"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleBusiness(GooglePlatform):
    """See the module. A remote id is "locations/<number>"."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)
    keyring: Keyring = field(default_factory=Keyring, compare=False, repr=False)

    scopes = ("openid", "email", MANAGE)
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
            Capability.MONITOR_MENTIONS: frozenset({MANAGE}),
            Capability.READ_PUBLICATIONS: frozenset({MANAGE}),
            Capability.PUBLISH: frozenset({MANAGE}),
        },
        grant_at="Google Business Profile > People and access",
        grant_url="https://business.google.com/locations",
        history_reach="Google lists the posts of a location; how far back it does not say.",
        budget=Budget(
            requests=300, seconds=60, source="developers.google.com/my-business/content/limits"
        ),
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
            TOLD_AT_ONCE,
        ),
        conditions=(
            "Until Google has approved the project by hand, its quota is 0 and nothing works.",
            TESTING,
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
        """Beside the tokens stays through which account each location is seen."""
        tokens = await oauth2.exchange(
            http, KEY, app, code=code, verifier=verifier, redirect_uri=redirect_uri, now=now
        )
        credential = tokens.credential(extra={})
        subject = await self.person(http, app, credential)
        found = await self._reader(http, app, credential).locations()
        extra = {f"{ACCOUNT}{one.remote_id}": account for one, account in found}
        return Granted(
            credential=replace(credential, extra=extra),
            subject=subject,
            identities=tuple(one for one, _ in found),
        )

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        subject = await self.person(http, app, credential)
        found = await self._reader(http, app, credential).locations()
        return subject, tuple(one for one, _ in found)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        reader = self._reader(http, app, credential)
        url = f"{self.hosts['information']}/v1/{identity.remote_id}?readMask=name"
        reply = await reader.read("read the location", url)
        if reply.status == HTTPStatus.OK and reply.text("name", 100) == identity.remote_id:
            missing = by_relink(missing_permissions(self.about, credential.scopes, _LABELS))
            return Works(missing=missing, renew_by=credential.refresh_expires_at)
        found = self._meaning(reply, credential, only_role=True)
        if isinstance(found, Works) and found.missing[0].kind is MissingKind.ROLE:
            return await self._only_the_role(reader, found)
        return found

    async def _only_the_role(self, reader: Reader, found: Works) -> CheckOutcome:
        """Lost is the role alone if the person may still ask; else that answer says more."""
        of = accounts(self.hosts)
        reply = await reader.read(of.call, f"{of.url}?pageSize=1")
        if reply.status == HTTPStatus.OK and reply.body is not None:
            return found
        return self._meaning(reply, reader.credential)

    def _meaning(
        self, reply: Reply, credential: Credential, *, only_role: bool = False
    ) -> CheckOutcome:
        return google_answers.meaning(
            self.about,
            reply,
            credential,
            permission=_LABELS[MANAGE],
            role=_ROLE,
            only_role=only_role,
        )

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        reader = self._reader(http, None, credential)
        of = Listing(
            call="list the posts",
            url=behind(reader, identity, "localPosts"),
            what="localPosts",
            query={"pageSize": "100"},
        )
        items, following = await reader.page(of, cursor)
        return [post for item in items if (post := post_of(item)) is not None], following

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
        reader = self._reader(http, app, credential)
        of = Listing(
            call="list the reviews",
            url=behind(reader, identity, "reviews"),
            what="reviews",
            query={"pageSize": "50", "orderBy": "updateTime desc"},
        )
        items, following = await reader.page(of, cursor)
        return [one for item in items if (one := review_of(item)) is not None], following

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        try:
            url = behind(self._reader(http, app, credential), identity, "localPosts")
        except PlatformError:
            text = "It is not known through which account the location is reached: relink it."
            return NotPublished(evidence=Evidence(call=CALL, text=text))
        return await publishing.publish(http, app, credential, url, post)

    def _reader(self, http: Http, app: App | None, credential: Credential) -> Reader:
        return Reader(http=http, about=self.about, hosts=self.hosts, app=app, credential=credential)
