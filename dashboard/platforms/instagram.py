"""Instagram by its own log-in, for business and creator accounts without a Facebook Page.

Id and secret are those of the Instagram app, not of the Facebook app around it. What a person
allowed is told once, by the exchange of the code. Personal accounts cannot be linked; an account
that becomes one stops working (github.com/gitroomhq/postiz-app: "not an instagram business").

Sources: docs = developers.facebook.com/documentation/instagram-platform.
"""

from dataclasses import dataclass, field

from dashboard.domain.capabilities import Capability
from dashboard.domain.checks import CheckOutcome, Evidence
from dashboard.domain.credentials import App, Credential
from dashboard.domain.links import Identity
from dashboard.domain.wire import Http
from dashboard.platforms import graph
from dashboard.platforms.graph import VERSION
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.instagram_media import InstagramMedia
from dashboard.platforms.protocol import About, AppGuide, AppTest, Platform
from dashboard.platforms.self_renewing import SelfRenewing

KEY = "instagram"
HOSTS = {
    "www": "https://www.instagram.com",
    "api": "https://api.instagram.com",
    "graph": "https://graph.instagram.com",
}
_SCOPES = (
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_messages",
)
_LABELS = {
    "instagram_business_basic": "see the account and its posts",
    "instagram_business_content_publish": "publish",
    "instagram_business_manage_comments": "read comments",
    "instagram_business_manage_messages": "read direct messages",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instagram(SelfRenewing, InstagramMedia):
    """See the module."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = About(
        key=KEY,
        label="Instagram",
        account_word="account",
        conditions=(
            "The account must be a professional one (business or creator).",
            "Log in as the account itself and leave everything switched on that is asked for.",
            (
                "For direct messages switch on Allow access to messages in the Instagram app under "
                "Settings > Messages."
            ),
        ),
        before_relink=(
            "Log in at Instagram as the account that you want to relink.",
            "Check that it still is a professional account.",
        ),
        wants={
            Capability.READ_MESSAGES: frozenset({"instagram_business_manage_messages"}),
            Capability.MONITOR_MENTIONS: frozenset({"instagram_business_manage_comments"}),
            Capability.READ_PUBLICATIONS: frozenset({"instagram_business_basic"}),
            Capability.PUBLISH: frozenset({"instagram_business_content_publish"}),
        },
        grant_at="Instagram app > Settings > Account type and tools",
        history_reach="Instagram gives about the newest 10,000 posts of an account.",
    )
    guide = AppGuide(
        console_url="https://developers.facebook.com/apps/",
        steps=(
            "Make an app of the type Business and add the product Instagram.",
            (
                "Under API setup with Instagram login > Business login settings enter the address "
                "below as OAuth redirect URI, and the address for messages as Deauthorize callback "
                "URL and as Data deletion request URL."
            ),
            (
                "Copy the Instagram App ID and the Instagram App secret to here: they are not "
                "those of the Facebook app around it."
            ),
            "Add each account as a tester of the app, or apply for Advanced Access.",
        ),
        conditions=(
            "The address must begin with https.",
            "Personal accounts cannot be linked by any program since December 2024.",
        ),
        id_label="Instagram App ID",
        secret_label="Instagram App secret",  # noqa: S106  a label
        push_label="Deauthorize callback and data deletion address",
    )

    scopes = _SCOPES
    labels = _LABELS
    codes_at = "api"
    version = VERSION
    prefix = "ig"
    profile = "user_id,username,name,account_type"
    own_id = "user_id"
    home = "https://www.instagram.com/"

    def through(self, sandbox_url: str) -> Platform:
        return Instagram(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """Instagram answers nothing without a person: the first log-in shows whether it fits."""
        _ = http, app
        text = "Instagram cannot be asked without a log-in: link an account to see whether it fits."
        return AppTest.UNCLEAR, Evidence(call="check our registration", text=text)

    def asked_along(self, *, choose_person: bool) -> dict[str, str]:
        return {"enable_fb_login": "0"} | ({"force_authentication": "1"} if choose_person else {})

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        caller = self.caller(http, app, credential)
        reply = await caller.read("read the profile", "me", fields=self.profile)
        if self.shown(reply) == identity.remote_id:
            return self.works(credential)
        return graph.meaning(self.about, reply)

    def whose(self, identity: Identity) -> str:
        _ = identity
        return "me"
