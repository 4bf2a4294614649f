"""A database that cannot do its work is told apart from a mistake of ours (R70)."""

import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import OperationalError, ProgrammingError

from dashboard.db.engine import Database
from dashboard.db.tables import RoleRow
from dashboard.domain.errors import StorageError, StorageTrouble
from tests.fakes import START


def test_a_locked_database_is_busy(sqlite_database: Database) -> None:
    blocker = sqlite3.connect(sqlite_database.url.removeprefix("sqlite:///"), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with sqlite_database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    with pytest.raises(StorageError) as caught, sqlite_database.writing():
        pass
    blocker.close()
    assert caught.value.trouble is StorageTrouble.BUSY


def test_a_database_that_may_only_be_read_says_so(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(StorageError) as caught, sqlite_database.writing() as unit:
        unit.add(RoleRow(name="late", created_at=START))
    assert caught.value.trouble is StorageTrouble.READ_ONLY


def test_a_full_disk_is_full(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")
    with pytest.raises(StorageError) as caught, sqlite_database.writing() as unit:
        unit.add_all(RoleRow(name=f"{number}" * 70, created_at=START) for number in range(500))
    assert caught.value.trouble is StorageTrouble.FULL


def test_a_missing_file_or_server_is_away(tmp_path) -> None:
    for url in (
        f"sqlite:///{tmp_path}/nowhere/at/all.sqlite3",
        f"postgresql+psycopg://nobody@/none?host={tmp_path}",
    ):
        database = Database(url)
        with pytest.raises(StorageError) as caught, database.reading() as session:
            session.connection().exec_driver_sql("SELECT 1")
        database.close()
        assert caught.value.trouble is StorageTrouble.AWAY


@pytest.mark.parametrize(
    ("refusal", "trouble"),
    [
        (psycopg.errors.LockNotAvailable, StorageTrouble.BUSY),
        (psycopg.errors.QueryCanceled, StorageTrouble.BUSY),
        (psycopg.errors.ReadOnlySqlTransaction, StorageTrouble.READ_ONLY),
        (psycopg.errors.DiskFull, StorageTrouble.FULL),
        (psycopg.errors.AdminShutdown, StorageTrouble.AWAY),
    ],
)
def test_refusals_of_postgresql_are_told_apart(
    sqlite_database: Database, refusal: type[psycopg.Error], trouble: StorageTrouble
) -> None:
    with pytest.raises(StorageError) as caught, sqlite_database.reading():
        raise OperationalError("SELECT 1", {}, refusal())
    assert caught.value.trouble is trouble


def test_a_mistake_of_ours_stays_one(database: Database) -> None:
    with pytest.raises((OperationalError, ProgrammingError)), database.reading() as session:
        session.connection().exec_driver_sql("SELECT * FROM no_such_table")
