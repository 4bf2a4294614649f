"""X: one answer, 401, for everything that is wrong with a token; the renewal tells the truth.

Access lasts 2 hours, the refresh token is used once and comes anew with each renewal. Every read of
a profile costs about a cent per account and UTC day, renewals cost nothing (docs:
x-api/getting-started/pricing), and running out of credits (402) is our trouble, no account's.
That a used or revoked refresh token is answered with `invalid_request` "Value passed for the token
was invalid." is from memory and from issues; nothing official names it.

Sources: docs = github.com/xdevplatform/docs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote, urlencode

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    Blocked,
    CheckOutcome,
    Evidence,
    NeedsRefresh,
    Refused,
    Works,
)
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    Picture,
    PictureRule,
    PostRules,
    PublishOutcome,
    PublishUnclear,
    with_link,
)
from dashboard.domain.wire import Ask, Http, Part
from dashboard.platforms import oauth2
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.permissions import lacking, missing_permissions
from dashboard.platforms.posting import CALL, Taken, by_status, prepare, published, send_publicly
from dashboard.platforms.protocol import (
    About,
    AppGuide,
    AppTest,
    Granted,
    Platform,
    RefreshOutcome,
)
from dashboard.platforms.registered import RegisteredByHand
from dashboard.platforms.values import (
    Body,
    instant_of,
    lines_of,
    object_of,
    text_of,
)

KEY = "x"
HOSTS = {"www": "https://x.com", "api": "https://api.x.com"}
_SCOPES = (
    "users.read",
    "tweet.read",
    "tweet.write",
    "media.write",
    "dm.read",
    "offline.access",
)
_LABELS = {
    "users.read": "see the account",
    "tweet.read": "read posts",
    "tweet.write": "publish posts",
    "dm.read": "read direct messages",
}
_PROBLEMS = "/problems/"
_OURS = frozenset({"client-forbidden", "usage-capped", "unsupported-authentication"})
_DEAD_TOKEN = "value passed for the token was invalid"  # noqa: S105  words of an error
_PAGE = "100"
_UPLOAD_DEADLINE = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class X(RegisteredByHand):
    """See the module."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = About(
        key=KEY,
        label="X",
        account_word="account",
        conditions=(
            "Log in as the account itself and allow everything that is asked for.",
            "X charges for reading: about one cent per account and day.",
        ),
        before_relink=("Log in at X as the account that you want to relink.",),
        wants={
            Capability.READ_MESSAGES: frozenset({"dm.read"}),
            Capability.MONITOR_MENTIONS: frozenset({"tweet.read"}),
            Capability.READ_PUBLICATIONS: frozenset({"tweet.read"}),
            Capability.PUBLISH: frozenset({"tweet.write"}),
        },
        grant_at="Relink the account and allow everything that X asks for",
        grant_url="https://x.com/settings/connected_apps",
        history_reach="X gives the newest 3,200 posts of an account.",
    )
    guide = AppGuide(
        console_url="https://console.x.com/",
        steps=(
            "Make a project and an app in it.",
            (
                "Under User authentication settings choose Web App and the permission Read and "
                "write and Direct message."
            ),
            "Enter the address below as Callback URI.",
            "Copy the OAuth 2.0 Client ID and Client Secret to here (not the API key).",
            "Buy credits and set a spending limit: without credits X answers nothing.",
        ),
        conditions=(
            (
                "X is paid by use: about one cent per account and day for watching, more for "
                "reading posts and for publishing."
            ),
        ),
    )
    rules = PostRules(longest=280, picture=PictureRule.UPLOADED)

    def through(self, sandbox_url: str) -> Platform:
        return X(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=_SCOPES,
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/i/oauth2/authorize",
                oauth2.TOKEN: self._url("oauth2/token"),
                oauth2.REVOKE: self._url("oauth2/revoke"),
                oauth2.CLIENT_AUTH: "basic",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """A renewal with a made-up token: `invalid_request` means that we were let in."""
        ask = oauth2.refresh_ask(app, "linkkeeper-asks-whether-it-is-known")
        reply = await send(http, ask, secrets_of(None, app))
        code = reply.text("error", 80)
        if code in {"unauthorized_client", "invalid_client"}:
            return AppTest.REFUSED, reply.evidence(code=code)
        known = code in {"invalid_request", "invalid_grant"}
        return (AppTest.WORKS if known else AppTest.UNCLEAR), reply.evidence(code=code)

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        tokens = await oauth2.exchange(
            http, KEY, app, code=code, verifier=verifier, redirect_uri=redirect_uri, now=now
        )
        credential = tokens.credential(extra={})
        subject, identities = await self.identities(http, app, credential)
        return Granted(credential=credential, subject=subject, identities=identities)

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        reply = await self._me(http, app, credential)
        me = object_of((reply.body or {}).get("data"))
        remote_id, handle = _id(me.get("id")), text_of(me.get("username"), 100)
        if reply.status != HTTPStatus.OK or not remote_id:
            raise self._failure(reply)
        identity = Identity(
            remote_id=remote_id,
            name=text_of(me.get("name")) or handle or remote_id,
            handle=f"@{handle}" if handle else "",
            url=f"https://x.com/{quote(handle, safe='')}" if handle else "",
        )
        return Subject(remote_id=remote_id, name=identity.name), (identity,)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        reply = await self._me(http, app, credential)
        me = object_of((reply.body or {}).get("data"))
        if reply.status == HTTPStatus.OK and _id(me.get("id")) == identity.remote_id:
            return Works(missing=missing_permissions(self.about, credential.scopes, _LABELS))
        return self._meaning(reply, credential)

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        return await oauth2.refresh(http, app, credential, now=now, also_refused=_dead_token)

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        query = {"exclude": "retweets,replies"}
        items, following = await self._listed(
            http, None, credential, identity, "tweets", "list the posts", cursor, query
        )
        return [post for item in items if (post := _post(item, identity)) is not None], following

    async def mentions(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        *,
        cursor: str,
    ) -> tuple[Sequence[FoundMention], str]:
        items, following = await self._listed(
            http, app, credential, identity, "mentions", "list the mentions", cursor, {}
        )
        return [one for item in items if (one := _mention(item)) is not None], following

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        media: list[str] = []
        hide = secrets_of(credential, app)
        if post.picture is not None:
            handed = await prepare(http, self._upload_ask(credential, post.picture), hide)
            if isinstance(handed, NotPublished):
                return handed
            media = [_id(object_of((handed.reply.body or {}).get("data")).get("id"))]
            if not media[0]:
                return NotPublished(evidence=handed.reply.evidence(), again=True)
        ask = Ask(
            call=CALL,
            method="POST",
            url=self._url("tweets"),
            headers=bearer(credential.access),
            json={"text": with_link(post)} | ({"media": {"media_ids": media}} if media else {}),
        )
        done = await send_publicly(http, ask, hide, refused=_not_published)
        if not isinstance(done, Taken):
            return done
        remote_id = _id(object_of((done.reply.body or {}).get("data")).get("id"))
        return published(done, remote_id, _address(identity.handle, remote_id))

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """Raises PlatformError for an answer that is worth another try."""
        if app is None:
            return
        ask = oauth2.revoke_ask(app, credential.refresh or credential.access)
        reply = await send(http, ask, secrets_of(credential, app))
        if reply.silence():
            raise reply.failure(KEY)

    async def _me(self, http: Http, app: App | None, credential: Credential) -> Reply:
        ask = Ask(
            call="read the profile",
            method="GET",
            url=self._url("users/me"),
            headers=bearer(credential.access),
        )
        return await send(http, ask, secrets_of(credential, app))

    async def _listed(  # the whole of a question
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        what: str,
        call: str,
        cursor: str,
        more: Mapping[str, str],
    ) -> tuple[Sequence[object], str]:
        query = {
            "max_results": _PAGE,
            "tweet.fields": "created_at,author_id",
            **more,
            **({"pagination_token": cursor} if cursor else {}),
        }
        path = f"users/{quote(identity.remote_id, safe='')}/{what}?{urlencode(query)}"
        ask = Ask(call=call, method="GET", url=self._url(path), headers=bearer(credential.access))
        reply = await send(http, ask, secrets_of(credential, app))
        body = reply.body or {}
        meta = object_of(body.get("meta"))
        items = body.get("data", [] if "meta" in body else None)
        if reply.status != HTTPStatus.OK or not isinstance(items, list):
            raise self._failure(reply)
        following = text_of(meta.get("next_token"), 200)
        return items, following if following != cursor else ""

    def _meaning(self, reply: Reply, credential: Credential) -> CheckOutcome:
        problem = _problem(reply)
        evidence = reply.evidence(code=problem, text=reply.text("detail") or None)
        if reply.status == HTTPStatus.PAYMENT_REQUIRED or problem in _OURS:
            return AppProblem(evidence=evidence)
        if outcome := reply.silence():
            return outcome
        if reply.body is None or not reply.text("title", 80):
            return reply.unclear()
        return self._of_the_token(reply, problem, evidence, credential) or reply.unclear(
            code=problem
        )

    def _of_the_token(
        self, reply: Reply, problem: str, evidence: Evidence, credential: Credential
    ) -> CheckOutcome | None:
        if problem == "user-suspended":
            return Blocked(cause=Cause.ACCOUNT_SUSPENDED, evidence=evidence)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            if credential.refresh:
                return NeedsRefresh(evidence=evidence)
            return Refused(cause=Cause.TOKEN_REFUSED, evidence=evidence)
        if reply.status == HTTPStatus.FORBIDDEN and problem == "Forbidden":
            kind, label = MissingKind.PERMISSION, _LABELS["users.read"]
            return Works(missing=lacking(self.about, kind, "users.read", label))
        return None

    def _failure(self, reply: Reply) -> PlatformError:
        if reply.silence() or reply.body is None:
            return reply.failure(KEY)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            return PlatformError(KEY, "refresh_due", reply.text("detail"))
        ours = reply.status == HTTPStatus.PAYMENT_REQUIRED or _problem(reply) in _OURS
        return PlatformError(KEY, "app_problem" if ours else "refused", reply.text("detail"))

    def _upload_ask(self, credential: Credential, picture: Picture) -> Ask:
        return Ask(
            call="hand over the picture",
            method="POST",
            url=self._url("media/upload"),
            headers=bearer(credential.access),
            parts=(
                Part(
                    name="media",
                    data=picture.data,
                    filename="picture",
                    media_type=picture.media_type,
                ),
                Part(name="media_category", data=b"tweet_image"),
            ),
            deadline=_UPLOAD_DEADLINE,
        )

    def _url(self, path: str) -> str:
        return f"{self.hosts['api']}/2/{path}"


def _problem(reply: Reply) -> str:
    """The last word of the problem's type, or its title where the type says nothing."""
    kind = reply.text("type", 200)
    return kind.rpartition("/")[2] if _PROBLEMS in kind else reply.text("title", 80)


def _dead_token(body: Body) -> bool:
    said = text_of(body.get("error_description")).lower()
    return body.get("error") == "invalid_request" and _DEAD_TOKEN in said


def _not_published(reply: Reply) -> NotPublished | PublishUnclear:
    """A 403 may be about the post (a duplicate) or about a permission: the words tell."""
    said = reply.text("detail").lower()
    if reply.status == HTTPStatus.PAYMENT_REQUIRED:
        return NotPublished(evidence=reply.evidence(text=reply.text("detail")))
    if reply.status == HTTPStatus.FORBIDDEN and reply.body is not None:
        about_the_post = "duplicate" in said or "not allowed to create" in said
        return NotPublished(evidence=reply.evidence(text=said), about_the_post=about_the_post)
    return by_status(reply)


def _id(value: object) -> str:
    """An id is digits as text; "" for anything else."""
    fits = isinstance(value, str) and value.isascii() and value.isdigit()
    return value if fits and isinstance(value, str) and len(value) <= 30 else ""  # noqa: PLR2004


def _address(handle: str, remote_id: str) -> str:
    name = quote(handle.removeprefix("@"), safe="") or "i/web"
    return f"https://x.com/{name}/status/{remote_id}"


def _post(item: object, identity: Identity) -> FoundPost | None:
    post = object_of(item)
    remote_id, at = _id(post.get("id")), instant_of(post.get("created_at"))
    if not remote_id or at is None:
        return None
    return FoundPost(
        remote_id=remote_id,
        text=lines_of(post.get("text"), 30_000),
        url=_address(identity.handle, remote_id),
        published_at=at,
    )


def _mention(item: object) -> FoundMention | None:
    post = object_of(item)
    remote_id, at = _id(post.get("id")), instant_of(post.get("created_at"))
    if not remote_id or at is None:
        return None
    return FoundMention(
        remote_id=remote_id,
        author=_id(post.get("author_id")),
        text=lines_of(post.get("text"), 30_000),
        url=_address("", remote_id),
        at=at,
    )
