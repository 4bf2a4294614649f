"""TikTok: accounts watched, their videos listed, pictures with words published.

TikTok bends the protocol: our id is called `client_key`, permissions stand with commas, errors of
the token endpoint may come with status 200, and a permission that the person did not give is a 401
like a dead token, told apart by its code only. How long tokens live has changed (2 hours and 180
days in the documents of November 2026, 24 hours and 365 days before), so only the answer counts;
the refresh token is replaced at each use. There are no comments, mentions or messages for programs.

What a change of password does is not established. Source: developers.tiktok.com/doc.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import unquote, urlencode

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    Blocked,
    CheckOutcome,
    Evidence,
    NeedsRefresh,
    NoAnswer,
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
    Published,
    PublishOutcome,
    PublishUnclear,
    with_link,
)
from dashboard.domain.pushes import Delivery, ForgedPushError, PushAnswer, PushHint
from dashboard.domain.untrusted import UnreadableJsonError, read_json
from dashboard.domain.wire import Ask, Http
from dashboard.platforms import oauth2
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.permissions import lacking, missing_permissions
from dashboard.platforms.posting import CALL, Taken, by_status, prepare, send_publicly
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
    epoch_of,
    is_count,
    lines_of,
    object_of,
    text_of,
    token_of,
    web_address,
)

KEY = "tiktok"
HOSTS = {"www": "https://www.tiktok.com", "api": "https://open.tiktokapis.com"}
_BASIC, _PROFILE, _VIDEOS, _PUBLISH = (
    "user.info.basic",
    "user.info.profile",
    "video.list",
    "video.publish",
)
_LABELS = {
    _BASIC: "see the account",
    _PROFILE: "see the profile",
    _VIDEOS: "see the videos",
    _PUBLISH: "publish",
}
_OURS = frozenset(
    {
        "scope_permission_missed",
        "reached_active_user_cap",
        "unaudited_client_can_only_post_to_private_accounts",
        "url_ownership_unverified",
    }
)
_BANNED = "spam_risk_user_banned_from_posting"
_LATER = frozenset({"rate_limit_exceeded", "spam_risk_too_many_posts"})
_SEEN_BY_OTHERS = ("PUBLIC_TO_EVERYONE", "FOLLOWER_OF_CREATOR")
_LONGEST_TITLE = 90
_PAGE = 20
_OLDEST, _NEWEST = timedelta(hours=73), timedelta(minutes=5)  # TikTok repeats for 72 hours
_LONGEST_PUSH = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class TikTok(RegisteredByHand):
    """See the module. A remote id is the `open_id`, which each registration sees differently."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = About(
        key=KEY,
        label="TikTok",
        account_word="account",
        conditions=(
            "Log in as the account itself and leave all permissions switched on.",
            (
                "TikTok fetches pictures from here, so this installation must be reachable from "
                "outside, at an address that TikTok has verified."
            ),
            "TikTok gives programs no comments and no messages.",
        ),
        before_relink=("Log in at TikTok as the account that you want to relink.",),
        wants={
            Capability.READ_PUBLICATIONS: frozenset({_VIDEOS}),
            Capability.PUBLISH: frozenset({_PUBLISH}),
        },
        grant_at="Relink the account and leave all permissions switched on",
        grant_url="https://www.tiktok.com/setting",
        history_reach="TikTok lists all public videos of an account.",
    )
    guide = AppGuide(
        console_url="https://developers.tiktok.com/apps/",
        steps=(
            "Make an app for Web and add the products Login Kit and Content Posting API.",
            "In Content Posting API switch on Direct Post and verify the address of this site.",
            (
                "Add the permissions user.info.basic, user.info.profile, video.list and "
                "video.publish."
            ),
            "Enter the address below as Redirect URI: it must be exactly this one, with https.",
            "Under Webhooks enter the address for messages as Callback URL.",
            "Copy the Client key and the Client secret to here.",
            "Submit the app for review, and apply for the audit of the Content Posting API.",
        ),
        conditions=(
            (
                "Before the audit TikTok shows posts made by programs to nobody but the account "
                "itself, and lets only a few accounts post a day: Linkkeeper then publishes "
                "nothing."
            ),
            "The review wants a video of Linkkeeper in use and a privacy statement of yours.",
        ),
        id_label="Client key",
        push_label="Webhook callback address",
    )
    rules = PostRules(longest=4_000, picture=PictureRule.MUST_BE_FETCHED)

    def through(self, sandbox_url: str) -> Platform:
        return TikTok(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=(_BASIC, _PROFILE, _VIDEOS, _PUBLISH),
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/v2/auth/authorize/",
                oauth2.TOKEN: self._url("oauth/token/"),
                oauth2.REVOKE: self._url("oauth/revoke/"),
                oauth2.CLIENT_ID_NAME: "client_key",
                oauth2.SEPARATOR: ",",
                oauth2.PKCE: "no",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """Renew with a made-up token; raises NoAnswerError."""
        return await oauth2.test_by_renewal(http, app)

    def asked_along(self, *, choose_person: bool) -> dict[str, str]:
        """Otherwise TikTok passes over its own page for who has already said yes."""
        return {"disable_auto_auth": "1"} if choose_person else {}

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        """A code may come escaped twice (from memory)."""
        tokens = await oauth2.exchange(
            http,
            KEY,
            app,
            code=unquote(code),
            verifier=verifier,
            redirect_uri=redirect_uri,
            now=now,
        )
        credential = tokens.credential(extra={})
        subject, identities = await self.identities(http, app, credential)
        return Granted(credential=credential, subject=subject, identities=identities)

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        fields = "open_id,display_name,avatar_url"
        if _PROFILE in credential.scopes:
            fields += ",username,profile_deep_link"
        reply = await self._user(http, app, credential, "read who gave the permission", fields)
        user = _user_of(reply)
        remote_id = text_of(user.get("open_id"), 200)
        if not remote_id:
            raise self._failure(reply)
        handle = text_of(user.get("username"), 100)
        identity = Identity(
            remote_id=remote_id,
            name=text_of(user.get("display_name")) or handle or remote_id,
            handle=f"@{handle}" if handle else "",
            url=web_address(user.get("profile_deep_link")),
            avatar_url=web_address(user.get("avatar_url")),
        )
        return Subject(remote_id=remote_id, name=identity.name), (identity,)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        """The profile; then, as it costs nothing, whether the account may post at all."""
        reply = await self._user(http, app, credential, "read the profile", "open_id")
        if text_of(_user_of(reply).get("open_id"), 200) != identity.remote_id:
            return self._meaning(reply, credential)
        missing = missing_permissions(self.about, credential.scopes, _LABELS)
        if _PUBLISH in credential.scopes:
            may = await send(http, self._creator_ask(credential), secrets_of(credential, app))
            if _code(may) == _BANNED:
                evidence = may.evidence(code=_BANNED, text=_said(may))
                return Blocked(cause=Cause.ACCOUNT_SUSPENDED, evidence=evidence)
        return Works(missing=missing)

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        return await oauth2.refresh(http, app, credential, now=now)

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        """Public videos, newest first; a cursor is a count of milliseconds."""
        _ = identity
        fields = urlencode({"fields": "id,title,video_description,create_time,share_url"})
        more = {"cursor": int(cursor)} if is_count(cursor[:-3]) and is_count(cursor[-3:]) else {}
        ask = Ask(
            call="list the posts",
            method="POST",
            url=self._url(f"video/list/?{fields}"),
            headers=bearer(credential.access),
            json={"max_count": _PAGE, **more},
        )
        reply = await send(http, ask, secrets_of(credential))
        data = object_of((reply.body or {}).get("data"))
        items = data.get("videos", [] if "has_more" in data else None)
        if not _is_fine(reply) or not isinstance(items, list):
            raise self._failure(reply)
        found = [post for item in items if (post := _video(item)) is not None]
        following = data.get("cursor")
        goes_on = data.get("has_more") is True and type(following) is int and following > 0
        return found, str(following) if goes_on and str(following) != cursor else ""

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        """Ask what the account may do, have TikTok fetch the picture, ask what became of it."""
        _ = identity
        hide = secrets_of(credential, app)
        if post.picture is None or not post.picture.url:
            text = "TikTok needs a picture that it can fetch from a public address."
            return NotPublished(evidence=Evidence(call=CALL, text=text), about_the_post=True)
        creator = await prepare(http, self._creator_ask(credential), hide)
        if isinstance(creator, NotPublished):
            return creator
        level = _level(creator.reply)
        if not level:
            return _not_allowed(creator.reply)
        ask = Ask(
            call=CALL,
            method="POST",
            url=self._url("post/publish/content/init/"),
            headers=bearer(credential.access),
            json=_photo(post, post.picture, level),
        )
        done = await send_publicly(http, ask, hide, refused=_not_published)
        if not isinstance(done, Taken):
            return done
        publish_id = token_of(object_of((done.reply.body or {}).get("data")).get("publish_id"))
        if not _is_fine(done.reply) or not publish_id:
            return _not_published(done.reply)
        return await self._fate(http, credential, publish_id, hide)

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """Raises PlatformError for an answer that is worth another try."""
        if app is None:
            return
        ask = oauth2.revoke_ask(app, credential.access)
        reply = await send(http, ask, secrets_of(credential, app))
        if reply.silence():
            raise reply.failure(KEY)

    async def read_push(
        self, http: Http, app: App, delivery: Delivery, *, now: datetime
    ) -> PushAnswer:
        """Only `authorization.removed` is a reason to look; why (0 to 5) goes to the journal."""
        _ = http
        said = _verified(app, delivery, now=now)
        who, event = text_of(said.get("user_openid"), 200), text_of(said.get("event"), 60)
        if event != "authorization.removed" or not who:
            return PushAnswer()
        hint = PushHint(
            id=hashlib.sha256(delivery.body).hexdigest(),
            what=f"{event} {_reason(said)}".strip(),
            subjects=frozenset({who}),
            accounts=frozenset({who}),
            at=epoch_of(said.get("create_time")),
        )
        return PushAnswer(hints=(hint,))

    async def _user(
        self, http: Http, app: App | None, credential: Credential, call: str, fields: str
    ) -> Reply:
        url = self._url(f"user/info/?{urlencode({'fields': fields})}")
        ask = Ask(call=call, method="GET", url=url, headers=bearer(credential.access))
        return await send(http, ask, secrets_of(credential, app))

    def _creator_ask(self, credential: Credential) -> Ask:
        return Ask(
            call="ask what may be posted",
            method="POST",
            url=self._url("post/publish/creator_info/query/"),
            headers=bearer(credential.access),
            json={},
        )

    async def _fate(
        self, http: Http, credential: Credential, publish_id: str, hide: tuple[str, ...]
    ) -> PublishOutcome:
        """What became of it; TikTok misspells the name under which the post's id stands."""
        ask = Ask(
            call="ask what became of the post",
            method="POST",
            url=self._url("post/publish/status/fetch/"),
            headers=bearer(credential.access),
            json={"publish_id": publish_id},
        )
        told = await prepare(http, ask, hide)
        if isinstance(told, NotPublished):
            return PublishUnclear(evidence=told.evidence)
        data = object_of((told.reply.body or {}).get("data"))
        status = text_of(data.get("status"), 40)
        if status == "FAILED":
            why = text_of(data.get("fail_reason"), 80)
            about = why != "auth_removed" and why not in _OURS and why != _BANNED
            evidence = told.reply.evidence(code=why, text="TikTok could not make the post.")
            return NotPublished(evidence=evidence, about_the_post=about)
        if status == "PUBLISH_COMPLETE":
            ids = data.get("publicaly_available_post_id")
            first = ids[0] if isinstance(ids, list) and ids else None
            return Published(
                remote_id=str(first)[:100] if isinstance(first, int | str) else publish_id[:500]
            )
        text = "TikTok is still working on it."
        return PublishUnclear(evidence=told.reply.evidence(code=status, text=text))

    def _meaning(self, reply: Reply, credential: Credential) -> CheckOutcome:
        code = _code(reply)
        evidence = reply.evidence(code=code, text=_said(reply))
        if code in _OURS and not reply.silence():
            return AppProblem(evidence=evidence)
        if code in _LATER and not reply.silence():
            return NoAnswer(cause=Cause.RATE_LIMITED, evidence=evidence)
        if outcome := reply.silence():
            return outcome
        return self._of_the_token(reply, credential, evidence, code)

    def _of_the_token(
        self, reply: Reply, credential: Credential, evidence: Evidence, code: str
    ) -> CheckOutcome:
        if code == _BANNED:
            return Blocked(cause=Cause.ACCOUNT_SUSPENDED, evidence=evidence)
        if code == "scope_not_authorized":
            kind = MissingKind.PERMISSION
            return Works(missing=lacking(self.about, kind, _BASIC, _LABELS[_BASIC]))
        if code != "access_token_invalid":
            return reply.unclear(code=code)
        if credential.refresh:
            return NeedsRefresh(evidence=evidence)
        return Refused(cause=Cause.TOKEN_REFUSED, evidence=evidence)

    def _failure(self, reply: Reply) -> PlatformError:
        code = _code(reply)
        if code in _OURS:
            return PlatformError(KEY, "app_problem", _said(reply))
        if reply.silence() or code in {"", "ok"}:
            return reply.failure(KEY)
        if code == "access_token_invalid":
            return PlatformError(KEY, "refresh_due", _said(reply))
        return PlatformError(KEY, "silent" if code in _LATER else "refused", _said(reply))

    def _url(self, path: str) -> str:
        return f"{self.hosts['api']}/v2/{path}"


def _error_of(reply: Reply) -> Body:
    return object_of((reply.body or {}).get("error"))


def _code(reply: Reply) -> str:
    return text_of(_error_of(reply).get("code"), 80)


def _said(reply: Reply) -> str:
    return text_of(_error_of(reply).get("message"), 300)


def _is_fine(reply: Reply) -> bool:
    return reply.status == HTTPStatus.OK and _code(reply) == "ok"


def _user_of(reply: Reply) -> Body:
    data = object_of((reply.body or {}).get("data")) if _is_fine(reply) else {}
    return object_of(data.get("user"))


def _level(reply: Reply) -> str:
    """Who will see the post: everybody, or at a private account its followers; "" for nobody."""
    offered = object_of((reply.body or {}).get("data")).get("privacy_level_options")
    if not _is_fine(reply) or not isinstance(offered, list):
        return ""
    return next((level for level in _SEEN_BY_OTHERS if level in offered), "")


def _not_allowed(reply: Reply) -> NotPublished:
    code = _code(reply)
    if code != "ok":
        return NotPublished(evidence=reply.evidence(code=code, text=_said(reply)))
    text = "TikTok lets this registration post only what nobody else can see."
    return NotPublished(evidence=reply.evidence(text=text))


def _not_published(reply: Reply) -> NotPublished | PublishUnclear:
    code = _code(reply)
    if code in {"", "ok"} or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return by_status(reply)
    evidence = reply.evidence(code=code, text=_said(reply))
    if code in _LATER:
        return NotPublished(evidence=evidence, again=True)
    about = code in {"invalid_params", "privacy_level_option_mismatch", "invalid_param"}
    known = code in _OURS | {_BANNED, "access_token_invalid", "scope_not_authorized"}
    return (
        NotPublished(evidence=evidence, about_the_post=about)
        if about or known
        else by_status(reply)
    )


def _photo(post: Outgoing, picture: Picture, level: str) -> dict[str, object]:
    first = with_link(post).partition("\n")[0]
    return {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {
            "title": (post.title or first)[:_LONGEST_TITLE],
            "description": with_link(post),
            "privacy_level": level,
            "disable_comment": False,
            "auto_add_music": True,
        },
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_cover_index": 0,
            "photo_images": [picture.url],
        },
    }


def _video(item: object) -> FoundPost | None:
    video = object_of(item)
    remote_id, at = text_of(video.get("id"), 100), epoch_of(video.get("create_time"))
    if not remote_id or at is None:
        return None
    words = lines_of(video.get("video_description"), 10_000) or text_of(video.get("title"))
    return FoundPost(
        remote_id=remote_id, text=words, url=web_address(video.get("share_url")), published_at=at
    )


def _verified(app: App, delivery: Delivery, *, now: datetime) -> Body:
    """The body of a call, if `TikTok-Signature` (t=..., s=...) is right and fresh (R46)."""
    pairs = [part.strip().partition("=") for part in _signature(delivery).split(",")]
    signed = {name: value for name, _, value in pairs}
    stamp, told = signed.get("t", ""), signed.get("s", "").encode()
    if not app.client_secret or not is_count(stamp) or len(delivery.body) > _LONGEST_PUSH:
        raise ForgedPushError
    message = f"{stamp}.".encode() + delivery.body
    right = hmac.new(app.client_secret.encode(), message, hashlib.sha256).hexdigest().encode()
    at = epoch_of(int(stamp))
    fresh = at is not None and now - _OLDEST <= at <= now + _NEWEST
    if not hmac.compare_digest(right, told) or not fresh:
        raise ForgedPushError
    try:
        said = object_of(read_json(delivery.body))
    except UnreadableJsonError as error:
        raise ForgedPushError from error
    if said.get("client_key") != app.client_id:
        raise ForgedPushError
    return said


def _signature(delivery: Delivery) -> str:
    return delivery.headers.get("tiktok-signature", "")[:300]


def _reason(said: Body) -> str:
    """Why, as a number from 0 to 5; `content` is JSON within a string."""
    try:
        content = object_of(read_json(str(said.get("content") or "")[:2_000].encode()))
    except UnreadableJsonError:
        return ""
    reason = content.get("reason")
    return str(reason) if type(reason) is int and 0 <= reason <= 5 else ""  # noqa: PLR2004  theirs
