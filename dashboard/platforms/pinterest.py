"""Pinterest: accounts watched, their Pins listed, Pins with a picture published.

Its numbers are not unique across statuses, and 401 with number 29 is said of roles, trial access
and kinds of accounts alike: it never means that a link is dead. 401 with 7 and 403 with 403 speak
of one board or Pin. A refresh token is renewed without end while it is used at least every 60
days; each answer brings another one. There is nothing to give a permission back with: people do
that in their own settings. There are no comments, mentions or messages for programs.

Source: github.com/pinterest/api-description (v5), developers.pinterest.com/docs. That number 3
(permission missing) is general, and that an old refresh token dies on use, is not established.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote, urlencode

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
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
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    Picture,
    PictureRule,
    PostRules,
    PublishOutcome,
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
    Platform,
    RefreshOutcome,
)
from dashboard.platforms.registered import RegisteredByHand
from dashboard.platforms.values import (
    instant_of,
    lines_of,
    object_of,
    text_of,
    web_address,
)

KEY = "pinterest"
HOSTS = {"www": "https://www.pinterest.com", "api": "https://api.pinterest.com"}
_ACCOUNT, _BOARDS, _PINS, _WRITE = (
    "user_accounts:read",
    "boards:read",
    "pins:read",
    "pins:write",
)
_LABELS = {
    _ACCOUNT: "see the account",
    _BOARDS: "see the boards",
    _PINS: "see the Pins",
    _WRITE: "publish Pins",
    "boards:write": "put Pins on boards",
}
_BLOCKED = {"2625": Cause.ACCOUNT_SUSPENDED, "2626": Cause.SECURITY_CHECK}
_NO_RIGHT = (MissingKind.ROLE, "29", "the right to do this (Pinterest does not say why)")
_LACKING = {
    (401, "3"): (MissingKind.PERMISSION, _ACCOUNT, _LABELS[_ACCOUNT]),
    (401, "29"): _NO_RIGHT,
    (403, "29"): _NO_RIGHT,
    (403, "654"): (MissingKind.ACCOUNT_TYPE, "654", "a business account"),
}
_PAGE = "250"
_UPLOAD_DEADLINE = 60.0  # seconds
_LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinterest(RegisteredByHand):
    """See the module. A remote id is the number of the account."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = About(
        key=KEY,
        label="Pinterest",
        account_word="account",
        conditions=(
            "Log in as the account itself; Pinterest asks for all permissions at once.",
            "A Pin needs a picture and the name of the board that it goes to.",
            "Pinterest gives programs no comments and no messages.",
        ),
        before_relink=("Log in at Pinterest as the account that you want to relink.",),
        wants={
            Capability.READ_PUBLICATIONS: frozenset({_PINS}),
            Capability.PUBLISH: frozenset({_BOARDS, "boards:write", _WRITE}),
        },
        grant_at="Relink the account; Pinterest asks for all permissions at once",
        grant_url="https://www.pinterest.com/settings/security",
        history_reach="Pinterest lists all Pins of an account.",
    )
    guide = AppGuide(
        console_url="https://developers.pinterest.com/apps/",
        steps=(
            "Make a business account at Pinterest and connect an app.",
            "Wait until Pinterest has given the app trial access.",
            "Enter the address below as Redirect URI.",
            "Copy the App ID and the App secret key to here.",
            "Apply for standard access with a video of Linkkeeper in use.",
        ),
        conditions=(
            (
                "With trial access Pinterest takes 1,000 questions a day in total, and Pins made "
                "by programs are seen by their account only."
            ),
            "An account that is not used for 60 days must be relinked.",
        ),
        id_label="App ID",
        secret_label="App secret key",  # noqa: S106  a label
    )
    rules = PostRules(longest=800, picture=PictureRule.MUST_BE_UPLOADED, title=True, target="board")

    def through(self, sandbox_url: str) -> Platform:
        return Pinterest(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=(_ACCOUNT, _BOARDS, "boards:write", _PINS, _WRITE),
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/oauth/",
                oauth2.TOKEN: self._url("oauth/token"),
                oauth2.CLIENT_AUTH: "basic",
                oauth2.SEPARATOR: ",",
                oauth2.PKCE: "no",
                oauth2.CONTINUOUS: "true",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """Renew with a made-up token: what Pinterest says to that is not established."""
        return await oauth2.test_by_renewal(http, app)

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
        reply = await self._me(http, app, credential, "read who gave the permission")
        remote_id, handle = _id(reply), reply.text("username", 100)
        if reply.status != HTTPStatus.OK or not remote_id:
            raise self._failure(reply)
        identity = Identity(
            remote_id=remote_id,
            name=reply.text("business_name", 255) or handle or remote_id,
            handle=handle,
            url=f"https://www.pinterest.com/{quote(handle, safe='')}/" if handle else "",
            avatar_url=web_address((reply.body or {}).get("profile_image")),
        )
        return Subject(remote_id=remote_id, name=identity.name), (identity,)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        reply = await self._me(http, app, credential, "read the account")
        if reply.status == HTTPStatus.OK and _id(reply) == identity.remote_id:
            return Works(missing=missing_permissions(self.about, credential.scopes, _LABELS))
        return self._meaning(reply, credential)

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        return await oauth2.refresh(http, app, credential, now=now)

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        _ = identity
        query = urlencode({"page_size": _PAGE, **({"bookmark": cursor} if cursor else {})})
        reply = await self._read(http, None, credential, "list the posts", f"pins?{query}")
        items = (reply.body or {}).get("items")
        if reply.status != HTTPStatus.OK or not isinstance(items, list):
            raise self._failure(reply)
        following = reply.text("bookmark", 1_000)
        found = [post for item in items if (post := _pin(item)) is not None]
        return found, following if following != cursor else ""

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        _ = identity
        hide = secrets_of(credential, app)
        if post.picture is None:
            evidence = Evidence(call=CALL, text="A Pin needs a picture.")
            return NotPublished(evidence=evidence, about_the_post=True)
        board = await self._board(http, credential, post.target, hide)
        if isinstance(board, NotPublished):
            return board
        ask = Ask(
            call=CALL,
            method="POST",
            url=self._url("pins"),
            headers=bearer(credential.access),
            json=_new_pin(post, post.picture, board),
            deadline=_UPLOAD_DEADLINE,
        )
        done = await send_publicly(http, ask, hide)
        if not isinstance(done, Taken):
            return done
        remote_id = _id(done.reply)
        return published(done, remote_id, _address(remote_id))

    async def _board(
        self, http: Http, credential: Credential, target: str, hide: tuple[str, ...]
    ) -> str | NotPublished:
        """The number of the board that a person named, by its name as people see it."""
        ask = Ask(
            call="list the boards",
            method="GET",
            url=self._url(f"boards?{urlencode({'page_size': _PAGE})}"),
            headers=bearer(credential.access),
        )
        told = await prepare(http, ask, hide)
        if isinstance(told, NotPublished):
            return told
        items = (told.reply.body or {}).get("items")
        wanted = target.strip().casefold()
        for item in items if isinstance(items, list) else ():
            board = object_of(item)
            number = _number(board.get("id"))
            if number and wanted in {number, text_of(board.get("name")).casefold()}:
                return number
        text = "The account has no board of that name."
        return NotPublished(evidence=told.reply.evidence(text=text), about_the_post=True)

    async def _me(self, http: Http, app: App | None, credential: Credential, call: str) -> Reply:
        return await self._read(http, app, credential, call, "user_account")

    async def _read(
        self, http: Http, app: App | None, credential: Credential, call: str, path: str
    ) -> Reply:
        ask = Ask(call=call, method="GET", url=self._url(path), headers=bearer(credential.access))
        return await send(http, ask, secrets_of(credential, app))

    def _meaning(self, reply: Reply, credential: Credential) -> CheckOutcome:
        """Status and number together; whatever else is said accuses nobody."""
        if outcome := reply.silence():
            return outcome
        number = _code(reply)
        evidence = reply.evidence(code=number)
        if reply.status == HTTPStatus.UNAUTHORIZED and number == "2":
            if credential.refresh:
                return NeedsRefresh(evidence=evidence)
            return Refused(cause=Cause.TOKEN_REFUSED, evidence=evidence)
        if reply.status == HTTPStatus.FORBIDDEN and number in _BLOCKED:
            return Blocked(cause=_BLOCKED[number], evidence=evidence)
        if lacks := _LACKING.get((reply.status, number)):
            return Works(missing=lacking(self.about, *lacks))
        return reply.unclear(code=number)

    def _failure(self, reply: Reply) -> PlatformError:
        number = _code(reply)
        if reply.silence() or not number:
            return reply.failure(KEY)
        if reply.status == HTTPStatus.UNAUTHORIZED and number == "2":
            return PlatformError(KEY, "refresh_due", reply.text("message"))
        return PlatformError(KEY, "refused", reply.text("message"))

    def _url(self, path: str) -> str:
        return f"{self.hosts['api']}/v5/{path}"


def _code(reply: Reply) -> str:
    """The number of an error; "" unless the answer has the form of one."""
    number = (reply.body or {}).get("code")
    return str(number) if type(number) is int and 0 <= number < 10**6 else ""


def _number(value: object) -> str:
    fits = isinstance(value, str) and value.isascii() and value.isdigit()
    return value if fits and isinstance(value, str) and len(value) <= 40 else ""  # noqa: PLR2004


def _id(reply: Reply) -> str:
    return _number((reply.body or {}).get("id"))


def _address(remote_id: str) -> str:
    return f"https://www.pinterest.com/pin/{remote_id}/"


def _pin(item: object) -> FoundPost | None:
    pin = object_of(item)
    remote_id, at = _number(pin.get("id")), instant_of(pin.get("created_at"))
    if not remote_id or at is None:
        return None
    words = f"{text_of(pin.get('title'))}\n\n{lines_of(pin.get('description'), 2_000)}"
    return FoundPost(
        remote_id=remote_id, text=words.strip(), url=_address(remote_id), published_at=at
    )


def _new_pin(post: Outgoing, picture: Picture, board: str) -> dict[str, object]:
    return {
        "board_id": board,
        "title": post.title[:_LONGEST_TITLE],
        "description": post.text,
        "alt_text": picture.alt[:500],
        **({"link": post.link} if post.link else {}),
        "media_source": {
            "source_type": "image_base64",
            "content_type": picture.media_type,
            "data": base64.b64encode(picture.data).decode(),
        },
    }
