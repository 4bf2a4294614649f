"""Facebook Pages: one person's consent reaches many Pages, each with a token of its own.

The person's token lives 60 days, the Page tokens made from it have no date but die with the
consent (docs/facebook-login/guides/access-tokens/get-long-lived). Meta lets programs see a person's
data for about 90 days after the person last confirmed (docs/graph-api/reference/debug_token; how
long is from memory), so a link must be renewed by then. What a Page token may do depends on the
person's tasks on the Page in the Meta Business Suite (docs/pages-api/overview).

Sources: docs = developers.facebook.com/docs.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, Evidence, Refused, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import (
    Outgoing,
    PictureRule,
    PostRules,
    PublishOutcome,
)
from dashboard.domain.pushes import Delivery, PushAnswer
from dashboard.domain.wire import Ask, Http, Part
from dashboard.platforms import graph, oauth2
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.graph import VERSION, id_of
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.permissions import lacking, missing_permissions
from dashboard.platforms.posting import CALL, Taken, published, send_publicly
from dashboard.platforms.protocol import About, AppGuide, AppTest, Granted, Platform
from dashboard.platforms.registered import RegisteredByHand
from dashboard.platforms.values import (
    instant_of,
    lines_of,
    object_of,
    text_of,
    token_of,
    web_address,
)

KEY = "facebook"
HOSTS = {"www": "https://www.facebook.com", "graph": "https://graph.facebook.com"}
DATA_ACCESS = timedelta(days=90)
RENEW_BY = "renew_by"
_SCOPES = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_messaging",
    "pages_manage_posts",
)
_LABELS = {
    "pages_show_list": "see the Pages",
    "pages_read_engagement": "read the posts of the Page",
    "pages_read_user_content": "read comments and posts of visitors",
    "pages_messaging": "read the messages to the Page",
    "pages_manage_posts": "publish on the Page",
}
_TASKS = {
    Capability.READ_MESSAGES: (frozenset({"MESSAGING", "MANAGE"}), "Messages"),
    Capability.MONITOR_MENTIONS: (frozenset({"MODERATE", "MANAGE"}), "Community activity"),
    Capability.READ_PUBLICATIONS: (
        frozenset({"MODERATE", "CREATE_CONTENT", "MANAGE"}),
        "Content",
    ),
    Capability.PUBLISH: (frozenset({"CREATE_CONTENT", "MANAGE"}), "Content"),
}
_PAGE = "100"
_UPLOAD_DEADLINE = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Facebook(RegisteredByHand):
    """See the module. Page tokens stand in `Credential.extra` under "page:<id>"."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = About(
        key=KEY,
        label="Facebook",
        account_word="Page",
        conditions=(
            (
                "You need full access, or access to Content, Community activity and Messages, "
                "on the Page in the Meta Business Suite."
            ),
            "Tick all Pages that you want to use, and leave all permissions switched on.",
            "About every 90 days Meta wants the person who linked a Page to confirm it.",
        ),
        before_relink=(
            "Log in as somebody who has access to the Page in the Meta Business Suite.",
            "Keep all Pages ticked that were linked before: unticked ones lose their link.",
        ),
        wants={
            Capability.READ_MESSAGES: frozenset({"pages_messaging"}),
            Capability.MONITOR_MENTIONS: frozenset({"pages_read_user_content"}),
            Capability.READ_PUBLICATIONS: frozenset({"pages_read_engagement"}),
            Capability.PUBLISH: frozenset({"pages_manage_posts"}),
        },
        grant_at="Meta Business Suite > Settings > Page access; then relink with all switched on",
        grant_url="https://business.facebook.com/settings",
        history_reach="Facebook lists about 600 posts per year of a Page.",
    )
    guide = AppGuide(
        console_url="https://developers.facebook.com/apps/",
        steps=(
            "Make an app of the type Business and add the product Facebook Login for Business.",
            "Under Facebook Login > Settings enter the address below as Valid OAuth Redirect URI.",
            (
                "On the same page enter the address for messages as Deauthorize callback URL "
                "and as Data deletion request URL."
            ),
            "Under App settings > Basic copy the App ID and the App secret to here.",
            (
                "Give everybody who will link Pages a role on the app, or apply for Advanced "
                "Access to the permissions pages_show_list, pages_read_engagement, "
                "pages_read_user_content, pages_messaging and pages_manage_posts."
            ),
        ),
        conditions=(
            (
                "With Standard Access only people with a role on the app can link. For others Meta "
                "wants an App Review and a verified business."
            ),
            "The address must begin with https.",
        ),
        id_label="App ID",
        secret_label="App secret",  # noqa: S106  a label
        push_label="Deauthorize callback and data deletion address",
    )
    rules = PostRules(longest=63_206, picture=PictureRule.UPLOADED)

    def through(self, sandbox_url: str) -> Platform:
        return Facebook(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=_SCOPES,
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/{VERSION}/dialog/oauth",
                oauth2.TOKEN: self._url("oauth/access_token"),
                oauth2.SEPARATOR: ",",
                oauth2.PKCE: "no",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        return await graph.ask_about_app(http, app, app.facts[oauth2.TOKEN])

    def asked_along(self, *, choose_person: bool) -> dict[str, str]:
        """Declined permissions are asked for again; another person must log in anew."""
        return {"auth_type": "reauthenticate" if choose_person else "rerequest"}

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        ask = oauth2.code_ask(app, code=code, verifier=verifier, redirect_uri=redirect_uri)
        short = await graph.exchange(http, KEY, self.about, app, ask, now=now)
        form = {
            "grant_type": "fb_exchange_token",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "fb_exchange_token": short.access,
        }
        ask = Ask(
            call="get the long-lived token", method="POST", url=app.facts[oauth2.TOKEN], form=form
        )
        tokens = await graph.exchange(http, KEY, self.about, app, ask, now=now)
        plain = tokens.credential(extra={RENEW_BY: (now + DATA_ACCESS).isoformat()})
        subject, pages, granted = await self._reach(http, app, plain)
        extra = dict(plain.extra)
        extra |= {f"page:{page.remote_id}": token for page, token in pages if token}
        credential = Credential(access=plain.access, scopes=granted, extra=extra)
        return Granted(
            credential=credential, subject=subject, identities=tuple(page for page, _ in pages)
        )

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        subject, pages, _ = await self._reach(http, app, credential)
        return subject, tuple(page for page, _ in pages)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        """Read the Page with its own token, then what the person may do with it."""
        reply = await graph.read(
            http,
            app,
            credential,
            "read the Page",
            self._url(identity.remote_id),
            token=self._token(credential, identity),
            fields="id,name",
        )
        error = graph.error_of(reply)
        its = id_of((reply.body or {}).get("id"))
        shown = reply.status == HTTPStatus.OK and its == identity.remote_id
        if not shown and not (error is not None and error.hidden):
            return graph.meaning(self.about, reply)
        mine = await graph.read(
            http,
            app,
            credential,
            "read the permissions",
            self._url("me"),
            fields="id,permissions{permission,status},accounts.limit(100){id,tasks}",
        )
        known = mine.status == HTTPStatus.OK and bool(id_of((mine.body or {}).get("id")))
        if not shown:
            return self._hidden(reply, mine if known else None, identity)
        if not known:
            return self._without_the_person(credential, graph.meaning(self.about, mine))
        missing = self._missing(_granted(mine.body or {}))
        missing += self._tasks_missing(mine, identity.remote_id)
        return Works(missing=missing, renew_by=instant_of(credential.extra.get(RENEW_BY)))

    def _hidden(self, reply: Reply, mine: Reply | None, identity: Identity) -> CheckOutcome:
        """A Page that cannot be seen: proven only if it is not among those of the person either."""
        lost = self._tasks_missing(mine, identity.remote_id) if mine else ()
        if lost and {item.what for item in lost} == {"tasks"}:
            return Works(missing=lost)
        return graph.meaning(self.about, reply)

    def _without_the_person(self, credential: Credential, said: CheckOutcome) -> CheckOutcome:
        """The Page answers, its person's token does not.

        That one runs out after 60 days without harm to the Page's own, which has no date; what was
        allowed is then known from the log-in only.
        """
        if not isinstance(said, Refused) or said.cause is not Cause.TOKEN_RAN_OUT:
            return said
        renew_by = instant_of(credential.extra.get(RENEW_BY))
        return Works(missing=self._missing(credential.scopes), renew_by=renew_by)

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        items, following = await graph.listed(
            http,
            None,
            credential,
            "list the posts",
            self._url(f"{identity.remote_id}/published_posts"),
            about=self.about,
            key=KEY,
            token=self._token(credential, identity),
            fields="id,message,story,permalink_url,created_time",
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
        """The comments below the posts of the Page, the newest posts first."""
        items, following = await graph.listed(
            http,
            app,
            credential,
            "list the comments",
            self._url(f"{identity.remote_id}/published_posts"),
            about=self.about,
            key=KEY,
            token=self._token(credential, identity),
            fields="id,comments.filter(stream).limit(50){id,message,from{name},created_time,"
            "permalink_url}",
            limit="25",
            **({"after": cursor} if cursor else {}),
        )
        comments = [comment for item in items for comment in _comments(item)]
        return sorted(comments, key=lambda found: found.at, reverse=True), following

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        ask = self._post_ask(credential, identity, post)
        hide = self._hide(credential, app)
        done = await send_publicly(http, ask, hide, refused=graph.not_published)
        if isinstance(done, Taken):
            body = done.reply.body or {}
            remote_id = id_of(body.get("post_id")) or id_of(body.get("id"))
            return published(done, remote_id, f"https://www.facebook.com/{remote_id}")
        return done

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """End the whole consent (docs/permissions); raises PlatformError, worth another try."""
        ask = Ask(
            call="give the permission back",
            method="DELETE",
            url=self._url("me/permissions"),
            headers=bearer(credential.access),
        )
        reply = await send(http, ask, self._hide(credential, app))
        if graph.passes(reply):
            raise reply.failure(KEY)

    async def read_push(
        self, http: Http, app: App, delivery: Delivery, *, now: datetime
    ) -> PushAnswer:
        _ = http
        return graph.deauthorized(app, delivery, now=now, status_url="https://www.facebook.com/")

    async def _reach(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, list[tuple[Identity, str]], frozenset[str]]:
        me = await graph.read(
            http,
            app,
            credential,
            "read who gave the permission",
            self._url("me"),
            fields="id,name,permissions{permission,status}",
        )
        person = id_of((me.body or {}).get("id"))
        if me.status != HTTPStatus.OK or not person:
            raise graph.failure(KEY, self.about, me)
        pages: list[tuple[Identity, str]] = []
        cursor, turns = "", 0
        while turns < _MOST_TURNS:
            items, cursor = await graph.listed(
                http,
                app,
                credential,
                "list the Pages",
                self._url("me/accounts"),
                about=self.about,
                key=KEY,
                fields="id,name,username,link,access_token,tasks",
                limit=_PAGE,
                **({"after": cursor} if cursor else {}),
            )
            pages += [page for item in items if (page := _page(item)) is not None]
            turns += 1
            if not cursor:
                break
        subject = Subject(remote_id=person, name=me.text("name", 255) or person)
        return subject, pages, frozenset(_granted(me.body or {}))

    def _post_ask(self, credential: Credential, identity: Identity, post: Outgoing) -> Ask:
        headers = bearer(self._token(credential, identity))
        if post.picture is None:
            form = {"message": post.text} | ({"link": post.link} if post.link else {})
            url = self._url(f"{identity.remote_id}/feed")
            return Ask(call=CALL, method="POST", url=url, headers=headers, form=form)
        words = f"{post.text}\n\n{post.link}".strip() if post.link else post.text
        parts = (
            Part(name="message", data=words.encode()),
            Part(name="alt_text_custom", data=post.picture.alt.encode()),
            Part(
                name="source",
                data=post.picture.data,
                filename="picture",
                media_type=post.picture.media_type,
            ),
        )
        url = self._url(f"{identity.remote_id}/photos")
        return Ask(
            call=CALL,
            method="POST",
            url=url,
            headers=headers,
            parts=parts,
            deadline=_UPLOAD_DEADLINE,
        )

    def _url(self, path: str) -> str:
        return f"{self.hosts['graph']}/{VERSION}/{path}"

    def _token(self, credential: Credential, identity: Identity) -> str:
        return credential.extra.get(f"page:{identity.remote_id}", credential.access)

    def _hide(self, credential: Credential, app: App | None) -> tuple[str, ...]:
        return (*secrets_of(credential, app), *graph.tokens_in(credential))

    def _missing(self, granted: Collection[str]) -> tuple[Missing, ...]:
        return missing_permissions(self.about, granted, _LABELS)

    def _tasks_missing(self, mine: Reply, page: str) -> tuple[Missing, ...]:
        """What the person may not do on this Page; a Page that is not listed: no role at all."""
        accounts = object_of((mine.body or {}).get("accounts"))
        items = accounts.get("data")
        listed = [object_of(item) for item in items] if isinstance(items, list) else []
        its = next((item for item in listed if id_of(item.get("id")) == page), None)
        if its is None:
            if object_of(accounts.get("paging")).get("next"):
                return ()  # more Pages than were listed: nothing was learnt
            if "pages_show_list" not in _granted(mine.body or {}):
                return ()  # no Page is listed without this permission
            label = "a role on the Page"
            return lacking(self.about, MissingKind.ROLE, "tasks", label)
        told = its.get("tasks")
        tasks = {text_of(task) for task in told} if isinstance(told, list) else set()
        found: tuple[Missing, ...] = ()
        for capability, (enough, name) in _TASKS.items():
            if tasks and not tasks & enough:
                label = f"access to {name} on the Page"
                found += lacking(self.about, MissingKind.ROLE, name, label, only=(capability,))
        return found


_MOST_TURNS = 20


def _granted(body: Mapping[str, object]) -> set[str]:
    data = object_of(body.get("permissions")).get("data")
    items = [object_of(item) for item in data] if isinstance(data, list) else []
    return {
        text_of(item.get("permission"), 100) for item in items if item.get("status") == "granted"
    } - {""}


def _page(item: object) -> tuple[Identity, str] | None:
    page = object_of(item)
    remote_id = id_of(page.get("id"))
    if not remote_id:
        return None
    identity = Identity(
        remote_id=remote_id,
        name=text_of(page.get("name")) or remote_id,
        handle=text_of(page.get("username")),
        url=web_address(page.get("link")) or f"https://www.facebook.com/{remote_id}",
    )
    return identity, token_of(page.get("access_token"))


def _post(item: object) -> FoundPost | None:
    post = object_of(item)
    remote_id, at = id_of(post.get("id")), instant_of(post.get("created_time"))
    if not remote_id or at is None:
        return None
    return FoundPost(
        remote_id=remote_id,
        text=lines_of(post.get("message"), 70_000) or text_of(post.get("story")),
        url=web_address(post.get("permalink_url")),
        published_at=at,
    )


def _comments(item: object) -> list[FoundMention]:
    data = object_of(object_of(item).get("comments")).get("data")
    found = []
    for one in data if isinstance(data, list) else ():
        comment = object_of(one)
        remote_id, at = id_of(comment.get("id")), instant_of(comment.get("created_time"))
        if remote_id and at is not None:
            found.append(
                FoundMention(
                    remote_id=remote_id,
                    author=text_of(object_of(comment.get("from")).get("name")),
                    text=lines_of(comment.get("message"), 20_000),
                    url=web_address(comment.get("permalink_url")),
                    at=at,
                )
            )
    return found
