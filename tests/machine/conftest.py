"""An empty installation for each story that the machine tells."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dashboard.adapters.pictures import Pictures
from dashboard.db.engine import Database
from dashboard.services.ports import Tools
from dashboard.settings import Settings
from tests.conftest import emptied
from tests.fakes import FrozenClock, GlassSealer, PlainPasswords, RecordingJobs, ScriptedHttp
from tests.machine.driving import Fresh


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """Thousands of commits need not reach a disk here: no machine loses its power."""
    memory = Path("/dev/shm")  # a folder of our own in it
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pace of renewals is real time, and it has tests of its own."""
    monkeypatch.setattr("dashboard.services.refreshing.PER_SECOND", 1_000_000)


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, in_memory: Path) -> Fresh:
    """Makes the empty database of an example."""
    numbers = count()

    def sqlite(stack: ExitStack) -> Database:
        path = in_memory / f"{next(numbers)}.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        database = Database(f"sqlite:///{path}")
        stack.callback(path.unlink)
        stack.callback(database.close)
        return database

    def postgresql(stack: ExitStack) -> Database:
        return stack.enter_context(emptied(request.getfixturevalue("postgres_database")))

    request.getfixturevalue("sqlite_template" if request.param == "sqlite" else "postgres_database")
    return sqlite if request.param == "sqlite" else postgresql


@pytest.fixture
def tools(sqlite_database: Database, settings: Settings, http: ScriptedHttp) -> Tools:
    return Tools(
        settings=settings,
        database=sqlite_database,
        http=http,
        cipher=GlassSealer(),
        passwords=PlainPasswords(),
        pictures=Pictures(),
        jobs=RecordingJobs(),
        now=FrozenClock(),
        platforms={},
    )
