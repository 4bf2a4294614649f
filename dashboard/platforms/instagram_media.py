"""Instagram's posts and comments, and how a picture is published there, whatever the log-in.

A post is a container that nobody sees, then Instagram fetches the picture, then it is published
(docs/content-publishing). No post goes without a picture or a film.

Sources: docs = developers.facebook.com/documentation/instagram-platform.
"""

from collections.abc import Sequence

from dashboard.domain.calendar import FoundPost
from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import App, Credential
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
from dashboard.domain.wire import Ask, Http
from dashboard.platforms import graph
from dashboard.platforms.answers import bearer, secrets_of
from dashboard.platforms.graph import id_of
from dashboard.platforms.posting import CALL, Taken, prepare, published, send_publicly
from dashboard.platforms.protocol import About
from dashboard.platforms.values import instant_of, lines_of, object_of, text_of, web_address

_PAGE = "100"


class InstagramMedia:
    """See the module. A log-in says where it asks, with which token and in whose name."""

    about: About
    rules = PostRules(longest=2_200, picture=PictureRule.MUST_BE_FETCHED)

    def url(self, path: str) -> str:
        raise NotImplementedError

    def token(self, credential: Credential, identity: Identity) -> str:
        raise NotImplementedError

    def whose(self, identity: Identity) -> str:
        """How the account is named in an address."""
        return identity.remote_id

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        items, following = await graph.listed(
            http,
            None,
            credential,
            "list the posts",
            self.url(f"{self.whose(identity)}/media"),
            about=self.about,
            key=self.about.key,
            token=self.token(credential, identity),
            fields="id,caption,permalink,timestamp",
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
        """The comments below the posts of the account, the newest posts first."""
        items, following = await graph.listed(
            http,
            app,
            credential,
            "list the comments",
            self.url(f"{self.whose(identity)}/media"),
            about=self.about,
            key=self.about.key,
            token=self.token(credential, identity),
            fields="id,permalink,comments.limit(50){id,text,username,timestamp}",
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
        """A container that nobody sees, wait until the picture is there, then publish it."""
        hide = self._hide(credential, app)
        made = await prepare(
            http, self._container_ask(credential, identity, post), hide, refused=graph.not_published
        )
        if isinstance(made, NotPublished):
            return made
        container = id_of((made.reply.body or {}).get("id"))
        ready = await self._ready(http, app, credential, identity, container)
        if ready is not None:
            return ready
        ask = Ask(
            call=CALL,
            method="POST",
            url=self.url(f"{identity.remote_id}/media_publish"),
            headers=bearer(self.token(credential, identity)),
            form={"creation_id": container},
        )
        done = await send_publicly(http, ask, hide, refused=graph.not_published_or_unclear)
        if not isinstance(done, Taken):
            return done
        return published(done, id_of((done.reply.body or {}).get("id")))

    async def _ready(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        container: str,
    ) -> NotPublished | None:
        """None once Instagram has fetched the picture; it usually has at once."""
        if not container:
            return NotPublished(evidence=Evidence(call="prepare the post"), again=True)
        ask = Ask(
            call="ask for the picture",
            method="GET",
            url=f"{self.url(container)}?fields=status_code",
            headers=bearer(self.token(credential, identity)),
        )
        told = await prepare(http, ask, self._hide(credential, app), refused=graph.not_published)
        if isinstance(told, NotPublished):
            return told
        status = told.reply.text("status_code", 40)
        if status == "FINISHED":
            return None
        failed = status in {"ERROR", "EXPIRED"}
        return NotPublished(
            evidence=told.reply.evidence(code=status), about_the_post=failed, again=not failed
        )

    def _container_ask(self, credential: Credential, identity: Identity, post: Outgoing) -> Ask:
        form = {"caption": with_link(post)}
        if post.picture is not None:
            form |= {"image_url": post.picture.url, "alt_text": post.picture.alt}
        return Ask(
            call="prepare the post",
            method="POST",
            url=self.url(f"{identity.remote_id}/media"),
            headers=bearer(self.token(credential, identity)),
            form=form,
        )

    def _hide(self, credential: Credential, app: App | None) -> tuple[str, ...]:
        return (*secrets_of(credential, app), *graph.tokens_in(credential))


def _post(item: object) -> FoundPost | None:
    post = object_of(item)
    remote_id, at = id_of(post.get("id")), instant_of(post.get("timestamp"))
    if not remote_id or at is None:
        return None
    return FoundPost(
        remote_id=remote_id,
        text=lines_of(post.get("caption"), 20_000),
        url=web_address(post.get("permalink")),
        published_at=at,
    )


def _comments(item: object) -> list[FoundMention]:
    data = object_of(object_of(item).get("comments")).get("data")
    found = []
    for one in data if isinstance(data, list) else ():
        comment = object_of(one)
        remote_id, at = id_of(comment.get("id")), instant_of(comment.get("timestamp"))
        if remote_id and at is not None:
            found.append(
                FoundMention(
                    remote_id=remote_id,
                    author=text_of(comment.get("username")),
                    text=lines_of(comment.get("text"), 20_000),
                    url=web_address(object_of(item).get("permalink")),
                    at=at,
                )
            )
    return found
