"""LinkedIn: members and the organisations they look after, by one log-in.

A consent lasts 60 days; only approved partners get a refresh token, everybody else must pass the
log-in again, which is silent while the old consent is valid (docs: programmatic-refresh-tokens).
Good tokens were answered "revoked" for some seconds after they were made (omniauth-linkedin-oauth2
17 and 81), so a refusal wants a second proof. What a change of password does is not established.
Posts of members are closed to nearly all programs (r_member_social); those of organisations need
the product Community Management API. A version of the interface lives a year: an answer 426 means
that Linkkeeper is too old, never that a link is broken.

Sources: docs = learn.microsoft.com/en-us/linkedin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote, urlencode

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    CheckOutcome,
    Evidence,
    NeedsRefresh,
    Refused,
    Works,
)
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    Picture,
    PictureRule,
    PostRules,
    PublishOutcome,
    with_link,
)
from dashboard.domain.wire import Ask, Http
from dashboard.platforms import oauth2
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.permissions import lacking, missing_permissions
from dashboard.platforms.posting import CALL, Taken, prepare, published, send_publicly
from dashboard.platforms.protocol import (
    About,
    AppGuide,
    AppTest,
    Granted,
    LoginField,
    Platform,
    RefreshOutcome,
)
from dashboard.platforms.registered import RegisteredByHand
from dashboard.platforms.values import (
    epoch_of,
    instant_of,
    lines_of,
    object_of,
    text_of,
    web_address,
)

KEY = "linkedin"
HOSTS = {"www": "https://www.linkedin.com", "api": "https://api.linkedin.com"}
RENEW_BY = "renew_by"
_VERSION = "202607"
_MEMBER = ("openid", "profile", "email", "w_member_social")
_ORGANISATION = ("r_organization_social", "w_organization_social", "rw_organization_admin")
_LABELS = {
    "w_member_social": "publish as yourself",
    "r_organization_social": "read posts and comments of the organisation",
    "w_organization_social": "publish as the organisation",
}
_CAUSES = {65601: Cause.APP_REMOVED, 65602: Cause.TOKEN_RAN_OUT, 65600: Cause.TOKEN_REFUSED}
_ROLES = frozenset({"ADMINISTRATOR", "CONTENT_ADMINISTRATOR", "CONTENT_ADMIN"})
_PERSON, _COMPANY = "urn:li:person:", "urn:li:organization:"
_ESCAPED = frozenset("|{}@[]()<>#\\*_~")
_PAGE = 50
_LAST_MILLISECOND = 10**14
_UPLOAD_DEADLINE = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedIn(RegisteredByHand):
    """See the module. A remote id is the URN of a member or an organisation."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = About(
        key=KEY,
        label="LinkedIn",
        account_word="page",
        conditions=(
            (
                "You must be an administrator of the organisation's page (super admin or content "
                "admin)."
            ),
            "LinkedIn asks for all permissions at once: they cannot be given one by one.",
            "Every 60 days you must confirm it. Done in time, that takes one click.",
        ),
        before_relink=(
            "Log in at LinkedIn as an administrator of the page.",
            "If the old consent has not run out yet, LinkedIn sends you straight back.",
        ),
        wants={
            Capability.MONITOR_MENTIONS: frozenset({"r_organization_social"}),
            Capability.READ_PUBLICATIONS: frozenset({"r_organization_social"}),
            Capability.PUBLISH: frozenset({"w_organization_social"}),
        },
        grant_at="LinkedIn > the page > Settings > Manage admins",
        grant_url="https://www.linkedin.com/company/",
        history_reach="LinkedIn lists the posts of a page; how far back it does not say.",
    )
    guide = AppGuide(
        console_url="https://www.linkedin.com/developers/apps",
        steps=(
            "Make an app, connect it with your company page and have the page verify it.",
            (
                "Under Products ask for Sign In with LinkedIn using OpenID Connect, Share on "
                "LinkedIn and, for pages, the Community Management API."
            ),
            "Under Auth enter the address below as Authorized redirect URL.",
            "Copy the Client ID and the Primary Client Secret to here.",
        ),
        conditions=(
            (
                "LinkedIn approves the Community Management API by hand; until then only members "
                "can be linked, and only to publish."
            ),
            "Renewal without a person is for approved partners only.",
        ),
        options=(
            LoginField(
                name="pages",
                label="Pages of organisations",
                hint="yes once LinkedIn has approved the Community Management API, else no",
                default="yes",
            ),
        ),
    )
    rules = PostRules(longest=3_000, picture=PictureRule.UPLOADED)

    def through(self, sandbox_url: str) -> Platform:
        return LinkedIn(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        pages = options.get("pages") or "yes"
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=(*_MEMBER, *_ORGANISATION) if pages == "yes" else _MEMBER,
            facts={
                "pages": pages,
                oauth2.AUTHORIZE: f"{self.hosts['www']}/oauth/v2/authorization",
                oauth2.TOKEN: f"{self.hosts['www']}/oauth/v2/accessToken",
                oauth2.REVOKE: f"{self.hosts['www']}/oauth/v2/revoke",
                oauth2.PKCE: "no",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """Ask about a made-up token: LinkedIn answers only who is let in."""
        reply = await self._introspect(http, app, "linkkeeper-asks-whether-it-is-known")
        if reply.status == HTTPStatus.OK and isinstance((reply.body or {}).get("active"), bool):
            return AppTest.WORKS, reply.evidence()
        if reply.text("error", 80) in {
            "invalid_client",
            "unauthorized_client",
            "invalid_client_id",
        }:
            return AppTest.REFUSED, reply.evidence(code=reply.text("error", 80))
        return AppTest.UNCLEAR, reply.evidence()

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        tokens = await oauth2.exchange(
            http, KEY, app, code=code, verifier=verifier, redirect_uri=redirect_uri, now=now
        )
        ends = tokens.refresh_expires_at or tokens.expires_at
        credential = tokens.credential(extra={RENEW_BY: ends.isoformat() if ends else ""})
        subject, identities = await self.identities(http, app, credential)
        return Granted(credential=credential, subject=subject, identities=identities)

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        me = await self._read(http, app, credential, "read who gave the permission", "v2/userinfo")
        sub = text_of((me.body or {}).get("sub"), 100)
        if me.status != HTTPStatus.OK or not sub:
            raise self._failure(me)
        subject = Subject(remote_id=sub, name=me.text("name", 255) or sub)
        member = Identity(remote_id=f"{_PERSON}{sub}", name=subject.name, handle="")
        if not credential.scopes & {"rw_organization_admin", "r_organization_social"}:
            return subject, (member,)
        reply = await self._acls(http, app, credential)
        elements = (reply.body or {}).get("elements")
        if reply.status != HTTPStatus.OK or not isinstance(elements, list):
            raise self._failure(reply)
        found = {org.remote_id: org for item in elements if (org := _organisation(item))}
        named = await self._named(http, app, credential, tuple(found.values()))
        return subject, (*named, member)

    async def _named(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        found: tuple[Identity, ...],
    ) -> tuple[Identity, ...]:
        """The same with names, which the roles do not tell; without an answer, numbers do."""
        if not found:
            return found
        numbers = ",".join(_number_of(one) for one in found)
        path = f"rest/organizationsLookup?ids=List({quote(numbers, safe=',')})"
        reply = await self._read(http, app, credential, "read the names of the pages", path)
        told = object_of((reply.body or {}).get("results")) if reply.status == HTTPStatus.OK else {}
        return tuple(_with_name(one, object_of(told.get(_number_of(one)))) for one in found)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        """For a member the profile, for an organisation the person's role on it."""
        renew_by = instant_of(credential.extra.get(RENEW_BY))
        if identity.remote_id.startswith(_PERSON):
            me = await self._read(http, app, credential, "read the profile", "v2/userinfo")
            sub = text_of((me.body or {}).get("sub"), 100)
            if me.status == HTTPStatus.OK and f"{_PERSON}{sub}" == identity.remote_id:
                return Works(missing=self._of_member(credential), renew_by=renew_by)
            return await self._meaning(http, app, me, credential)
        reply = await self._acls(http, app, credential)
        elements = (reply.body or {}).get("elements")
        if reply.status != HTTPStatus.OK or not isinstance(elements, list):
            return await self._meaning(http, app, reply, credential)
        missing = missing_permissions(self.about, credential.scopes, _LABELS)
        mine = {org.remote_id for item in elements if (org := _organisation(item))}
        if identity.remote_id not in mine:
            label = "a role on the page"
            missing = lacking(self.about, MissingKind.ROLE, "organizationAcls", label)
        return Works(missing=missing, renew_by=renew_by)

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        return await oauth2.refresh(http, app, credential, now=now)

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        if not identity.remote_id.startswith(_COMPANY):
            return [], ""  # closed to programs
        start = int(cursor) if cursor.isdecimal() and len(cursor) < 9 else 0  # noqa: PLR2004
        query = {
            "author": identity.remote_id,
            "q": "author",
            "count": str(_PAGE),
            "start": str(start),
            "sortBy": "CREATED",
        }
        path = f"rest/posts?{urlencode(query)}"
        reply = await self._read(http, None, credential, "list the posts", path)
        items = (reply.body or {}).get("elements")
        if reply.status != HTTPStatus.OK or not isinstance(items, list):
            raise self._failure(reply)
        found = [post for item in items if (post := _post(item)) is not None]
        return found, str(start + _PAGE) if len(items) >= _PAGE else ""

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        hide = secrets_of(credential, app)
        image = ""
        if post.picture is not None:
            handed = await self._hand_over(http, credential, identity, post.picture, hide)
            if isinstance(handed, NotPublished):
                return handed
            image = handed
        ask = Ask(
            call=CALL,
            method="POST",
            url=f"{self.hosts['api']}/rest/posts",
            headers=self._headers(credential),
            json=_share(identity, post, image),
        )
        done = await send_publicly(http, ask, hide, needs_json=False)
        if isinstance(done, Taken):
            urn = text_of(done.reply.headers.get("x-restli-id"), 200)
            return published(done, urn, _address(urn))
        return done

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """Raises PlatformError for an answer that is worth another try."""
        if app is None:
            return
        ask = oauth2.revoke_ask(app, credential.access)
        reply = await send(http, ask, secrets_of(credential, app))
        if reply.silence():
            raise reply.failure(KEY)

    async def _read(
        self, http: Http, app: App | None, credential: Credential, call: str, path: str
    ) -> Reply:
        url = f"{self.hosts['api']}/{path}"
        ask = Ask(call=call, method="GET", url=url, headers=self._headers(credential))
        return await send(http, ask, secrets_of(credential, app))

    async def _acls(self, http: Http, app: App | None, credential: Credential) -> Reply:
        query = {"q": "roleAssignee", "state": "APPROVED", "count": "100"}
        path = f"rest/organizationAcls?{urlencode(query)}"
        return await self._read(http, app, credential, "read the roles", path)

    async def _introspect(self, http: Http, app: App, token: str) -> Reply:
        form = {"client_id": app.client_id, "client_secret": app.client_secret, "token": token}
        url = f"{self.hosts['www']}/oauth/v2/introspectToken"
        ask = Ask(call="ask about the permission", method="POST", url=url, form=form)
        return await send(http, ask, (*secrets_of(None, app), token))

    async def _meaning(
        self, http: Http, app: App | None, reply: Reply, credential: Credential
    ) -> CheckOutcome:
        number = _number(reply)
        evidence = reply.evidence(code=str(number) if number else "")
        if reply.status == HTTPStatus.UPGRADE_REQUIRED:
            text = "LinkedIn no longer speaks this version of its interface: update Linkkeeper."
            return AppProblem(evidence=reply.evidence(code="426", text=text))
        if outcome := reply.silence():
            return outcome
        if reply.status == HTTPStatus.FORBIDDEN and number == 100:  # noqa: PLR2004  theirs
            kind, label = MissingKind.PERMISSION, "see the page"
            return Works(missing=lacking(self.about, kind, "100", label))
        if reply.status != HTTPStatus.UNAUTHORIZED or number not in _CAUSES:
            return reply.unclear(code=str(number) if number else "")
        if credential.refresh:
            return NeedsRefresh(evidence=evidence)
        return await self._second_opinion(http, app, credential, evidence, _CAUSES[number])

    async def _second_opinion(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        evidence: Evidence,
        cause: Cause,
    ) -> CheckOutcome:
        """LinkedIn's own answer to what became of a token; it alone makes a refusal certain."""
        if app is None:
            return Refused(cause=cause, evidence=evidence, certain=False)
        told = await self._introspect(http, app, credential.access)
        status = told.text("status", 20)
        causes = {"expired": Cause.TOKEN_RAN_OUT, "revoked": Cause.APP_REMOVED}
        if told.status == HTTPStatus.OK and status in causes:
            return Refused(cause=causes[status], evidence=evidence)
        return Refused(cause=cause, evidence=evidence, certain=False)

    async def _hand_over(
        self,
        http: Http,
        credential: Credential,
        identity: Identity,
        picture: Picture,
        hide: tuple[str, ...],
    ) -> str | NotPublished:
        """Ask where to put the picture, put it there, return its URN (docs: images-api)."""
        ask = Ask(
            call="ask where to put the picture",
            method="POST",
            url=f"{self.hosts['api']}/rest/images?action=initializeUpload",
            headers=self._headers(credential),
            json={"initializeUploadRequest": {"owner": identity.remote_id}},
        )
        begun = await prepare(http, ask, hide)
        if isinstance(begun, NotPublished):
            return begun
        value = object_of((begun.reply.body or {}).get("value"))
        urn, url = text_of(value.get("image"), 200), web_address(value.get("uploadUrl"))
        if not urn or not url:
            return NotPublished(evidence=begun.reply.evidence(), again=True)
        ask = Ask(
            call="hand over the picture",
            method="PUT",
            url=url,  # LinkedIn's own upload host; it gets the picture and no token
            headers={"Content-Type": picture.media_type},
            raw=picture.data,
            deadline=_UPLOAD_DEADLINE,
        )
        put = await prepare(http, ask, hide)
        return put if isinstance(put, NotPublished) else urn

    def _of_member(self, credential: Credential) -> tuple[Missing, ...]:
        """A member can only publish; reading is closed to programs, so it is not missing."""
        if not credential.scopes or "w_member_social" in credential.scopes:
            return ()
        only = (Capability.PUBLISH,)
        label = _LABELS["w_member_social"]
        return lacking(self.about, MissingKind.PERMISSION, "w_member_social", label, only=only)

    def _headers(self, credential: Credential) -> dict[str, str]:
        return {
            **bearer(credential.access),
            "LinkedIn-Version": _VERSION,
            "X-Restli-Protocol-Version": "2.0.0",
        }

    def _failure(self, reply: Reply) -> PlatformError:
        if reply.status == HTTPStatus.UPGRADE_REQUIRED:
            return PlatformError(KEY, "app_problem", "the version is no longer spoken")
        if reply.silence() or reply.body is None:
            return reply.failure(KEY)
        return PlatformError(KEY, "refused", reply.evidence().text)


def _number(reply: Reply) -> int:
    number = (reply.body or {}).get("serviceErrorCode")
    return number if isinstance(number, int) and not isinstance(number, bool) else 0


def _organisation(item: object) -> Identity | None:
    """An organisation that the person may act for, known by its number only."""
    acl = object_of(item)
    urn = text_of(acl.get("organization"), 200) or text_of(acl.get("organizationTarget"), 200)
    state, role = text_of(acl.get("state"), 40), text_of(acl.get("role"), 60)
    if not urn.startswith(_COMPANY) or state not in {"", "APPROVED"} or role not in _ROLES:
        return None
    number = urn.removeprefix(_COMPANY)
    return Identity(
        remote_id=urn,
        name=f"Organisation {number}",
        handle="",
        url=f"https://www.linkedin.com/company/{quote(number, safe='')}",
    )


def _number_of(organisation: Identity) -> str:
    return organisation.remote_id.removeprefix(_COMPANY)


def _with_name(organisation: Identity, told: Mapping[str, object]) -> Identity:
    return replace(
        organisation,
        name=text_of(told.get("localizedName")) or organisation.name,
        handle=text_of(told.get("vanityName")),
    )


def _share(identity: Identity, post: Outgoing, image: str) -> dict[str, object]:
    content: dict[str, object] = {}
    if image:
        alt = post.picture.alt if post.picture else ""
        content = {"content": {"media": {"id": image, "altText": alt}}}
    elif post.link:
        title = post.title or post.link
        content = {"content": {"article": {"source": post.link, "title": title}}}
    words = with_link(post) if image else post.text
    return {
        "author": identity.remote_id,
        "commentary": "".join(f"\\{letter}" if letter in _ESCAPED else letter for letter in words),
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED"},
        "lifecycleState": "PUBLISHED",
        **content,
    }


def _address(urn: str) -> str:
    return f"https://www.linkedin.com/feed/update/{quote(urn, safe=':')}/" if urn else ""


def _post(item: object) -> FoundPost | None:
    post = object_of(item)
    urn, created = text_of(post.get("id"), 200), post.get("publishedAt") or post.get("createdAt")
    sane = isinstance(created, int) and 0 < created < _LAST_MILLISECOND
    at = epoch_of(created / 1000) if isinstance(created, int) and sane else None
    if not urn.startswith("urn:li:") or at is None:
        return None
    return FoundPost(
        remote_id=urn,
        text=lines_of(post.get("commentary"), 10_000),
        url=_address(urn),
        published_at=at,
    )
