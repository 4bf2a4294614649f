"""What people are told about LinkedIn, and where and what it is asked."""

from dashboard.domain.capabilities import Capability
from dashboard.domain.publishing import PictureRule, PostRules
from dashboard.platforms.protocol import About, AppGuide, LoginField

KEY = "linkedin"
HOSTS = {"www": "https://www.linkedin.com", "api": "https://api.linkedin.com"}
MEMBER = ("openid", "profile", "email", "w_member_social")
ORGANISATION = ("r_organization_social", "w_organization_social", "rw_organization_admin")
LABELS = {
    "w_member_social": "publish as yourself",
    "r_organization_social": "read posts and comments of the organisation",
    "w_organization_social": "publish as the organisation",
    "rw_organization_admin": "see which pages you look after",
}
ABOUT = About(
    key=KEY,
    label="LinkedIn",
    account_word="page",
    conditions=(
        ("You must be an administrator of the organisation's page (super admin or content admin)."),
        "LinkedIn asks for all permissions at once: they cannot be given one by one.",
        "Every 60 days you must confirm it. Done in time, that takes one click.",
    ),
    before_relink=(
        "Log in at LinkedIn as an administrator of the page.",
        "If the old consent has not run out yet, LinkedIn sends you straight back.",
    ),
    wants={
        Capability.MONITOR_MENTIONS: frozenset({"r_organization_social"}),
        Capability.READ_PUBLICATIONS: frozenset({"r_organization_social"}),
        Capability.PUBLISH: frozenset({"w_organization_social"}),
    },
    grant_at="LinkedIn > the page > Settings > Manage admins",
    grant_url="https://www.linkedin.com/company/",
    history_reach="LinkedIn lists the posts of a page; how far back it does not say.",
)
GUIDE = AppGuide(
    console_url="https://www.linkedin.com/developers/apps",
    steps=(
        "Make an app, connect it with your company page and have the page verify it.",
        (
            "Under Products ask for Sign In with LinkedIn using OpenID Connect, Share on "
            "LinkedIn and, for pages, the Community Management API."
        ),
        "Under Auth enter the address below as Authorized redirect URL.",
        "Copy the Client ID and the Primary Client Secret to here.",
    ),
    conditions=(
        (
            "LinkedIn approves the Community Management API by hand; until then only members "
            "can be linked, and only to publish."
        ),
        "Renewal without a person is for approved partners only.",
    ),
    options=(
        LoginField(
            name="pages",
            label="Pages of organisations",
            hint="yes once LinkedIn has approved the Community Management API, else no",
            default="yes",
        ),
    ),
)
RULES = PostRules(longest=3_000, picture=PictureRule.UPLOADED, card_or_picture=True)
