"""Reddit: the header of a refusal tells what is wrong, the body may be a web page.

With `duration=permanent` a log-in yields a refresh token without an end, in practice not replaced
(prawcore keeps a new one where there is one, so do we). A 403 without a header that names a reason
was seen for suspended accounts (shreddit 108); a 403 web page means that Reddit does not let our
program or its address in (sim 1822), which says nothing about a link. That a change of password
ends nothing is from memory, and nothing hangs on it. Refusals of a post come inside a 200.

Sources: github.com/reddit-archive/reddit, github.com/praw-dev/prawcore.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

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
    PostRules,
    PublishOutcome,
    with_link,
)
from dashboard.domain.wire import Ask, Http
from dashboard.platforms import oauth2
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.permissions import lacking, missing_permissions
from dashboard.platforms.posting import CALL, Taken, published, send_publicly
from dashboard.platforms.protocol import (
    About,
    AppGuide,
    AppTest,
    Granted,
    Platform,
    RefreshOutcome,
)
from dashboard.platforms.registered import RegisteredByHand
from dashboard.platforms.values import Body, epoch_of, lines_of, object_of, text_of, web_address

KEY = "reddit"
HOSTS = {"www": "https://www.reddit.com", "oauth": "https://oauth.reddit.com"}
_SCOPES = ("identity", "history", "read", "privatemessages", "submit")
_LABELS = {
    "history": "see your history of posts",
    "privatemessages": "read the inbox",
    "submit": "submit posts",
}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
_FULL_NAME = re.compile(r"t[1-6]_[a-z0-9]{1,20}", re.ASCII)
_LATER = frozenset({"RATELIMIT"})
_PAGE = "100"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reddit(RegisteredByHand):
    """See the module. A remote id is the account's short id, which outlives nothing but itself."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = About(
        key=KEY,
        label="Reddit",
        account_word="account",
        conditions=(
            "Log in as the account itself and allow everything that is asked for.",
            "To publish, the account must be allowed to post in the subreddit.",
        ),
        before_relink=("Log in at Reddit as the account that you want to relink.",),
        wants={
            Capability.READ_MESSAGES: frozenset({"privatemessages"}),
            Capability.MONITOR_MENTIONS: frozenset({"privatemessages"}),
            Capability.READ_PUBLICATIONS: frozenset({"history"}),
            Capability.PUBLISH: frozenset({"submit"}),
        },
        grant_at="Relink the account and allow everything that Reddit asks for",
        grant_url="https://www.reddit.com/prefs/apps",
        history_reach="Reddit lists about the newest 1,000 posts of an account.",
    )
    guide = AppGuide(
        console_url="https://www.reddit.com/prefs/apps",
        steps=(
            "Ask Reddit for access to its interface and wait until it is approved.",
            "Choose Create another app, and the kind web app.",
            "Enter the address below as redirect uri.",
            "Copy the id below the name of the app, and the secret, to here.",
        ),
        conditions=(
            "Since November 2025 Reddit approves new programs by hand.",
            "Commercial use of the interface is paid.",
        ),
        secret_label="Secret",  # noqa: S106  a label
    )
    rules = PostRules(longest=40_000, title=True, target="subreddit")

    def through(self, sandbox_url: str) -> Platform:
        return Reddit(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=_SCOPES,
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/api/v1/authorize",
                oauth2.TOKEN: f"{self.hosts['www']}/api/v1/access_token",
                oauth2.REVOKE: f"{self.hosts['www']}/api/v1/revoke_token",
                oauth2.CLIENT_AUTH: "basic",
                oauth2.PKCE: "no",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """Ask for a token without any person: only a program that Reddit knows gets one."""
        reply = await send(http, oauth2.registration_ask(app), secrets_of(None, app))
        if reply.status == HTTPStatus.OK and reply.text("access_token"):
            return AppTest.WORKS, reply.evidence()
        refused = reply.status == HTTPStatus.UNAUTHORIZED and reply.body is not None
        return (AppTest.REFUSED if refused else AppTest.UNCLEAR), reply.evidence()

    def asked_along(self, *, choose_person: bool) -> dict[str, str]:
        """Without `permanent` there is no refresh token; another log-in cannot be demanded."""
        _ = choose_person
        return {"duration": "permanent"}

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
        reply = await self._read(http, app, credential, "read the account", "api/v1/me")
        remote_id, name = _id(reply.body), reply.text("name", 40)
        if reply.status != HTTPStatus.OK or not remote_id or not _NAME.fullmatch(name):
            raise self._failure(reply)
        url = f"https://www.reddit.com/user/{name}"
        identity = Identity(remote_id=remote_id, name=name, handle=f"u/{name}", url=url)
        return Subject(remote_id=remote_id, name=name), (identity,)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        reply = await self._read(http, app, credential, "read the account", "api/v1/me")
        body = reply.body or {}
        if reply.status != HTTPStatus.OK or _id(body) != identity.remote_id:
            return self._meaning(reply, credential)
        if body.get("is_suspended") is True:
            evidence = reply.evidence(code="is_suspended")
            return Blocked(cause=Cause.ACCOUNT_SUSPENDED, evidence=evidence)
        missing = missing_permissions(self.about, credential.scopes, _LABELS, covers=_covers)
        return Works(missing=missing)

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        return await oauth2.refresh(http, app, credential, now=now, also_refused=_bad_request)

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        name = identity.handle.removeprefix("u/")
        if not _NAME.fullmatch(name):
            return [], ""
        items, following = await self._listed(
            http, None, credential, "list the posts", f"user/{name}/submitted", cursor
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
        """Comments on own posts and mentions; private messages in the same list are left out."""
        _ = identity
        items, following = await self._listed(
            http, app, credential, "list the mentions", "message/inbox", cursor
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
        _ = identity
        ask = Ask(
            call=CALL,
            method="POST",
            url=f"{self.hosts['oauth']}/api/submit",
            headers=bearer(credential.access),
            form=_submission(post),
        )
        done = await send_publicly(http, ask, secrets_of(credential, app))
        if not isinstance(done, Taken):
            return done
        said = object_of((done.reply.body or {}).get("json"))
        if refusal := _errors(said):
            evidence = done.reply.evidence(code=refusal[0], text=refusal[1])
            later = refusal[0] in _LATER
            return NotPublished(evidence=evidence, about_the_post=not later, again=later)
        data = object_of(said.get("data"))
        return published(done, _full_name(data), web_address(data.get("url")))

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """Raises PlatformError for an answer that is worth another try."""
        if app is None:
            return
        ask = oauth2.revoke_ask(app, credential.refresh or credential.access)
        reply = await send(http, ask, secrets_of(credential, app))
        if reply.silence():
            raise reply.failure(KEY)

    async def _read(
        self, http: Http, app: App | None, credential: Credential, call: str, path: str
    ) -> Reply:
        url = f"{self.hosts['oauth']}/{path}"
        ask = Ask(call=call, method="GET", url=url, headers=bearer(credential.access))
        return await send(http, ask, secrets_of(credential, app))

    async def _listed(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        call: str,
        path: str,
        cursor: str,
    ) -> tuple[list[object], str]:
        """One page of a listing; Reddit writes `<` as itself only with raw_json."""
        query = {"limit": _PAGE, "raw_json": "1"}
        if _FULL_NAME.fullmatch(cursor):
            query["after"] = cursor
        reply = await self._read(http, app, credential, call, f"{path}?{urlencode(query)}")
        data = object_of((reply.body or {}).get("data"))
        items = data.get("children")
        if reply.status != HTTPStatus.OK or not isinstance(items, list):
            raise self._failure(reply)
        following = text_of(data.get("after"), 30)
        good = _FULL_NAME.fullmatch(following) is not None and following != cursor
        return items, following if good else ""

    def _meaning(self, reply: Reply, credential: Credential) -> CheckOutcome:
        reason = _reason(reply)
        evidence = reply.evidence(code=reason)
        if outcome := reply.silence():
            return outcome
        if reply.status == HTTPStatus.UNAUTHORIZED and reason == "invalid_token":
            if credential.refresh:
                return NeedsRefresh(evidence=evidence)
            return Refused(cause=Cause.TOKEN_REFUSED, evidence=evidence)
        if reply.status == HTTPStatus.FORBIDDEN:
            return self._forbidden(reply, reason, evidence)
        return reply.unclear(code=reason)

    def _forbidden(self, reply: Reply, reason: str, evidence: Evidence) -> CheckOutcome:
        if reason == "insufficient_scope":
            kind, label = MissingKind.PERMISSION, "see the account"
            return Works(missing=lacking(self.about, kind, "identity", label))
        if _is_web_page(reply):
            text = "Reddit does not let this program or its network address in."
            return AppProblem(evidence=reply.evidence(code="403", text=text))
        if reply.text("message", 40) == "Forbidden":
            return Blocked(cause=Cause.ACCOUNT_SUSPENDED, evidence=evidence)
        return reply.unclear(code=reason)

    def _failure(self, reply: Reply) -> PlatformError:
        if reply.status == HTTPStatus.FORBIDDEN and _is_web_page(reply):
            return PlatformError(KEY, "app_problem", "Reddit does not let this program in")
        if reply.status == HTTPStatus.UNAUTHORIZED and _reason(reply) == "invalid_token":
            return PlatformError(KEY, "refresh_due", "the access token is not valid any more")
        if reply.silence() or reply.body is None:
            return reply.failure(KEY)
        return PlatformError(KEY, "refused", reply.evidence().text)


def _reason(reply: Reply) -> str:
    """What Reddit's own header of a refusal names (RFC 6750, 3.1); "" where there is none.

    The body beside it may be a web page; without the realm a proxy may have said it.
    """
    said = reply.headers.get("www-authenticate", "")[:300]
    if 'realm="reddit"' not in said:
        return ""
    return next((one for one in ("invalid_token", "insufficient_scope") if one in said), "")


def _is_web_page(reply: Reply) -> bool:
    kind = reply.headers.get("content-type", "")
    return reply.body is None and kind.lower().startswith("text/html")


def _bad_request(body: Body) -> bool:
    """How a revoked refresh token was answered (praw 677)."""
    return body.get("error") == HTTPStatus.BAD_REQUEST and body.get("message") == "Bad Request"


def _covers(granted: Collection[str], wanted: str) -> bool:
    """A program of the kind "script" is granted `*`, which is everything."""
    return "*" in granted or wanted in granted


def _id(body: Body | None) -> str:
    found = text_of((body or {}).get("id"), 20)
    return found if found.isascii() and found.isalnum() else ""


def _full_name(thing: Body) -> str:
    found = text_of(thing.get("name"), 30)
    return found if _FULL_NAME.fullmatch(found) else ""


def _submission(post: Outgoing) -> dict[str, str]:
    """A link alone is a post of its own kind; with words it stands below them."""
    bare = bool(post.link) and post.text.strip() in {"", post.title.strip()}
    content = {"kind": "link", "url": post.link} if bare else {"kind": "self"}
    return {
        "sr": post.target.strip().removeprefix("r/"),
        "title": post.title,
        "api_type": "json",
        **content,
        **({} if bare else {"text": with_link(post)}),
    }


def _errors(said: Body) -> tuple[str, str] | None:
    """The first refusal inside a 200: [code, words, field]."""
    errors = said.get("errors")
    if not isinstance(errors, list) or not errors:
        return None
    first = errors[0] if isinstance(errors[0], list) else []
    words = [text_of(part, 200) for part in first[:2]]
    return (words[0] if words else "") or "refused", words[1] if len(words) > 1 else ""


def _address(data: Body) -> str:
    path = text_of(data.get("permalink") or data.get("context"), 400)
    return web_address(f"https://www.reddit.com{path}") if path.startswith("/") else ""


def _post(item: object) -> FoundPost | None:
    data = object_of(object_of(item).get("data"))
    remote_id, at = _full_name(data), epoch_of(data.get("created_utc"))
    if not remote_id or at is None:
        return None
    title, body = text_of(data.get("title"), 300), lines_of(data.get("selftext"), 40_000)
    return FoundPost(
        remote_id=remote_id,
        text=f"{title}\n\n{body}".strip(),
        url=_address(data),
        published_at=at,
    )


def _mention(item: object) -> FoundMention | None:
    data = object_of(object_of(item).get("data"))
    remote_id, at = _full_name(data), epoch_of(data.get("created_utc"))
    if not remote_id.startswith("t1_") or at is None:
        return None
    return FoundMention(
        remote_id=remote_id,
        author=text_of(data.get("author"), 100),
        text=lines_of(data.get("body"), 10_000),
        url=_address(data),
        at=at,
    )
