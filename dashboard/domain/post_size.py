"""How long a post is as its platform counts: what must fit is said while people write."""

import re
import unicodedata

from dashboard.domain.publishing import Outgoing, PostRules, with_link

_JOINED = frozenset({"Mn", "Me", "Cf"})
_JOINER = "\u200d"
_LINK = re.compile(r"https?://\S+")
# What counts once where others count twice (twitter-text, configuration 3).
_LIGHT = ((0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_FLAGS = range(0x1F1E6, 0x1F200)  # two letters make one flag
_TONES = range(0x1F3FB, 0x1F400)  # of skin: part of the sign before


def size(post: Outgoing, rules: PostRules) -> int:
    """The length that a platform compares with `rules.longest`."""
    beside_picture = rules.card_or_picture and post.picture is not None
    if rules.link_takes == 0 and not beside_picture:
        return _count(post.text, rules)
    text = with_link(post)
    if rules.link_takes is None or beside_picture:
        return _count(text, rules)
    return _count(_LINK.sub("", text), rules) + rules.link_takes * len(_LINK.findall(text))


def length(text: str) -> int:
    """Letters as people count them: marks and joiners do not count (nearly graphemes)."""
    return sum(unicodedata.category(letter) not in _JOINED for letter in _plain(text))


def _count(text: str, rules: PostRules) -> int:
    return _weight(text) if rules.wide_letters_count_twice else length(text)


def _weight(text: str) -> int:
    """Letters of European and Semitic scripts count once, all others and emoji twice."""
    weight, before = 0, ""
    for letter in _plain(text):
        code = ord(letter)
        joined = unicodedata.category(letter) in _JOINED or before == _JOINER or code in _TONES
        light = code in _FLAGS or any(first <= code <= last for first, last in _LIGHT)
        weight += 0 if joined else (1 if light else 2)
        before = letter
    return weight


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text)
