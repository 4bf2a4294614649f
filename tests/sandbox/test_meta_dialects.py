"""Linkkeeper's own Facebook, Instagram and Threads, asked through the dialects of the Sandbox.

What a person or Meta does there must be found here in the right words; no answer is made up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from dashboard.domain.capabilities import Capability, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import AppProblem, Blocked, NoAnswer, Refused, Works
from dashboard.domain.errors import PlatformError
from dashboard.domain.publishing import NotPublished, Outgoing, Picture, Published
from dashboard.domain.wire import Answer, Ask
from dashboard.platforms import available
from dashboard.platforms.protocol import AppTest, Granted, Refreshed
from dashboard.sandbox.dialect import SECRET
from tests.fakes import ScriptedHttp
from tests.sandbox.driving import Driver, Watch, copied, open_app

BASE = "http://127.0.0.1:9999"
KEYS = ("facebook", "instagram", "instagram_page", "threads")
PAGES = ("facebook", "instagram_page")
OWN = ("instagram", "threads")
ONE_OF_EACH = ("facebook", "threads")
ALIKE = ("instagram", "instagram_page")
"""Of each log-in one, and those whose dialect is made of the same code."""
EVERY = ("posts:read", "posts:write", "mentions:read", "messages:read")
each = pytest.mark.parametrize("key", KEYS)
PICTURE = Picture(data=b"\xff\xd8\xff", media_type="image/jpeg", url="https://l.example/p/1")


class InProcess(ScriptedHttp):
    """Asks the Sandbox itself, without a network."""

    client: FlaskClient

    async def send(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        parts = urlsplit(ask.url)
        data: Any = ask.form
        if ask.parts:
            data = {part.name: part.data.decode("latin-1") for part in ask.parts}
        said = self.client.open(
            f"{parts.path}?{parts.query}",
            method=ask.method,
            data=data,
            headers=dict(ask.headers),
        )
        headers = {name.lower(): value for name, value in said.headers.items()}
        return Answer(status=said.status_code, headers=headers, body=said.data)


@dataclass
class Linked:
    """One account linked as a person would have done it."""

    world: Driver
    key: str
    platform: Any
    app: Any
    http: InProcess
    granted: Granted

    @property
    def identity(self) -> Any:
        return next(one for one in self.granted.identities if "Bakery" in one.name)

    def check(self, **of_app: str) -> Any:
        app = replace(self.app, **of_app)
        talk = self.platform.check(self.http, app, self.granted.credential, self.identity)
        return self.http.run(talk)

    def press(self, action: str, **fields: str) -> None:
        answer = self.world.press(action, handle=f"{self.key}_bakeryjansen", **fields)
        assert answer.status_code == 200, answer.text

    def publish(self, text: str = "Fresh bread") -> Any:
        post = Outgoing(key="k", text=text, at=self.now, picture=PICTURE)
        talk = self.platform.publish(
            self.http, self.app, self.granted.credential, self.identity, post
        )
        return self.http.run(talk)

    def posts(self) -> list[str]:
        talk = self.platform.posts(self.http, self.granted.credential, self.identity, cursor="")
        return [post.text for post in self.http.run(talk)[0]]

    @property
    def now(self) -> Any:
        return Watch().at


@dataclass
class Towns:
    """See the fixture."""

    folder: Path
    empty: Path
    made: dict[tuple[str, tuple[str, ...]], tuple[Path, Granted]] = field(default_factory=dict)

    def with_link(self, key: str, granted: tuple[str, ...]) -> tuple[Path, Granted]:
        if (key, granted) not in self.made:
            town = self.folder / str(len(self.made))
            town.mkdir()
            given = log_in(world_in(copied(self.empty, town), Watch()), key, granted)
            self.made[key, granted] = (town, given)
        return self.made[key, granted]


def world_in(folder: Path, watch: Watch) -> Driver:
    return Driver(client=open_app(folder, watch, with_dialects=True).test_client())


def asking(world: Driver, key: str) -> tuple[Any, Any, InProcess]:
    platform: Any = available(BASE, dialects=True)[key]
    http = InProcess()
    http.client = world.client
    return platform, platform.app(f"linkkeeper-{key}", SECRET, {}), http


Link = Callable[..., Linked]


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory, many_towns: Path) -> Towns:
    """Databases with a link, made once per platform and ticks."""
    return Towns(folder=tmp_path_factory.mktemp("meta"), empty=many_towns)


@pytest.fixture
def link(towns: Towns, tmp_path: Path, watch: Watch) -> Link:
    """A fresh link of a platform, in a town of its own."""

    def linked(key: str, granted: tuple[str, ...] = EVERY) -> Linked:
        town, given = towns.with_link(key, granted)
        copied(town, tmp_path)
        world = world_in(tmp_path, watch)
        platform, app, http = asking(world, key)
        return Linked(world, key, platform, app, http, given)

    return linked


def code_of(world: Driver, start_url: str, key: str, granted: tuple[str, ...]) -> str:
    """A person logs in, ticks what is in `granted` and all accounts, and comes back."""
    world.log_in()
    parts = urlsplit(start_url)
    fields = {name: values[0] for name, values in parse_qs(parts.query).items()}
    page = world.client.get(f"{parts.path}?{parts.query}")
    assert page.status_code == 200, page.text
    ids = [one["id"] for one in world.state()["accounts"] if one["network"] == key]
    chosen = [one for one in ids if f'value="{one}"' in page.text]
    form = {**fields, "decision": "allow", "granted": list(granted), "account": chosen}
    if key in OWN:
        names = {one["id"]: one["name"] for one in world.state()["accounts"]}
        form["account"] = [one for one in chosen if "Bakery" in names[one]]
    back = world.client.post(parts.path, data=form)
    return parse_qs(urlsplit(back.location).query)["code"][0]


def log_in(world: Driver, key: str, granted: tuple[str, ...]) -> Granted:
    platform, app, http = asking(world, key)
    back = f"http://127.0.0.1:8000/link/back/{key}"
    start = platform.start(app, redirect_uri=back, state="s", typed={}, choose_person=False)
    code = code_of(world, start.url, key, granted)
    talk = platform.finish(
        http, app, code=code, verifier=start.verifier, redirect_uri=back, now=Watch().at
    )
    found: Granted = http.run(talk)
    return found


@each
def test_a_fresh_link_works_with_everything_and_its_journal_holds_no_token(
    link: Link, key: str
) -> None:
    """R32: what was asked is kept there, with what is not."""
    linked = link(key)
    outcome = linked.check()
    assert isinstance(outcome, Works)
    assert not outcome.missing
    assert linked.granted.credential.access not in str(linked.world.state()["requests"])


@pytest.mark.parametrize("key", PAGES)
def test_one_log_in_reaches_several_accounts(link: Link, key: str) -> None:
    assert len(link(key).granted.identities) > 1


DEAD = {
    "end-grant": Cause.TOKEN_RAN_OUT,
    "change-password": Cause.PASSWORD_CHANGED,
    "remove-app": Cause.APP_REMOVED,
    "log-out": Cause.TOKEN_REFUSED,
    "too-many-logins": Cause.TOKEN_REFUSED,
}


@pytest.mark.parametrize(
    ("key", "action"),
    [
        *((key, action) for key in ONE_OF_EACH for action in DEAD),
        *((k, "remove-app") for k in ALIKE),
    ],
)
def test_a_dead_link_is_refused_with_its_cause(link: Link, key: str, action: str) -> None:
    linked = link(key)
    linked.press(action)
    outcome = linked.check()
    assert isinstance(outcome, Refused)
    if key == "threads" and action == "remove-app":
        assert (outcome.cause, outcome.certain) == (Cause.TOKEN_REFUSED, False), "code 100 only"
    else:
        assert (outcome.cause, outcome.certain) == (DEAD[action], True)


@each
def test_a_blocked_account_works_again_when_its_owner_has_acted(link: Link, key: str) -> None:
    linked = link(key)
    for action, undo, cause in (
        ("suspend", "lift", Cause.ACCOUNT_SUSPENDED),
        ("ask-security-check", "confirm-security-check", Cause.SECURITY_CHECK),
    ):
        linked.press(action)
        outcome = linked.check()
        assert isinstance(outcome, Blocked)
        assert outcome.cause is cause
        linked.press(undo)
        assert isinstance(linked.check(), Works)


@each
def test_a_lost_role_is_a_lost_role_and_not_a_dead_link(link: Link, key: str) -> None:
    linked = link(key)
    linked.press("take-role", person="anna")
    outcome = linked.check()
    assert isinstance(outcome, Works)
    assert {item.kind for item in outcome.missing} == {MissingKind.ROLE}
    linked.press("give-role", person="anna")
    assert linked.check().missing == ()


@each
def test_what_was_not_ticked_is_named(link: Link, key: str) -> None:
    linked = link(key, granted=("posts:read", "mentions:read", "messages:read"))
    outcome = linked.check()
    assert isinstance(outcome, Works)
    assert {item.capability for item in outcome.missing} == {Capability.PUBLISH}
    assert isinstance(linked.publish(), NotPublished)


@pytest.mark.parametrize("key", PAGES)
def test_a_permission_that_is_withdrawn_later_is_named(link: Link, key: str) -> None:
    linked = link(key)
    linked.press("withdraw", scope="posts:write")
    assert {item.capability for item in linked.check().missing} == {Capability.PUBLISH}


@pytest.mark.parametrize("key", ONE_OF_EACH)
def test_r36_a_limit_or_an_outage_accuses_nobody(link: Link, key: str) -> None:
    linked = link(key)
    for kind in ("429", "503", "500", "html"):
        linked.world.disturb(kind, calls="all", seconds="120")
        outcome = linked.check()
        assert isinstance(outcome, NoAnswer)
        limited = kind == "429"
        assert outcome.cause is (Cause.RATE_LIMITED if limited else Cause.PLATFORM_DOWN)
        assert outcome.retry_after == (timedelta(seconds=120) if limited else None)


@each
def test_what_is_published_there_is_listed_here(link: Link, key: str) -> None:
    linked = link(key)
    outcome = linked.publish("Rye bread on Friday")
    assert isinstance(outcome, Published)
    assert any("Rye bread on Friday" in text for text in linked.posts())


@each
def test_comments_and_mentions_are_listed(link: Link, key: str) -> None:
    linked = link(key)
    linked.press("mention", text="The best rye of the town")
    talk = linked.platform.mentions(
        linked.http, linked.app, linked.granted.credential, linked.identity, cursor=""
    )
    found, _ = linked.http.run(talk)
    if key != "instagram":  # its own log-in lists comments only
        assert "The best rye of the town" in {one.text for one in found}
    assert found
    assert all(one.author and one.text for one in found)


@pytest.mark.parametrize("key", OWN)
def test_a_token_renews_itself_and_the_renewed_one_works(link: Link, key: str) -> None:
    linked = link(key)
    talk = linked.platform.refresh(
        linked.http, linked.app, linked.granted.credential, now=linked.now
    )
    renewed = linked.http.run(talk)
    assert isinstance(renewed, Refreshed)
    linked.granted = replace(linked.granted, credential=renewed.credential)
    assert isinstance(linked.check(), Works)


@pytest.mark.parametrize("key", PAGES)
def test_giving_back_ends_the_permission_there(link: Link, key: str) -> None:
    linked = link(key)
    linked.http.run(linked.platform.revoke(linked.http, linked.app, linked.granted.credential))
    assert isinstance(linked.check(), Refused)


@pytest.mark.parametrize("key", ["facebook", "instagram_page", "threads"])
def test_a_registration_is_tested_without_a_person(link: Link, key: str) -> None:
    linked = link(key)
    assert linked.http.run(linked.platform.test_app(linked.http, linked.app))[0] is AppTest.WORKS
    wrong = linked.platform.app(f"linkkeeper-{key}", "another secret", {})
    assert linked.http.run(linked.platform.test_app(linked.http, wrong))[0] is AppTest.REFUSED


@each
def test_a_wrong_secret_is_our_problem_and_is_told_at_the_log_in(link: Link, key: str) -> None:
    linked = link(key)
    wrong = linked.platform.app(f"linkkeeper-{key}", "another secret", {})
    talk = linked.platform.finish(
        linked.http, wrong, code="c", verifier="", redirect_uri="r", now=linked.now
    )
    with pytest.raises(PlatformError) as caught:
        linked.http.run(talk)
    assert caught.value.kind == "app_problem"
    assert not isinstance(linked.check(), AppProblem)
