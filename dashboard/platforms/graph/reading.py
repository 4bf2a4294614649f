"""Posts and what others say, out of Graph's lists: what cannot be read is left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.domain.calendar import FoundPost
from dashboard.domain.mentions import FoundMention
from dashboard.platforms.values import Body, instant_of, lines_of, object_of, text_of, web_address

PAGE = "100"
"""How many items are asked for at once; Graph gives no more."""

_LONGEST_ID = 200
_LONGEST_POST = 70_000
_LONGEST_MENTION = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a platform calls the parts of a post or a comment; `author` may lie in an object."""

    text: str
    at: str
    url: str
    author: str = "username"
    instead_of_text: str = ""

    @property
    def fields(self) -> str:
        """What to ask for."""
        wanted = ("id", self.text, self.instead_of_text, self.at, self.url)
        return ",".join(filter(None, wanted))


def id_of(value: object) -> str:
    """A Graph id: digits, for posts with an underscore; "" for anything else."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        return ""
    return value if value.isascii() and value.replace("_", "").isalnum() else ""


def found_posts(items: Sequence[object], names: Names) -> list[FoundPost]:
    """The posts of an account."""
    found = []
    for post in map(object_of, items):
        remote_id, at = id_of(post.get("id")), instant_of(post.get(names.at))
        if remote_id and at is not None:
            text = lines_of(post.get(names.text), _LONGEST_POST)
            url = web_address(post.get(names.url))
            other = text_of(post.get(names.instead_of_text))
            found.append(
                FoundPost(remote_id=remote_id, text=text or other, url=url, published_at=at)
            )
    return found


def found_mentions(
    items: Sequence[object], names: Names, *, below: Body | None = None
) -> list[FoundMention]:
    """What others wrote; where it has no address of its own, that of the post `below` counts."""
    found = []
    for one in map(object_of, items):
        remote_id, at = id_of(one.get("id")), instant_of(one.get(names.at))
        if remote_id and at is not None:
            said = one.get(names.author)
            author = said.get("name") if isinstance(said, dict) else said
            url = web_address(one.get(names.url)) or web_address((below or {}).get("permalink"))
            found.append(
                FoundMention(
                    remote_id=remote_id,
                    author=text_of(author),
                    text=lines_of(one.get(names.text), _LONGEST_MENTION),
                    url=url,
                    at=at,
                )
            )
    return found


def comments_below(posts: Sequence[object], names: Names) -> Iterator[FoundMention]:
    """All comments below listed posts."""
    for post in map(object_of, posts):
        data = object_of(post.get("comments")).get("data")
        yield from found_mentions(data if isinstance(data, list) else (), names, below=post)


def together(
    comments: Sequence[FoundMention], following: str, tagged: Sequence[FoundMention]
) -> tuple[list[FoundMention], str]:
    """One page out of a page of comments and the newest posts that name the account.

    While more comments follow, older posts wait for their page: whoever reads stops at what is too
    old.
    """
    floor = min((one.at for one in comments), default=None) if following else None
    due = [one for one in tagged if floor is None or one.at >= floor]
    return sorted((*comments, *due), key=lambda found: found.at, reverse=True), following
