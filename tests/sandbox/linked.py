"""An account linked through a dialect as a person would have done it, and Linkkeeper asking there.

The log-in is made once per platform and ticks; every test works on a copy of that town.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient

from dashboard.domain.publishing import Outgoing, Picture
from dashboard.domain.wire import Answer, Ask, Part
from dashboard.platforms import available
from dashboard.platforms.protocol import Granted
from dashboard.sandbox.dialect import SECRET
from tests.fakes import ScriptedHttp
from tests.sandbox.driving import Driver, Watch, copied, open_app

BASE = "http://127.0.0.1:9999"
EVERY = ("posts:read", "posts:write", "mentions:read", "messages:read")
PICTURE = Picture(data=b"\xff\xd8\xff", media_type="image/jpeg", url="https://l.example/p/1")


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
    """Questions of Linkkeeper about one linked account, and buttons of the Sandbox."""

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

    def posts(self, cursor: str = "", identity: Any = None) -> Any:
        of = identity or self.identity
        talk = self.platform.posts(self.http, self.granted.credential, of, cursor=cursor)
        return self.ask(talk)

    def publish(self, text: str = "Written in Linkkeeper", **more: Any) -> Any:
        asked = {"picture": PICTURE, "title": "Bread", "target": "our board", **more}
        post = Outgoing(key="k", text=text, at=self.watch.at, **asked)
        credential = self.granted.credential
        talk = self.platform.publish(self.http, self.app, credential, self.identity, post)
        return self.ask(talk)

    def press(self, action: str, **fields: str) -> None:
        answer = self.world.press(action, handle=f"{self.key}_bakeryjansen", **fields)
        assert answer.status_code == 200, answer.text


Link = Callable[..., Linked]


@dataclass
class Towns:
    """Databases in which the log-in has happened."""

    folder: Path
    empty: Path
    made: dict[tuple[str, tuple[str, ...]], tuple[Path, Granted]] = field(default_factory=dict)

    def with_link(self, key: str, granted: tuple[str, ...]) -> tuple[Path, Granted]:
        if (key, granted) not in self.made:
            town = self.folder / str(len(list(self.folder.iterdir())))
            town.mkdir()
            world = world_in(copied(self.empty, town), Watch())
            self.made[key, granted] = (town, log_in(world, key, granted))
        return self.made[key, granted]


def world_in(folder: Path, watch: Watch) -> Driver:
    return Driver(client=open_app(folder, watch, with_dialects=True).test_client())


def asking(world: Driver, key: str) -> tuple[Any, Any, InProcess]:
    """The platform through its dialect, its registration, and the way to ask."""
    platform: Any = available(BASE, dialects=True)[key]
    http = InProcess()
    http.client = world.client
    return platform, platform.app(f"linkkeeper-{key}", SECRET, {}), http


def log_in(world: Driver, key: str, granted: tuple[str, ...]) -> Granted:
    """A person logs in, ticks what is in `granted` and all accounts, and comes back."""
    platform, app, http = asking(world, key)
    back = f"http://127.0.0.1:8000/link/back/{key}"
    start = platform.start(app, redirect_uri=back, state="s", typed={}, choose_person=False)
    code = _code(world, start.url, key, granted)
    talk = platform.finish(
        http, app, code=code, verifier=start.verifier, redirect_uri=back, now=Watch().at
    )
    found: Granted = http.run(talk)
    return found


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


def linking(towns: Towns, folder: Path, watch: Watch) -> Link:
    """Makes fresh links, each in `folder` as if nothing had happened before."""

    def linked(key: str, granted: tuple[str, ...] = EVERY) -> Linked:
        town, given = towns.with_link(key, granted)
        (folder / "sandbox.sqlite3").unlink(missing_ok=True)
        world = world_in(copied(town, folder), watch)
        platform, app, http = asking(world, key)
        return Linked(world, watch, key, platform, app, http, given)

    return linked
