"""The counter behind the live fragments never goes back and never skips a change."""

import pytest

from dashboard.db.counters import raise_counter, read_counter
from dashboard.db.engine import Database


def test_a_counter_starts_at_nought_and_grows_by_one(database: Database) -> None:
    with database.reading() as session:
        assert read_counter(session) == 0
    values = []
    for _ in range(3):
        with database.writing() as unit:
            values.append(raise_counter(unit))
    assert values == [1, 2, 3]


def test_a_change_that_was_rolled_back_was_never_counted(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as unit:
        raise_counter(unit)
        _ = 1 / 0
    with database.reading() as session:
        assert read_counter(session) == 0
