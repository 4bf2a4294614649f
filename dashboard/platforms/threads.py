"""Threads: a log-in of its own, tokens that renew themselves for 60 days.

A token that was taken away was seen to be answered with code 100 (github.com/trypostit/trypost). As
that code also means a field that is no longer there, a plainer question follows, and even then it
is believed only when it happens again. Threads' own debug_token tells what was allowed, but only
to testers of the app; of a token that was taken away it tells nothing, as that token is all there
is to ask with.

Private profiles must consent anew after 90 days; Threads does not say which profiles are private,
so that date is not known here (docs/threads/get-started/long-lived-tokens).

Sources: docs = developers.facebook.com/docs; sample = github.com/fbsamples/threads_api.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability
from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, Evidence, Refused
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
from dashboard.platforms.answers import Reply
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.protocol import About, AppGuide, AppTest, Platform
from dashboard.platforms.self_renewing import SelfRenewing

KEY = "threads"
HOSTS = {"www": "https://threads.net", "graph": "https://graph.threads.net"}
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
_POST = graph.Names(text="text", at="timestamp", url="permalink")
_PAGE = "100"
_PLAINER = ("It is not one missing field: a plainer question was refused in the same way.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads(SelfRenewing):
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
    rules = PostRules(longest=500, picture=PictureRule.FETCHED, card_or_picture=True)

    scopes = _SCOPES
    labels = _LABELS
    codes_at = "graph"
    version = "v1.0"
    prefix = "th"
    profile = "id,username,name"
    own_id = "id"
    home = "https://www.threads.net/@"

    def through(self, sandbox_url: str) -> Platform:
        return Threads(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        return await graph.ask_about_app(http, app)

    async def allowed(self, caller: graph.Caller) -> frozenset[str]:
        """Told to testers of the app alone; for others all that was asked for counts as given."""
        looked = await graph.look_into(caller)
        return looked.scopes if looked and looked.scopes else caller.credential.scopes

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        caller = self.caller(http, app, credential)
        reply = await caller.read("read the profile", "me", fields="id,username")
        if self.shown(reply) == identity.remote_id:
            return self.works(credential)
        if not graph.hides(reply):
            return graph.meaning(self.about, reply)
        plainer = await caller.read("read the profile once more", "me", fields="id")
        if self.shown(plainer) == identity.remote_id:
            return self.works(credential)
        return self._twice_hidden(plainer)

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        _ = identity
        items, following = await self.caller(http, None, credential).listed(
            "list the posts", "me/threads", cursor=cursor, fields=_POST.fields, limit=_PAGE
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
        _ = identity
        items, following = await self.caller(http, app, credential).listed(
            "list the mentions",
            "me/mentions",
            cursor=cursor,
            fields=f"{_POST.fields},username",
            limit=_PAGE,
        )
        return graph.found_mentions(items, _POST), following

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        _ = identity
        container = graph.Container(
            form=_form(post),
            make_at="me/threads",
            publish_at="me/threads_publish",
            status_field="status" if post.picture else "",
        )
        return await graph.publish_container(self.caller(http, app, credential), container)

    def _twice_hidden(self, reply: Reply) -> CheckOutcome:
        """Not even the number of the profile is told: its token may have been taken away."""
        error = graph.error_of(reply)
        if error is None or not graph.hides(reply):
            return graph.meaning(self.about, reply)
        evidence = graph.evidence_of(reply, error, ruled_out=_PLAINER)
        return Refused(cause=Cause.TOKEN_REFUSED, evidence=evidence, certain=False)


def _form(post: Outgoing) -> dict[str, str]:
    if post.picture is not None:
        return {
            "media_type": "IMAGE",
            "image_url": post.picture.url,
            "alt_text": post.picture.alt,
            "text": with_link(post),
        }
    link = {"link_attachment": post.link} if post.link else {}
    return {"media_type": "TEXT", "text": post.text, **link}
