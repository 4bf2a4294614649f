"""`./manage platforms`: what each platform offers, as a table made from the code.

With `--readme` the table in README.md is written anew; nothing is asked of any platform.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

from dashboard.cli.screen import out
from dashboard.cli.trouble import Trouble
from dashboard.domain.capabilities import Capability
from dashboard.domain.publishing import PictureRule
from dashboard.platforms import PLATFORMS
from dashboard.platforms.protocol import (
    ListsMentions,
    ListsPosts,
    NeedsApp,
    Platform,
    Publishes,
    ReceivesPushes,
    RefreshesCredentials,
    Revokes,
    SignsInAtOwnServer,
    SignsInByPassword,
)

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN = "<!-- made by ./manage platforms --readme -->"
END = "<!-- end of the table of platforms -->"

_HEAD = (
    "Platform",
    "Linkkeeper is registered",
    "Log-in",
    "Watched for",
    "Posts read",
    "Mentions read",
    "Publishes",
    "Renews by itself",
    "Gives access back",
    "Tells of withdrawal",
)
_PICTURES = {
    PictureRule.NONE: "",
    PictureRule.UPLOADED: ", picture",
    PictureRule.FETCHED: ", picture (public https address needed)",
    PictureRule.MUST_BE_UPLOADED: ", always with a picture",
    PictureRule.MUST_BE_FETCHED: ", always with a picture (public https address needed)",
}
_USES = {
    Capability.READ_MESSAGES: "messages",
    Capability.MONITOR_MENTIONS: "mentions",
    Capability.READ_PUBLICATIONS: "posts",
    Capability.PUBLISH: "publishing",
}


def platforms(options: argparse.Namespace) -> int:
    """Print the table, or put it into README.md; raises Trouble without a place for it there."""
    made = table(PLATFORMS)
    if not options.readme:
        out.print(made)
        return 0
    README.write_text(with_table(README.read_text(), made))
    out.print("The table of platforms in README.md is as the code says.")
    return 0


def table(found: Iterable[Platform]) -> str:
    """The table in Markdown, without a last line break."""
    lines = [_HEAD, tuple("---" for _ in _HEAD), *(_row(platform) for platform in found)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def with_table(text: str, made: str) -> str:
    """The text with the table between its two marks; raises Trouble where they are not there."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise Trouble("README.md has no place for the table of platforms any more.")
    return f"{before}{BEGIN}\n{made}\n{END}{after}"


def _row(platform: Platform) -> tuple[str, ...]:
    about = platform.about
    return (
        about.label,
        "by an administrator" if isinstance(platform, NeedsApp) else "by itself",
        _log_in(platform),
        ", ".join(word for use, word in _USES.items() if use in about.wants),
        _yes(isinstance(platform, ListsPosts)),
        _yes(isinstance(platform, ListsMentions)),
        _publishes(platform),
        _yes(isinstance(platform, RefreshesCredentials)),
        _yes(isinstance(platform, Revokes)),
        _yes(isinstance(platform, ReceivesPushes)),
    )


def _log_in(platform: Platform) -> str:
    if not isinstance(platform, SignsInByPassword):
        return "at the platform"
    both = isinstance(platform, SignsInAtOwnServer)
    return "at the account's own server, or by app password" if both else "app password"


def _publishes(platform: Platform) -> str:
    if not isinstance(platform, Publishes):
        return "no"
    rules = platform.rules
    link = ", link" if rules.link else ""
    return f"text (up to {rules.longest:,}){link}{_PICTURES[rules.picture]}"


def _yes(holds: bool) -> str:  # noqa: FBT001  a fact, not a switch
    return "yes" if holds else "no"
