"""A single-use link is used once, whoever asks and however often (R2, R8)."""

from datetime import timedelta

import pytest

from dashboard.db.engine import Database
from dashboard.db.one_time import OneTime, Purpose, add_one_time, find_one_time, use_one_time
from tests.fakes import START

LINK = OneTime(
    token_hash="a" * 64,
    purpose=Purpose.SET_UP,
    user_id=None,
    bound_to="",
    created_at=START,
    expires_at=START + timedelta(hours=1),
)


def test_the_second_use_fails(database: Database) -> None:
    with database.writing() as unit:
        add_one_time(unit, LINK)
    uses = []
    for _ in range(2):
        with database.writing() as unit:
            uses.append(use_one_time(unit, LINK.token_hash, now=START))
    assert uses == [True, False]
    with database.reading() as session:
        assert find_one_time(session, LINK.token_hash, now=START) is None


def test_a_use_that_is_rolled_back_does_not_count(database: Database) -> None:
    with database.writing() as unit:
        add_one_time(unit, LINK)
    with pytest.raises(ZeroDivisionError), database.writing() as unit:
        use_one_time(unit, LINK.token_hash, now=START)
        raise ZeroDivisionError
    with database.writing() as unit:
        assert use_one_time(unit, LINK.token_hash, now=START)


def test_it_cannot_be_used_after_its_time(database: Database) -> None:
    with database.writing() as unit:
        add_one_time(unit, LINK)
        assert not use_one_time(unit, LINK.token_hash, now=LINK.expires_at)
