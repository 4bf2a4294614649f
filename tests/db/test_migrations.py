"""The migrations make exactly the tables that the code works with, on both databases (R71)."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlmodel import SQLModel

from dashboard.db import migrate
from dashboard.db.engine import Database
from dashboard.db.migrate import NewerDatabaseError, is_current, upgrade


# Neither can read back an index on an expression from SQLite: the next test does.
@pytest.mark.filterwarnings(
    "ignore:Skipped unsupported reflection of expression-based index",
    "ignore:autogenerate skipping metadata-specified expression-based index",
)
def test_the_migrated_schema_is_the_one_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, SQLModel.metadata)
    assert differences == []


def test_the_migrated_indexes_are_those_of_the_code(database: Database) -> None:
    names = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    if not database.is_sqlite:
        names = "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'ix%%'"
    with database.engine.connect() as connection:
        migrated = set(connection.exec_driver_sql(names).scalars())
    ours = {index.name for table in SQLModel.metadata.tables.values() for index in table.indexes}
    assert {name for name in migrated if name.startswith("ix")} == {
        name for name in ours if str(name).startswith("ix")
    }


def test_a_database_of_a_newer_version_is_refused_untouched(database: Database) -> None:
    with database.engine.begin() as connection:
        of_this_code = connection.exec_driver_sql(
            "SELECT version_num FROM alembic_version"
        ).scalar()
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    try:
        assert not is_current(database)
        with pytest.raises(NewerDatabaseError):
            upgrade(database)
    finally:
        with database.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{of_this_code}'")


def test_publications_and_their_pictures_outlive_the_change_of_their_table(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'older.sqlite3'}")
    config = migrate._config(database)
    command.upgrade(config, "0004")
    one = "'00000000000000000000000000000001'"
    at = "'2026-11-24T10:00:00+00:00'"
    with database.engine.begin() as connection:
        for table, values in (
            ("accounts", {"id": one, "platform": "'x'", "created_at": at}),
            ("publications", {"id": one, "account_id": one, "at": at, "text": "'Apple pie'"}),
            ("pictures", {"publication_id": one, "data": "x'00'"}),
        ):
            _insert(connection, table, values)
    upgrade(database)
    with database.engine.connect() as connection:
        kept = [
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            for table in ("publications", "pictures")
        ]
    database.close()
    assert kept == [1, 1]


def _insert(connection: Connection, table: str, values: dict[str, str]) -> None:
    """A row of an older schema: what is wanted and not given is empty."""
    for _, name, kind, wanted, default, _ in connection.exec_driver_sql(
        f"PRAGMA table_info({table})"
    ).all():
        if wanted and default is None:
            values.setdefault(name, "''" if "CHAR" in kind or "TEXT" in kind else "0")
    columns = ", ".join(f'"{name}"' for name in values)
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({columns}) VALUES ({', '.join(values.values())})"
    )
