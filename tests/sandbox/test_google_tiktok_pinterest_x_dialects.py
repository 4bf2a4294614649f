"""Linkkeeper's YouTube, Google Business Profile, TikTok, Pinterest and X through their dialects.

What a person or the platform does there must be found here in the right words.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, NeedsRefresh, NoAnswer, Works
from dashboard.domain.errors import PlatformError
from dashboard.domain.publishing import NotPublished, Outgoing, Picture, Published
from dashboard.domain.wire import Answer, Ask, Part
from dashboard.platforms import available
from dashboard.platforms.protocol import (
    AppTest,
    Granted,
    ListsMentions,
    Publishes,
    Refreshed,
    RefreshRefused,
)
from dashboard.sandbox.dialect import SECRET
from tests.fakes import ScriptedHttp
from tests.sandbox.conftest import Driver, Watch, copied, open_app

BASE = "http://127.0.0.1:9999"
KEYS = ("youtube", "google_business", "tiktok", "pinterest", "x")
EVERY = ("posts:read", "posts:write", "mentions:read", "messages:read")
PICTURE = Picture(data=b"\xff\xd8\xff", media_type="image/jpeg", url="https://l.example/p/1")
each = pytest.mark.parametrize("key", KEYS)


class InProcess(ScriptedHttp):
    """Asks the Sandbox itself, without a network."""

    client: FlaskClient

    async def send(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        parts = urlsplit(ask.url)
        body: dict[str, Any] = {"data": ask.form} if ask.json is None else {"json": ask.json}
        if ask.parts:
            body = {"data": {part.name: _field(part) for part in ask.parts}}
        address = f"{parts.path}?{parts.query}"
        headers = {name: value for name, value in ask.headers.items() if name != "Content-Length"}
        said = self.client.open(address, method=ask.method, headers=headers, **body)
        names = {name.lower(): value for name, value in said.headers.items()}
        return Answer(status=said.status_code, headers=names, body=said.data)


def _field(part: Part) -> Any:
    """A field of a form with files, as the test client takes it."""
    if not part.filename:
        return part.data.decode()
    return BytesIO(part.data), part.filename, part.media_type


@dataclass
class Linked:
    """One account linked as a person would have done it."""

    world: Driver
    watch: Watch
    key: str
    platform: Any
    app: Any
    http: InProcess
    granted: Granted

    @property
    def identity(self) -> Any:
        return next(one for one in self.granted.identities if "Bakery" in one.name)

    def ask(self, talk: Any) -> Any:
        return self.http.run(talk)

    def check(self, credential: Any = None) -> Any:
        credential = credential or self.granted.credential
        return self.ask(self.platform.check(self.http, self.app, credential, self.identity))

    def refresh(self, **of_app: str) -> Any:
        app = replace(self.app, **of_app)
        credential = self.granted.credential
        return self.ask(self.platform.refresh(self.http, app, credential, now=self.watch.at))

    def press(self, action: str, **fields: str) -> None:
        answer = self.world.press(action, handle=f"{self.key}_bakeryjansen", **fields)
        assert answer.status_code == 200, answer.text


Link = Callable[..., Linked]


@pytest.fixture
def link(many_towns: Path, tmp_path: Path, watch: Watch) -> Link:
    """A fresh link of a platform, in a town of the test's own."""
    copied(many_towns, tmp_path)

    def linked(key: str, granted: tuple[str, ...] = EVERY) -> Linked:
        app = open_app(tmp_path, watch, with_dialects=True)
        world, http = Driver(client=app.test_client()), InProcess()
        http.client = world.client
        platform: Any = available(BASE, dialects=True)[key]
        ours = platform.app(f"linkkeeper-{key}", SECRET, {})
        back = f"http://127.0.0.1:8000/link/back/{key}"
        start = platform.start(ours, redirect_uri=back, state="s", typed={}, choose_person=False)
        code = _code(world, start.url, key, granted)
        talk = platform.finish(
            http, ours, code=code, verifier=start.verifier, redirect_uri=back, now=watch.at
        )
        return Linked(world, watch, key, platform, ours, http, http.run(talk))

    return linked


def _code(world: Driver, start_url: str, key: str, granted: tuple[str, ...]) -> str:
    world.log_in()
    parts = urlsplit(start_url)
    fields = {name: values[0] for name, values in parse_qs(parts.query).items()}
    page = world.client.get(f"{parts.path}?{parts.query}")
    assert page.status_code == 200, page.text
    ids = [one["id"] for one in world.state()["accounts"] if one["network"] == key]
    chosen = [one for one in ids if f'value="{one}"' in page.text]
    form = {**fields, "decision": "allow", "granted": list(granted), "account": chosen}
    back = world.client.post(parts.path, data=form)
    return parse_qs(urlsplit(back.location).query)["code"][0]


@each
def test_a_fresh_link_works_renews_and_is_worth_nothing_once_removed(link: Link, key: str) -> None:
    linked = link(key)
    found = linked.check()
    assert isinstance(found, Works), found
    assert found.missing == ()
    renewed = linked.refresh()
    assert isinstance(renewed, Refreshed)
    assert isinstance(linked.check(renewed.credential), Works)
    linked.press("remove-app")
    assert isinstance(linked.check(), NeedsRefresh)
    assert isinstance(linked.refresh(), RefreshRefused)


@each
def test_our_registration_is_known_and_a_wrong_secret_is_ours(link: Link, key: str) -> None:
    linked = link(key)
    assert linked.ask(linked.platform.test_app(linked.http, linked.app))[0] is AppTest.WORKS
    wrong = replace(linked.app, client_secret="wrong")
    assert linked.ask(linked.platform.test_app(linked.http, wrong))[0] is AppTest.REFUSED
    assert linked.refresh(client_secret="wrong").app_problem


@each
def test_an_old_access_token_is_renewed(link: Link, key: str) -> None:
    linked = link(key)
    linked.watch.at += timedelta(days=31)
    assert isinstance(linked.check(), NeedsRefresh)
    assert isinstance(linked.refresh(), Refreshed)


@pytest.mark.parametrize(
    ("key", "action", "missing"),
    [
        ("youtube", "take-role", "channels.list"),
        ("google_business", "take-role", "PERMISSION_DENIED"),
        ("google_business", "delete", "NOT_FOUND"),
        ("pinterest", "take-role", "29"),
    ],
)
def test_a_lost_role_is_missing_and_no_dead_link(
    link: Link, key: str, action: str, missing: str
) -> None:
    linked = link(key)
    linked.press(action)
    found = linked.check()
    assert isinstance(found, Works)
    assert {item.what for item in found.missing} == {missing}


@pytest.mark.parametrize(
    ("key", "action", "cause"),
    [
        ("youtube", "suspend", Cause.ACCOUNT_SUSPENDED),
        ("youtube", "deactivate", Cause.ACCOUNT_GONE),
        ("tiktok", "suspend", Cause.ACCOUNT_SUSPENDED),
        ("x", "suspend", Cause.ACCOUNT_SUSPENDED),
        ("x", "ask-security-check", Cause.SHUT_OUT),
        ("x", "deactivate", Cause.SHUT_OUT),
        ("pinterest", "suspend", Cause.ACCOUNT_SUSPENDED),
        ("pinterest", "ask-security-check", Cause.SECURITY_CHECK),
    ],
)
def test_a_closed_account_is_blocked(link: Link, key: str, action: str, cause: Cause) -> None:
    linked = link(key)
    linked.press(action)
    found = linked.check()
    assert isinstance(found, Blocked)
    assert found.cause is cause


@pytest.mark.parametrize(("kind", "cause"), [("429", Cause.RATE_LIMITED), ("503", None)])
@each
def test_limits_and_outages_accuse_nobody(
    link: Link, key: str, kind: str, cause: Cause | None
) -> None:
    linked = link(key)
    linked.world.disturb(kind, calls="all", seconds="120")
    found = linked.check()
    assert isinstance(found, NoAnswer)
    assert found.cause is (cause or Cause.PLATFORM_DOWN)


def test_what_was_unticked_is_named(link: Link) -> None:
    for key, granted, missing in (
        ("youtube", ("posts:read",), "youtube.force-ssl"),
        ("tiktok", ("posts:read",), "video.publish"),
    ):
        found = link(key, granted).check()
        assert [item.what.rpartition("/")[2] for item in found.missing] == [missing]


@each
def test_posts_and_mentions_are_read_page_by_page_to_the_end(link: Link, key: str) -> None:
    linked = link(key)
    linked.press("post", text="Fresh bread today")
    credential, identity = linked.granted.credential, linked.identity
    texts, cursor, pages = [], "", 0
    while pages < 30:
        talk = linked.platform.posts(linked.http, credential, identity, cursor=cursor)
        found, cursor = linked.ask(talk)
        texts += [post.text for post in found]
        pages += 1
        if not cursor:
            break
    assert not cursor
    assert "Fresh bread today" in texts[0]
    assert len(texts) > 1
    if isinstance(linked.platform, ListsMentions):
        linked.press("mention", text="Lovely bread")
        talk = linked.platform.mentions(linked.http, linked.app, credential, identity, cursor="")
        assert "Lovely bread" in linked.ask(talk)[0][0].text


@pytest.mark.parametrize("key", ["google_business", "tiktok", "pinterest", "x"])
def test_a_post_goes_out_once_and_is_listed(link: Link, key: str) -> None:
    linked = link(key)
    assert isinstance(linked.platform, Publishes)
    post = Outgoing(
        key="k",
        text="Written in Linkkeeper",
        at=linked.watch.at,
        picture=PICTURE,
        title="Bread",
        target="our board",
    )
    credential, identity = linked.granted.credential, linked.identity
    talk = linked.platform.publish(linked.http, linked.app, credential, identity, post)
    assert isinstance(linked.ask(talk), Published)
    listed = linked.platform.posts(linked.http, credential, identity, cursor="")
    assert "Written in Linkkeeper" in linked.ask(listed)[0][0].text


@pytest.mark.parametrize("key", ["youtube", "google_business", "tiktok", "x"])
def test_a_permission_given_back_is_over(link: Link, key: str) -> None:
    linked = link(key)
    credential = linked.granted.credential
    linked.ask(linked.platform.revoke(linked.http, linked.app, credential))
    assert isinstance(linked.check(), NeedsRefresh)
    assert isinstance(linked.refresh(), RefreshRefused)


def test_x_refuses_the_same_words_twice_and_that_is_about_the_post(link: Link) -> None:
    linked = link("x")
    post = Outgoing(key="k", text="Fresh bread", at=linked.watch.at, picture=None)
    said = [
        linked.ask(
            linked.platform.publish(
                linked.http, linked.app, linked.granted.credential, linked.identity, post
            )
        )
        for _ in range(2)
    ]
    assert isinstance(said[0], Published)
    assert isinstance(said[1], NotPublished)
    assert said[1].about_the_post


def test_x_refuses_a_refresh_token_the_second_time_and_ends_the_permission(link: Link) -> None:
    linked = link("x")
    renewed = linked.refresh()
    assert isinstance(renewed, Refreshed)
    assert isinstance(linked.refresh(), RefreshRefused)
    assert isinstance(linked.check(renewed.credential), NeedsRefresh)


def test_x_lists_page_after_page_and_nothing_twice(link: Link) -> None:
    linked = link("x")
    for number in range(101):
        linked.press("post", text=f"Bread number {number}")
    credential, identity = linked.granted.credential, linked.identity
    talk = linked.platform.posts(linked.http, credential, identity, cursor="")
    first, cursor = linked.ask(talk)
    talk = linked.platform.posts(linked.http, credential, identity, cursor=cursor)
    second, _ = linked.ask(talk)
    assert len(first) == 100
    assert second
    assert not {post.remote_id for post in first} & {post.remote_id for post in second}


def test_x_tells_nothing_about_an_account_that_was_not_linked(link: Link) -> None:
    linked = link("x")
    other = next(
        one["id"] for one in linked.world.state()["accounts"] if one["handle"] == "x_fcwaterhoven"
    )
    somebody = replace(linked.identity, remote_id=other)
    talk = linked.platform.posts(linked.http, linked.granted.credential, somebody, cursor="")
    with pytest.raises(PlatformError):
        linked.ask(talk)
