"""A post on its way out, and what can become of it. A platform gets it once (R77)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dashboard.domain.checks import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture to go along; `url` is where a platform may fetch it, "" if nobody outside can."""

    data: bytes = field(repr=False)
    media_type: str  # "image/jpeg" or "image/png"
    alt: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What is to be published. `key` is the same for every attempt at the same publication.

    `at` is when it was planned to go out, which stays the same, too. `title` and `target` are for
    platforms that want them (`PostRules`): the title of a Reddit post, the board or the subreddit
    that it goes to.
    """

    key: str
    text: str
    at: datetime
    link: str = ""
    picture: Picture | None = None
    title: str = ""
    target: str = ""


def with_link(post: Outgoing) -> str:
    """The text with the link below it, for platforms that take links as words only."""
    if not post.link or post.link in post.text:
        return post.text
    return f"{post.text}\n\n{post.link}".strip()


class PictureRule(StrEnum):
    """Whether a post may or must carry a picture, and how the platform gets it."""

    NONE = "none"
    UPLOADED = "uploaded"  # may; we hand it over
    FETCHED = "fetched"  # may; the platform fetches it from a public address of ours
    MUST_BE_FETCHED = "must_be_fetched"
    MUST_BE_UPLOADED = "must_be_uploaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRules:
    """What a platform takes. `longest` counts characters as people see them (graphemes).

    `target` is the plain word for where a post goes if that must be named ("board", "subreddit").
    `link_takes` is how many characters a link counts as: 0 where it is a card of its own, None for
    its own length. With `card_or_picture` there is no card beside a picture: the link then stands
    below the text.
    """

    longest: int
    picture: PictureRule = PictureRule.NONE
    link: bool = True
    title: bool = False
    target: str = ""
    link_takes: int | None = 0
    card_or_picture: bool = False
    wide_letters_count_twice: bool = False  # X, by the scripts that need few letters for a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """It stands at the platform."""

    remote_id: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPublished:
    """It surely does not stand there. `about_the_post`: this one was refused, the link is fine.

    Otherwise a check of the link must say why; `again` when the same may work a little later.
    """

    evidence: Evidence
    about_the_post: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishUnclear:
    """Nobody knows: the question left and no answer came. It is never sent again by itself.

    `trace` is the platform's own name of a task that it still works on, "" if it gave none: by it
    the platform can be asked later what became of the post.
    """

    evidence: Evidence
    trace: str = ""


PublishOutcome = Published | NotPublished | PublishUnclear
