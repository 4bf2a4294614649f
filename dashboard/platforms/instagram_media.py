"""Instagram's posts and comments, and how a picture is published there, whatever the log-in.

No post goes without a picture or a film, which Instagram fetches itself.

Sources: docs = developers.facebook.com/documentation/instagram-platform.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from dashboard.domain.calendar import FoundPost
from dashboard.domain.credentials import App, Credential
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import (
    Outgoing,
    PictureRule,
    PostRules,
    PublishOutcome,
    with_link,
)
from dashboard.domain.wire import Http
from dashboard.platforms import graph

_POST = graph.Names(text="caption", at="timestamp", url="permalink")
_COMMENT = graph.Names(text="text", at="timestamp", url="")
_TAGGED = graph.Names(text="caption", at="timestamp", url="permalink")
_PAGE = "100"


class InstagramMedia(ABC):
    """See the module. A log-in says who asks, and in whose name."""

    lists_tagged = False
    """Whether posts of others that name the account can be listed."""

    rules = PostRules(longest=2_200, picture=PictureRule.MUST_BE_FETCHED, link_takes=None)

    @abstractmethod
    def caller(
        self, http: Http, app: App | None, credential: Credential, identity: Identity | None = None
    ) -> graph.Caller:
        """Who asks about an account."""

    def whose(self, identity: Identity) -> str:
        """How the account is named in an address."""
        return identity.remote_id

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        items, following = await self.caller(http, None, credential, identity).listed(
            "list the posts",
            f"{self.whose(identity)}/media",
            cursor=cursor,
            fields=_POST.fields,
            limit=_PAGE,
        )
        return graph.found_posts(items, _POST), following

    async def mentions(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        *,
        cursor: str,
    ) -> tuple[Sequence[FoundMention], str]:
        """The comments below the posts of the account, and the newest posts that name it."""
        caller = self.caller(http, app, credential, identity)
        items, following = await caller.listed(
            "list the comments",
            f"{self.whose(identity)}/media",
            cursor=cursor,
            fields=f"id,permalink,comments.limit(50){{{_COMMENT.fields},username}}",
            limit="25",
        )
        tagged: Sequence[object] = ()
        if self.lists_tagged:
            tagged, _ = await caller.listed(
                "list the posts that name the account",
                f"{self.whose(identity)}/tags",
                fields=f"{_TAGGED.fields},username",
                limit=_PAGE,
            )
        comments = tuple(graph.comments_below(items, _COMMENT))
        return graph.together(comments, following, graph.found_mentions(tagged, _TAGGED))

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        form = {"caption": with_link(post)}
        if post.picture is not None:
            form |= {"image_url": post.picture.url, "alt_text": post.picture.alt}
        container = graph.Container(
            form=form,
            make_at=f"{identity.remote_id}/media",
            publish_at=f"{identity.remote_id}/media_publish",
            status_field="status_code",
        )
        caller = self.caller(http, app, credential, identity)
        return await graph.publish_container(caller, container)
