"""Threads: a log-in of its own, tokens that renew themselves for 60 days.

A token that was taken away was seen to be answered with code 100 (github.com/trypostit/trypost). As
that code also means a field that is no longer there, a plainer question follows, and even then it
is believed only when it happens again. Threads' own debug_token would tell more, but only to the
token of a tester of the app (docs/threads/troubleshooting/debug-access-token).

Private profiles must consent anew after 90 days; Threads does not say which profiles are private,
so that date is not known here (docs/threads/get-started/long-lived-tokens).

Sources: docs = developers.facebook.com/docs; sample = github.com/fbsamples/threads_api.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability
from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, Evidence, Refused, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    PictureRule,
    PostRules,
    PublishOutcome,
    with_link,
)
from dashboard.domain.pushes import Delivery, PushAnswer
from dashboard.domain.wire import Ask, Http
from dashboard.platforms import graph, oauth2, self_renewing
from dashboard.platforms.answers import Reply, bearer, secrets_of
from dashboard.platforms.graph import id_of
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.permissions import missing_permissions
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
from dashboard.platforms.values import instant_of, lines_of, object_of, text_of, web_address

KEY = "threads"
HOSTS = {"www": "https://threads.net", "graph": "https://graph.threads.net"}
_VERSION = "v1.0"
_SCOPES = (
    "threads_basic",
    "threads_content_publish",
    "threads_read_replies",
    "threads_manage_mentions",
)
_LABELS = {
    "threads_basic": "see the profile and its posts",
    "threads_content_publish": "publish",
    "threads_read_replies": "read replies",
    "threads_manage_mentions": "read mentions",
}
_PAGE = "100"
_PLAINER = ("It is not one missing field: a plainer question was refused in the same way.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads(RegisteredByHand):
    """See the module."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = About(
        key=KEY,
        label="Threads",
        account_word="profile",
        conditions=(
            "Log in as the profile itself and allow everything that is asked for.",
            (
                "Until Meta has reviewed the app, the profile must be added as a tester and must "
                "have accepted that in its own settings."
            ),
        ),
        before_relink=("Log in at Threads as the profile that you want to relink.",),
        wants={
            Capability.MONITOR_MENTIONS: frozenset({"threads_manage_mentions"}),
            Capability.READ_PUBLICATIONS: frozenset({"threads_basic"}),
            Capability.PUBLISH: frozenset({"threads_content_publish"}),
        },
        grant_at="Relink the profile and allow everything that Threads asks for",
        grant_url="https://www.threads.net/settings/account",
        history_reach="Threads gives all posts of a profile.",
    )
    guide = AppGuide(
        console_url="https://developers.facebook.com/apps/",
        steps=(
            "Make an app with the use case Access the Threads API.",
            (
                "In the settings of the use case enter the address below as Redirect Callback URL, "
                "and the address for messages as Uninstall and as Delete Callback URL."
            ),
            (
                "Copy the Threads App ID and the Threads App secret to here: they are not those of "
                "the Facebook app around it."
            ),
            (
                "Add the permissions threads_basic, threads_content_publish, threads_read_replies "
                "and threads_manage_mentions."
            ),
        ),
        conditions=(
            "The address must begin with https; Threads refuses addresses of this machine only.",
            "Before a review only profiles that are testers of the app can be linked.",
        ),
        id_label="Threads App ID",
        secret_label="Threads App secret",  # noqa: S106  a label
        push_label="Uninstall and delete callback address",
    )
    rules = PostRules(longest=500, picture=PictureRule.FETCHED)

    def through(self, sandbox_url: str) -> Platform:
        return Threads(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=_SCOPES,
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/oauth/authorize",
                oauth2.TOKEN: f"{self.hosts['graph']}/oauth/access_token",
                oauth2.SEPARATOR: ",",
                oauth2.PKCE: "no",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        return await graph.ask_about_app(http, app, app.facts[oauth2.TOKEN])

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        _ = verifier
        credential = await self_renewing.log_in(
            http,
            self.about,
            app,
            code=code,
            redirect_uri=redirect_uri,
            exchange_url=f"{self.hosts['graph']}/access_token",
            grant_type="th_exchange_token",
            now=now,
        )
        subject, identities = await self.identities(http, app, credential)
        return Granted(credential=credential, subject=subject, identities=identities)

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        reply = await graph.read(
            http, app, credential, "read the profile", self._url("me"), fields="id,username,name"
        )
        remote_id, name = id_of((reply.body or {}).get("id")), reply.text("username", 100)
        if reply.status != HTTPStatus.OK or not remote_id:
            raise graph.failure(KEY, self.about, reply)
        identity = Identity(
            remote_id=remote_id,
            name=reply.text("name", 255) or name or remote_id,
            handle=f"@{name}" if name else "",
            url=f"https://www.threads.net/@{name}" if name else "",
        )
        return Subject(remote_id=remote_id, name=identity.name), (identity,)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        reply = await graph.read(
            http, app, credential, "read the profile", self._url("me"), fields="id,username"
        )
        mine = id_of((reply.body or {}).get("id"))
        if reply.status == HTTPStatus.OK and mine == identity.remote_id:
            return Works(missing=missing_permissions(self.about, credential.scopes, _LABELS))
        if not graph.hides(reply):
            return graph.meaning(self.about, reply)
        plainer = await graph.read(
            http, app, credential, "read the profile once more", self._url("me"), fields="id"
        )
        if plainer.status == HTTPStatus.OK and id_of((plainer.body or {}).get("id")) == (
            identity.remote_id
        ):
            return Works(missing=missing_permissions(self.about, credential.scopes, _LABELS))
        return self._twice_hidden(plainer)

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        _ = app
        url = f"{self.hosts['graph']}/refresh_access_token"
        return await self_renewing.renew(
            http, self.about, credential, url=url, grant_type="th_refresh_token", now=now
        )

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        _ = identity
        items, following = await graph.listed(
            http,
            None,
            credential,
            "list the posts",
            self._url("me/threads"),
            about=self.about,
            key=KEY,
            fields="id,text,permalink,timestamp",
            limit=_PAGE,
            **({"after": cursor} if cursor else {}),
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
        _ = identity
        items, following = await graph.listed(
            http,
            app,
            credential,
            "list the mentions",
            self._url("me/mentions"),
            about=self.about,
            key=KEY,
            fields="id,text,username,permalink,timestamp",
            limit=_PAGE,
            **({"after": cursor} if cursor else {}),
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
        """First a container, which nobody sees, then it is published (docs/threads/posts)."""
        _ = identity
        hide = secrets_of(credential, app)
        made = await prepare(
            http, self._container_ask(credential, post), hide, refused=graph.not_published
        )
        if isinstance(made, NotPublished):
            return made
        container = id_of((made.reply.body or {}).get("id"))
        if not container:
            return NotPublished(evidence=made.reply.evidence(), again=True)
        ask = Ask(
            call=CALL,
            method="POST",
            url=self._url("me/threads_publish"),
            headers=bearer(credential.access),
            form={"creation_id": container},
        )
        done = await send_publicly(http, ask, hide, refused=graph.not_published_or_unclear)
        if not isinstance(done, Taken):
            return done
        return published(done, id_of((done.reply.body or {}).get("id")))

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """Threads documents no way to give a token back; it ends by itself within 60 days."""

    async def read_push(
        self, http: Http, app: App, delivery: Delivery, *, now: datetime
    ) -> PushAnswer:
        _ = http
        return graph.deauthorized(app, delivery, now=now, status_url="https://www.threads.net/")

    def _twice_hidden(self, reply: Reply) -> CheckOutcome:
        """Not even the number of the profile is told: its token may have been taken away."""
        error = graph.error_of(reply)
        if error is None or not graph.hides(reply):
            return graph.meaning(self.about, reply)
        evidence = graph.evidence_of(reply, error, ruled_out=_PLAINER)
        return Refused(cause=Cause.TOKEN_REFUSED, evidence=evidence, certain=False)

    def _container_ask(self, credential: Credential, post: Outgoing) -> Ask:
        form = {"media_type": "TEXT", "text": post.text}
        if post.picture is not None:
            form = {
                "media_type": "IMAGE",
                "image_url": post.picture.url,
                "alt_text": post.picture.alt,
                "text": with_link(post),
            }
        elif post.link:
            form["link_attachment"] = post.link
        return Ask(
            call="prepare the post",
            method="POST",
            url=self._url("me/threads"),
            headers=bearer(credential.access),
            form=form,
        )

    def _url(self, path: str) -> str:
        return f"{self.hosts['graph']}/{_VERSION}/{path}"


def _post(item: object) -> FoundPost | None:
    post = object_of(item)
    remote_id, at = id_of(post.get("id")), instant_of(post.get("timestamp"))
    if not remote_id or at is None:
        return None
    return FoundPost(
        remote_id=remote_id,
        text=lines_of(post.get("text"), 20_000),
        url=web_address(post.get("permalink")),
        published_at=at,
    )


def _mention(item: object) -> FoundMention | None:
    post = _post(item)
    if post is None:
        return None
    return FoundMention(
        remote_id=post.remote_id,
        author=text_of(object_of(item).get("username")),
        text=post.text,
        url=post.url,
        at=post.published_at,
    )
