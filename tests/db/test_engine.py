"""A transaction is all or nothing, on both databases."""

import time
from contextlib import suppress

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import func, select

from dashboard.db.engine import Database
from dashboard.db.migrate import is_current, upgrade
from dashboard.db.tables import RoleRow
from dashboard.domain.errors import StorageError
from tests.factories import make_role
from tests.fakes import START


def test_what_raises_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as unit:
        unit.add(RoleRow(name="half", created_at=START))
        unit.flush()
        _ = 1 / 0
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(RoleRow)).one() == 0


def test_what_waits_for_the_commit_sees_the_commit(database: Database) -> None:
    seen = []
    with database.writing() as unit:
        unit.after_commit(lambda: seen.append(count(database)))
        unit.add(RoleRow(name="whole", created_at=START))
    assert seen == [1]


def test_instants_come_back_aware_and_in_utc(database: Database) -> None:
    make_role(database)
    with database.reading() as session:
        created = session.exec(select(RoleRow)).one().created_at
    assert created.utcoffset() is not None
    assert created.isoformat() == "2026-11-24T10:00:00+00:00"


def test_upgrade_may_run_twice(database: Database) -> None:
    upgrade(database)
    assert is_current(database)


def count(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(RoleRow)).one()


def test_connections_that_the_server_ended_while_they_rested_are_replaced_unnoticed(
    database: Database,
) -> None:
    if database.is_sqlite:
        return  # nobody there could end them
    assert count(database) == 0
    _end_connections(database)
    time.sleep(1.1)  # longer than a connection is trusted without being tried out
    assert count(database) == 0


def test_after_the_server_ended_a_connection_in_use_the_next_transaction_has_a_new_one(
    database: Database,
) -> None:
    if database.is_sqlite:
        return
    assert count(database) == 0
    _end_connections(database)
    with suppress(StorageError):
        count(database)
    assert count(database) == 0


def _end_connections(database: Database) -> None:
    """As a restarted server does, but for the one that says so."""
    other = Database(database.url)
    with other.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    other.close()


def test_r79_an_error_of_the_database_does_not_repeat_what_was_being_stored(
    database: Database,
) -> None:
    with pytest.raises(IntegrityError) as error, database.writing() as unit:
        for _ in range(2):
            unit.add(RoleRow(name="canary-secret", created_at=START))
    assert "canary-secret" not in str(error.value).split("DETAIL")[0]
