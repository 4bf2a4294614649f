"""The web application and the people of the tests: every page test says who is asking.

alice may link and publish, on her own accounts only; bob sees others and may do nothing; ada is the
administrator; a stranger is not signed in. They are signed in by real sessions, only faster.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from redis import Redis
from werkzeug.test import TestResponse

from dashboard.adapters.pictures import Pictures
from dashboard.app import create_app
from dashboard.db.engine import Database
from dashboard.db.tables import RoleAccountRow
from dashboard.runtime import Runtime
from dashboard.services.ports import Tools
from dashboard.services.sessions import Place, begin, recognise
from dashboard.settings import Settings
from dashboard.web.current import work_with
from tests.factories import ALL_RIGHTS, make_role, make_user
from tests.fakes import FrozenClock, GlassSealer, PlainPasswords, RecordingJobs, ScriptedHttp

KEY = b"a key for the tests only, 32 bytes"
ORIGIN = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Person:
    """A user of the tests, with the role he has."""

    id: UUID
    role_id: UUID
    name: str
    email: str
    password: str = "correct horse battery"


class Browser:
    """A browser with one person in front of it, or nobody; it sends what real ones send."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, url: str, *, htmx: bool = False, **more):
        return _sound(self.client.get(url, base_url=ORIGIN, headers=self._headers(htmx), **more))

    def post(self, url: str, data: dict | None = None, *, htmx: bool = False, **more):
        """Send a form as our own pages do, with the form token of the session."""
        form = {"csrf_token": self.form_token(), **(data or {})}
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **self._headers(htmx)}
        return _sound(self.client.post(url, base_url=ORIGIN, data=form, headers=headers, **more))

    def form_token(self) -> str:
        """The token as a page of this browser carries it."""
        with self.client.application.test_request_context(base_url=ORIGIN) as context:
            context.session.update(self._session())
            return generate_csrf()

    def _session(self) -> dict:
        with self.client.session_transaction(base_url=ORIGIN) as session:
            if session.secret:
                tools = self.client.application.extensions["linkkeeper"].tools
                found = recognise(tools, session.secret)
                if found is not None:
                    return dict(found.stored.data)
            session.setdefault("csrf_token", "token of a visitor")
            return dict(session)

    @staticmethod
    def _headers(htmx: bool) -> dict[str, str]:
        return {"HX-Request": "true"} if htmx else {}


def _sound(answer: TestResponse) -> TestResponse:
    """No test of a page takes a mistake of ours for an answer."""
    assert answer.status_code != 500, "see the captured log"
    return answer


Build = Callable[..., Flask]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build an application, with other settings where given: `build(trusted_proxies=1)`.

    It takes some time, so build few; `serving` gives it the tools of a test.
    """
    folder = tmp_path_factory.mktemp("app")  # static files are compressed into it once

    def build_one(*, redis: Redis | None = None, **changes) -> Flask:
        settings = replace(Settings.from_env({"LINKKEEPER_DATA_DIR": str(folder)}), **changes)
        tools = Tools(
            settings=settings,
            database=Database(f"sqlite:///{folder}/never-opened.sqlite3"),
            http=ScriptedHttp(),
            cipher=GlassSealer(),
            passwords=PlainPasswords(),
            pictures=Pictures(),
            jobs=RecordingJobs(),
            now=FrozenClock(),
            platforms={},
        )
        return create_app(Runtime(tools=tools, secret_key=KEY, redis=redis))

    return build_one


def serving(app: Flask, tools: Tools) -> Flask:
    """Let `app` work with these tools, its own settings kept; nothing is left of another test."""
    runtime = app.extensions["linkkeeper"]
    settings = replace(runtime.tools.settings, data_dir=tools.settings.data_dir)
    work_with(app, replace(runtime, tools=replace(tools, settings=settings)))
    if runtime.redis is None:
        for limiter in app.extensions["limiter"]:
            limiter.reset()
    return app


@pytest.fixture(scope="session")
def built_app(build: Build) -> Flask:
    """Built once per test process, which compiles each template once."""
    return build()


@pytest.fixture
def app(built_app: Flask, tools: Tools) -> Flask:
    """The application with the tools of this test."""
    return serving(built_app, tools)


@pytest.fixture(scope="session")
def built_apps() -> dict[str, Flask]:
    return {}


@pytest.fixture
def app_with(build: Build, built_apps: dict[str, Flask], tools: Tools) -> Build:
    """The application with other settings: `app_with(trusted_proxies=1)`."""

    def with_settings(**changes) -> Flask:
        key = repr(sorted(changes.items()))
        if key not in built_apps:
            built_apps[key] = build(**changes)
        return serving(built_apps[key], tools)

    return with_settings


@pytest.fixture
def anon(app: Flask) -> Browser:
    """A stranger: nobody is signed in."""
    return Browser(app.test_client())


@pytest.fixture
def client_for(app: Flask, tools: Tools) -> Callable[[Person], Browser]:
    """A browser in which the person is signed in; each call is another browser."""

    def sign_in(person: Person) -> Browser:
        with tools.database.writing() as unit:
            secret = begin(tools, unit, person.id, Place(ip="127.0.0.1", user_agent="a test"))
        client = app.test_client()
        client.set_cookie("linkkeeper", secret, domain="127.0.0.1")
        return Browser(client)

    return sign_in


@pytest.fixture
def alice(database: Database) -> Person:
    """Editor of the accounts that a test gives her with `give_access`."""
    return _person(database, "Alice Smit", "Editor", ["link", "publish"])


@pytest.fixture
def bob(database: Database) -> Person:
    """Has another role than alice, without any right."""
    return _person(database, "Bob de Wit", "Viewer", [])


@pytest.fixture
def ada(database: Database) -> Person:
    """The administrator: all rights, all accounts."""
    return _person(database, "Ada Vermeer", "Administrator", ALL_RIGHTS, all_accounts=True)


@pytest.fixture
def give_access(database: Database) -> Callable[..., None]:
    """Let the role of a person reach these accounts."""

    def give(person: Person, *account_ids: UUID) -> None:
        with database.writing() as unit:
            for account_id in account_ids:
                unit.add(RoleAccountRow(role_id=person.role_id, account_id=account_id))

    return give


def _person(
    database: Database, name: str, role: str, rights: list[str], *, all_accounts: bool = False
) -> Person:
    role_id = make_role(database, name=role, rights=rights, all_accounts=all_accounts)
    email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
    user_id = make_user(database, role_id=role_id, email=email, name=name)
    return Person(id=user_id, role_id=role_id, name=name, email=email)
