"""What people are told about X, and where and what it is asked."""

from dashboard.domain.budgets import Budget
from dashboard.domain.capabilities import Capability
from dashboard.domain.publishing import PictureRule, PostRules
from dashboard.domain.quotas import Quota
from dashboard.platforms.protocol import About, AppGuide

KEY = "x"
HOSTS = {"www": "https://x.com", "api": "https://api.x.com"}
SCOPES = (
    "users.read",
    "tweet.read",
    "tweet.write",
    "media.write",
    "dm.read",
    "offline.access",
)
LABELS = {
    "users.read": "see the account",
    "tweet.read": "read posts",
    "tweet.write": "publish posts",
    "dm.read": "read direct messages",
}
ABOUT = About(
    key=KEY,
    label="X",
    account_word="account",
    conditions=(
        "Log in as the account itself and allow everything that is asked for.",
        "X charges for reading: about one cent per account and day.",
    ),
    before_relink=("Log in at X as the account that you want to relink.",),
    wants={
        Capability.READ_MESSAGES: frozenset({"dm.read"}),
        Capability.MONITOR_MENTIONS: frozenset({"tweet.read"}),
        Capability.READ_PUBLICATIONS: frozenset({"tweet.read"}),
        Capability.PUBLISH: frozenset({"tweet.write"}),
    },
    history_reach="X gives the newest 3,200 posts of an account.",
    budget=Budget(
        requests=75,
        seconds=900,
        source="docs: x-api/fundamentals/rate-limits, /2/users/me, per user",
        shared=False,
    ),
    quota=Quota(
        word="reads",
        source="docs: x-api/getting-started/pricing",
        largest=100,
        costs=(
            "A check is one read and costs about one cent (US$ 0.010).",
            "X charges the same account once per day (UTC) as a rule, so the bill is mostly lower.",
            "A page of posts or mentions counts as 100 reads: a post costs half a cent.",
            "Renewing a permission costs nothing, and publishing is not counted here.",
        ),
    ),
)
GUIDE = AppGuide(
    console_url="https://console.x.com/",
    steps=(
        "Make a project and an app in it.",
        (
            "Under User authentication settings choose Web App and the permission Read and "
            "write and Direct message."
        ),
        "Enter the address below as Callback URI.",
        "Copy the OAuth 2.0 Client ID and Client Secret to here (not the API key).",
        "Buy credits and set a spending limit: without credits X answers nothing.",
        (
            "If you want to hear at once when somebody removes Linkkeeper at X: register the "
            "second address below as a webhook (Tools, or POST /2/webhooks) and subscribe it to "
            "the event oauth.revoke of the Activity API. The Client Secret must stand here first."
        ),
    ),
    conditions=(
        (
            "X is paid by use: about one cent per account and day for watching, more for "
            "reading posts and for publishing."
        ),
    ),
    push_label="Address for the webhook (oauth.revoke)",
)
# Of twitter-text, configuration 3: any link counts 23, letters of wide scripts and emoji twice.
RULES = PostRules(
    longest=280, picture=PictureRule.UPLOADED, link_takes=23, wide_letters_count_twice=True
)
