"""What a planned post may be, and what becomes of one whose time has come; asks nobody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from dashboard.domain.post_size import size
from dashboard.domain.publishing import Outgoing, PictureRule, PostRules
from dashboard.domain.states import LinkState

LATE_AFTER = timedelta(minutes=60)
"""A post that is later than this is not published by surprise: a person must want it (R76)."""

TRIES = 3
"""How often a post is tried whose failure left nothing at the platform."""

LARGEST_PICTURE = 15 * 1024 * 1024  # bytes, as uploaded
_LONGEST_LINK = 2_000
_NEEDED = frozenset({PictureRule.MUST_BE_FETCHED, PictureRule.MUST_BE_UPLOADED})


class Fate(StrEnum):
    """What is done with a post whose time has come."""

    GO = "go"
    HOLD = "hold"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The fate of a post and, unless it goes, why; in plain words."""

    fate: Fate
    why: str = ""


_HOLDS = {
    LinkState.EXPIRED: "The account is not connected. Relink it, then the post can go out.",
    LinkState.BLOCKED: "The platform has blocked the account. Its owner must act there first.",
    LinkState.UNREACHABLE: "The platform does not answer at the moment.",
    LinkState.PAUSED: "The account is paused.",
}


def judge(
    planned_for: datetime, state: LinkState, *, may_publish: bool, linked: bool, now: datetime
) -> Judged:
    """Decide about a post whose time has come."""
    hold = _HOLDS.get(state, "")
    if not linked:
        hold = "The account is not linked any more. Link it again, then the post can go out."
    elif not hold and not may_publish:
        hold = "The permission to publish is missing. The account's page says how to grant it."
    if hold:
        return Judged(fate=Fate.HOLD, why=hold)
    if now - planned_for > LATE_AFTER:
        why = "Its time passed more than an hour before Linkkeeper could publish it."
        return Judged(fate=Fate.TOO_LATE, why=why)
    return Judged(fate=Fate.GO)


def misfits(post: Outgoing, rules: PostRules) -> list[str]:
    """What a platform would not take of this post, each in a sentence; empty if it fits."""
    found = []
    if (over := size(post, rules) - rules.longest) > 0:
        found.append(f"The text is {over} characters too long: {rules.longest} are allowed.")
    if post.picture and rules.picture is PictureRule.NONE:
        found.append("It takes no picture.")
    if not post.picture and rules.picture in _NEEDED:
        found.append("It needs a picture.")
    if post.link and not rules.link:
        found.append("It takes no link.")
    if rules.title and not post.title:
        found.append("It needs a title.")
    if rules.target and not post.target:
        found.append(f"Name the {rules.target} that it goes to.")
    if not post.text and not post.picture and not post.link:
        found.append("Write a text, or add a picture or a link.")
    return found


def says_the_same(sent: Outgoing, found: str) -> bool:
    """Whether a post that stands at a platform is surely this one, by its words.

    Spaces do not count. A title may stand before our text and a link, which platforms write in
    their own way, behind it; other words make it another post, and without words of ours nothing is
    sure.
    """
    text, title, there = (_closed_up(words) for words in (sent.text, sent.title, found))
    for ours in filter(None, (text, title + text)):
        if there == ours or there.startswith((f"{ours}http://", f"{ours}https://")):
            return True
    link = _closed_up(sent.link)
    return not text and bool(link) and there == link


def _closed_up(text: str) -> str:
    return "".join(text.split())


def is_link(text: str) -> bool:
    """Whether it is a web address that can stand in a post."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    plain = text.isprintable() and " " not in text and len(text) <= _LONGEST_LINK
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname)
