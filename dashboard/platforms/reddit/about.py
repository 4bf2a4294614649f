"""What people are told about Reddit, and where and what it is asked."""

from dashboard.domain.budgets import Budget, Told
from dashboard.domain.capabilities import Capability
from dashboard.domain.publishing import PostRules
from dashboard.platforms.protocol import About, AppGuide

KEY = "reddit"
HOSTS = {"www": "https://www.reddit.com", "oauth": "https://oauth.reddit.com"}
SCOPES = ("identity", "history", "read", "privatemessages", "submit")
LABELS = {
    "identity": "see the account",
    "history": "see your history of posts",
    "privatemessages": "read the inbox",
    "submit": "submit posts",
}
ABOUT = About(
    key=KEY,
    label="Reddit",
    account_word="account",
    conditions=(
        "Log in as the account itself and allow everything that is asked for.",
        "To publish, the account must be allowed to post in the subreddit.",
    ),
    before_relink=("Log in at Reddit as the account that you want to relink.",),
    wants={
        Capability.READ_MESSAGES: frozenset({"privatemessages"}),
        Capability.MONITOR_MENTIONS: frozenset({"privatemessages"}),
        Capability.READ_PUBLICATIONS: frozenset({"history"}),
        Capability.PUBLISH: frozenset({"submit"}),
    },
    history_reach="Reddit lists about the newest 1,000 posts of an account.",
    budget=Budget(
        requests=1000,
        seconds=600,
        source="100 a minute per client, averaged over ten minutes; from memory",
        told=Told.HEARSAY,
    ),
)
GUIDE = AppGuide(
    console_url="https://www.reddit.com/prefs/apps",
    steps=(
        "Ask Reddit for access to its interface and wait until it is approved.",
        "Choose Create another app, and the kind web app.",
        "Enter the address below as redirect uri.",
        "Copy the id below the name of the app, and the secret, to here.",
    ),
    conditions=(
        "Since November 2025 Reddit approves new programs by hand.",
        "Commercial use of the interface is paid.",
    ),
    secret_label="Secret",  # noqa: S106  a label
)
RULES = PostRules(longest=40_000, title=True, target="subreddit", link_takes=None)
