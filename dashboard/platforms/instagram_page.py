"""Instagram through the Facebook Page that an account is connected to: one log-in, many accounts.

A token of Instagram's own log-in means nothing here, and the reverse (seen in trypostit/trypost);
so the two are platforms of their own. The account hangs on its Page: without the connection, or
without a role of the person on the Page, nothing of it is to be seen.

Source: developers.facebook.com/documentation/instagram-platform, Instagram API with Facebook Login.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.links import Identity
from dashboard.platforms.graph import id_of
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.instagram_media import InstagramMedia
from dashboard.platforms.page_check import NOT_CONNECTED
from dashboard.platforms.page_log_in import HOSTS, OPTIONS, PageLogIn, Reached
from dashboard.platforms.permissions import lacking
from dashboard.platforms.protocol import About, AppGuide, Platform
from dashboard.platforms.values import Body, object_of, text_of, token_of

KEY = "instagram_page"
_SCOPES = (
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_comments",
    "instagram_manage_messages",
    "pages_show_list",
    "pages_read_engagement",
)
_LABELS = {
    "instagram_basic": "see the account and its posts",
    "instagram_content_publish": "publish",
    "instagram_manage_comments": "read comments",
    "instagram_manage_messages": "read direct messages",
    "pages_show_list": "see the Pages",
    "pages_read_engagement": "read the posts of the Page",
}
_ACCOUNT = "instagram_business_account"
_CONNECTED_AT = "Meta Business Suite > Settings > Business assets"
# Meta wants tasks on the Page; which one is for which use could not be found, so none is judged.
_TASKS: Mapping[Capability, tuple[frozenset[str], str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class InstagramPage(PageLogIn, InstagramMedia):
    """See the module."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = About(
        key=KEY,
        label="Instagram via Facebook",
        account_word="account",
        conditions=(
            (
                "The account must be a professional one (business or creator) and be connected to "
                "a Facebook Page: in the Meta Business Suite under Settings > Business assets."
            ),
            (
                "You log in at Facebook as somebody who has access to Content, Community activity "
                "and Messages on that Page."
            ),
            "Tick both the Page and the Instagram account, and leave all permissions switched on.",
            (
                "For direct messages switch on Allow access to messages in the Instagram app under "
                "Settings > Messages."
            ),
            "About every 90 days Meta wants the person who linked an account to confirm it.",
        ),
        before_relink=(
            "Check in the Meta Business Suite that the account is still connected to its Page.",
            "Log in at Facebook as somebody who has access to that Page.",
            "Keep all accounts ticked that were linked before: unticked ones lose their link.",
        ),
        wants={
            Capability.READ_MESSAGES: frozenset({"instagram_manage_messages"}),
            Capability.MONITOR_MENTIONS: frozenset({"instagram_manage_comments"}),
            Capability.READ_PUBLICATIONS: frozenset({"instagram_basic", "pages_read_engagement"}),
            Capability.PUBLISH: frozenset({"instagram_content_publish"}),
        },
        grant_at="Meta Business Suite > Settings > Page access",
        grant_url="https://business.facebook.com/settings",
        history_reach="Instagram gives about the newest 10,000 posts of an account.",
    )
    guide = AppGuide(
        console_url="https://developers.facebook.com/apps/",
        steps=(
            (
                "Make an app of the type Business and add the products Facebook Login for Business "
                "and Instagram (API setup with Facebook login)."
            ),
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
                "Give everybody who will link accounts a role on the app, or apply for Advanced "
                "Access to the permissions instagram_basic, instagram_content_publish, "
                "instagram_manage_comments, instagram_manage_messages, pages_show_list and "
                "pages_read_engagement."
            ),
        ),
        conditions=(
            (
                "The app may be the one for Facebook Pages: enter both addresses for coming back, "
                "and the address for messages of either. Who removes the app at Facebook removes "
                "it for Pages and Instagram alike."
            ),
            (
                "With Standard Access only people with a role on the app can link. For others Meta "
                "wants an App Review and a verified business."
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
    listed = f"id,name,access_token,tasks,{_ACCOUNT}{{id,username,name}}"
    watched = f"id,tasks,{_ACCOUNT}{{id}}"
    account_call = "read the account"
    account_fields = "id,username"
    lists_tagged = True

    def through(self, sandbox_url: str) -> Platform:
        return InstagramPage(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def reached(self, page: Body) -> Reached | None:
        account = object_of(page.get(_ACCOUNT))
        remote_id, its_page = id_of(account.get("id")), id_of(page.get("id"))
        if not remote_id or not its_page:
            return None
        name, token = text_of(account.get("username"), 100), token_of(page.get("access_token"))
        identity = Identity(
            remote_id=remote_id,
            name=text_of(account.get("name")) or name or remote_id,
            handle=f"@{name}" if name else "",
            url=f"https://www.instagram.com/{name}/" if name else "",
        )
        tokens = {f"page:{remote_id}": token} if token else {}
        return Reached(identity=identity, extra={**tokens, f"of:{remote_id}": its_page})

    def apart(self, page: Body, identity: Identity) -> tuple[Missing, ...]:
        """The Page is there, but it leads to no Instagram account any more, or to another one."""
        if id_of(object_of(page.get(_ACCOUNT)).get("id")) == identity.remote_id:
            return ()
        label = "the connection between the account and its Facebook Page"
        missing = lacking(self.about, MissingKind.PERMISSION, NOT_CONNECTED, label)
        return tuple(replace(item, grant_at=_CONNECTED_AT) for item in missing)
