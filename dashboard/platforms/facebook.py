"""Facebook Pages: their posts, the comments below them, and what is published on them.

How one person's consent reaches many Pages, and how long, stands in `page_log_in.py`.

Sources: docs = developers.facebook.com/docs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import (
    Outgoing,
    PictureRule,
    PostRules,
    PublishOutcome,
    with_link,
)
from dashboard.domain.wire import Ask, Http, Part
from dashboard.platforms import graph
from dashboard.platforms.graph import id_of
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.page_log_in import HOSTS, OPTIONS, PageLogIn, Reached
from dashboard.platforms.posting import CALL, Taken, published, send_publicly
from dashboard.platforms.protocol import About, AppGuide, Platform
from dashboard.platforms.values import Body, text_of, token_of, web_address

KEY = "facebook"
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
_POST = graph.Names(text="message", at="created_time", url="permalink_url", instead_of_text="story")
_COMMENT = graph.Names(text="message", at="created_time", url="permalink_url", author="from")
_PAGE = "100"
_UPLOAD_DEADLINE = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Facebook(PageLogIn):
    """See the module."""

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
        grant_at="Meta Business Suite > Settings > Page access",
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
            (
                "Where the product wants a Configuration, make one with a user access token and "
                "the permissions named below, and copy its ID to here."
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
            (
                "The app may serve Instagram via Facebook, too: enter its address for coming back "
                "beside this one. Who removes the app at Facebook removes it for both."
            ),
            "The address must begin with https.",
        ),
        id_label="App ID",
        secret_label="App secret",  # noqa: S106  a label
        options=OPTIONS,
        push_label="Deauthorize callback and data deletion address",
    )
    scopes = _SCOPES
    labels = _LABELS
    tasks = _TASKS
    listed = "id,name,username,link,access_token,tasks"
    watched = "id,tasks"
    account_call = "read the Page"
    account_fields = "id,name"
    rules = PostRules(longest=63_206, picture=PictureRule.UPLOADED, card_or_picture=True)

    def through(self, sandbox_url: str) -> Platform:
        return Facebook(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def reached(self, page: Body) -> Reached | None:
        remote_id, token = id_of(page.get("id")), token_of(page.get("access_token"))
        if not remote_id:
            return None
        identity = Identity(
            remote_id=remote_id,
            name=text_of(page.get("name")) or remote_id,
            handle=text_of(page.get("username")),
            url=web_address(page.get("link")) or f"https://www.facebook.com/{remote_id}",
        )
        return Reached(identity=identity, extra={f"page:{remote_id}": token} if token else {})

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        items, following = await self.caller(http, None, credential, identity).listed(
            "list the posts",
            f"{identity.remote_id}/published_posts",
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
        """The comments below the posts of the Page, and the newest posts that name it.

        With the person's token comments are an empty list (seen in brightbean-studio), so without
        that of the Page there is nothing to ask.
        """
        caller = self.caller(http, app, credential, identity)
        if not caller.token:
            raise PlatformError(KEY, "refused", "Facebook gave no access to the Page itself.")
        items, following = await caller.listed(
            "list the comments",
            f"{identity.remote_id}/published_posts",
            cursor=cursor,
            fields=f"id,comments.filter(stream).limit(50){{{_COMMENT.fields},from{{name}}}}",
            limit="25",
        )
        tagged, _ = await caller.listed(
            "list the posts that name the Page",
            f"{identity.remote_id}/tagged",
            fields=f"{_COMMENT.fields},from{{name}}",
            limit=_PAGE,
        )
        comments = tuple(graph.comments_below(items, _COMMENT))
        return graph.together(comments, following, graph.found_mentions(tagged, _COMMENT))

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        caller = self.caller(http, app, credential, identity)
        ask = _post_ask(caller, identity, post)
        done = await send_publicly(http, ask, caller.hide, refused=graph.not_published)
        if isinstance(done, Taken):
            body = done.reply.body or {}
            remote_id = id_of(body.get("post_id")) or id_of(body.get("id"))
            return published(done, remote_id, f"https://www.facebook.com/{remote_id}")
        return done


def _post_ask(caller: graph.Caller, identity: Identity, post: Outgoing) -> Ask:
    if post.picture is None:
        form = {"message": post.text} | ({"link": post.link} if post.link else {})
        return caller.ask(CALL, "POST", f"{identity.remote_id}/feed", form=form)
    picture = Part(
        name="source",
        data=post.picture.data,
        filename="picture",
        media_type=post.picture.media_type,
    )
    parts = (
        Part(name="message", data=with_link(post).encode()),
        Part(name="alt_text_custom", data=post.picture.alt.encode()),
        picture,
    )
    ask = caller.ask(CALL, "POST", f"{identity.remote_id}/photos", parts=parts)
    return replace(ask, deadline=_UPLOAD_DEADLINE)
