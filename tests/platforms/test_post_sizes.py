"""What the composer counts is what goes out: no text that fits is longer at its platform."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

from dashboard.domain.post_size import length, size
from dashboard.domain.publishing import Outgoing, PictureRule, PostRules
from dashboard.domain.wire import Answer, Ask
from dashboard.platforms.protocol import Publishes
from tests.fakes import START
from tests.platforms.samples import SAMPLES, answer
from tests.platforms.test_contract import KEYS, PICTURE, finished

LINK = "https://example.org/bread/" + "rye" * 20
BEGINS = "Fresh bread"
PUBLISHING = [key for key in KEYS if isinstance(SAMPLES[key].platform, Publishes)]
WITH_PICTURE = [
    (key, picture)
    for key in PUBLISHING
    for picture in (False, True)
    if picture or not SAMPLES[key].platform.rules.picture.value.startswith("must")
    if not picture or SAMPLES[key].platform.rules.picture is not PictureRule.NONE
]
SAID = {
    "id": "1",
    "status_code": "FINISHED",
    "status": "FINISHED",
    "items": [{"id": "1", "name": "bakers"}],
    "blob": {"ref": "bafy"},
    "value": {"image": "urn:li:image:1", "uploadUrl": "https://www.linkedin.com/upload"},
    "data": {"id": "1", "publish_id": "1", "privacy_level_options": ["PUBLIC_TO_EVERYONE"]},
}
FINE_AT_TIKTOK = {**SAID, "error": {"code": "ok"}}


class Taking:
    """Takes all that is handed over."""

    def __init__(self, said: Any) -> None:
        self.said = said
        self.asked: list[Ask] = []

    async def send(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        return answer(200, self.said)


def texts_in(thing: object) -> list[str]:
    """Every text of a question that begins as the post does."""
    if isinstance(thing, str):
        return [thing] if thing.startswith(BEGINS) else []
    if isinstance(thing, bytes):
        return texts_in(thing.decode(errors="replace"))
    if isinstance(thing, dict):
        return [text for value in thing.values() for text in texts_in(value)]
    if isinstance(thing, list | tuple):
        return [text for value in thing for text in texts_in(value)]
    return texts_in(getattr(thing, "data", None)) if hasattr(thing, "data") else []


def as_counted(text: str, rules: PostRules) -> int:
    """As the platform counts a text that came: X and Mastodon take any link for 23 letters."""
    if not rules.link_takes:
        return length(text)
    return size(Outgoing(key="", text=text, at=START), rules)


def longest_post(rules: PostRules, *, picture: bool) -> Outgoing:
    """The longest text with a link that the composer lets through."""
    post = Outgoing(key="1f0c", text=BEGINS, at=START, link=LINK, title="Bread", target="bakers")
    post = replace(post, picture=PICTURE) if picture else post
    room = rules.longest - size(post, rules)
    full = replace(post, text=BEGINS + "x" * room)
    assert size(full, rules) == rules.longest
    return full


@pytest.mark.parametrize(("key", "picture"), WITH_PICTURE)
def test_a_text_that_fits_in_the_composer_fits_at_the_platform(key: str, *, picture: bool) -> None:
    sample = SAMPLES[key]
    rules = sample.platform.rules
    post = longest_post(rules, picture=picture)
    http = Taking(FINE_AT_TIKTOK if key == "tiktok" else SAID)
    talk = sample.platform.publish(http, sample.app, sample.credential, sample.identity, post)
    finished(talk)
    sent = [
        re.sub(r"\\(?=[|{}@\[\]()<>#\\*_~])", "", unquote(text))
        for ask in http.asked
        for text in texts_in([ask.json, ask.form, ask.parts])
    ]
    assert sent, "the text went out"
    assert max(as_counted(text, rules) for text in sent) == rules.longest
