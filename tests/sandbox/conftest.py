"""A sandbox with a clock that tests move, a driver for it, and accounts linked through dialects."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.sandbox.app import create_app
from tests.sandbox.driving import Driver, Watch, copied, open_app
from tests.sandbox.linked import Link, Towns, linking


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeded database, built once; every test works on a copy."""
    folder = tmp_path_factory.mktemp("town")
    create_app(folder, seed=True, clock=Watch())
    return folder


@pytest.fixture(scope="session")
def many_towns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `town`, with the accounts that live in the dialects."""
    folder = tmp_path_factory.mktemp("many")
    create_app(folder, seed=True, with_dialects=True, clock=Watch())
    return folder


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory, many_towns: Path) -> Towns:
    """Databases with a link, made once per platform and ticks."""
    return Towns(folder=tmp_path_factory.mktemp("linked"), empty=many_towns)


@pytest.fixture
def link(towns: Towns, tmp_path: Path, watch: Watch) -> Link:
    """A fresh link of a platform, in a town of the test's own."""
    return linking(towns, tmp_path, watch)


@pytest.fixture
def make_app(tmp_path: Path, town: Path, watch: Watch) -> Callable[[], Flask]:
    """Starts the platform on this test's data; called again, it is a restart."""
    copied(town, tmp_path)

    return lambda: open_app(tmp_path, watch)


@pytest.fixture
def app(make_app: Callable[[], Flask]) -> Flask:
    return make_app()


@pytest.fixture
def driver(app: Flask) -> Driver:
    return Driver(client=app.test_client())


@pytest.fixture
def elsewhere(app: Flask) -> FlaskClient:
    """Another browser on the same platform."""
    return app.test_client()
