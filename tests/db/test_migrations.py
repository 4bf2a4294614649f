"""The migrations make exactly the tables that the code works with, on both databases (R71)."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from dashboard.db.engine import Database
from dashboard.db.migrate import NewerDatabaseError, is_current, upgrade


def test_the_migrated_schema_is_the_one_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, SQLModel.metadata)
    assert differences == []


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
