"""A signed-in browser is recognised until it is ended, idle or too old (R3, R4)."""

import time

import pytest
from sqlmodel import col, select, update

from dashboard.db.sessions import touch
from dashboard.db.tables import RoleRow, SessionRow, UserRow
from dashboard.domain.errors import StorageError, StorageTrouble
from dashboard.services.ports import Tools
from dashboard.services.sessions import (
    Place,
    begin,
    forget_ended_sessions,
    keep_awake,
    recognise,
    remember,
)
from tests.factories import make_role, make_user


@pytest.fixture
def anna(tools: Tools):
    return make_user(tools.database, role_id=make_role(tools.database))


@pytest.fixture
def secret(tools: Tools, anna) -> str:
    with tools.database.writing() as unit:
        return begin(tools, unit, anna, Place(ip="192.0.2.7", user_agent="Firefox"))


def test_the_database_holds_only_the_hash(tools: Tools, secret: str) -> None:
    with tools.database.reading() as session:
        row = session.exec(select(SessionRow)).one()
    assert len(secret) >= 43  # 256 bits
    assert secret not in repr(row)


def test_another_secret_is_nobody(tools: Tools, secret: str) -> None:
    assert recognise(tools, secret + "x") is None
    assert recognise(tools, "") is None


def test_an_idle_session_ends(tools: Tools, secret: str, clock) -> None:
    clock.advance(hours=11, minutes=59)
    assert recognise(tools, secret) is not None
    clock.advance(minutes=1)
    assert recognise(tools, secret) is None


def test_a_session_in_use_ends_at_its_last_day(tools: Tools, secret: str, clock) -> None:
    for _ in range(14 * 24 - 1):
        clock.advance(hours=1)
        keep_awake(tools, recognise(tools, secret))
    clock.advance(hours=1)
    assert recognise(tools, secret) is None


def test_clicks_within_a_minute_write_once(tools: Tools, secret: str, clock) -> None:
    clock.advance(seconds=59)
    keep_awake(tools, recognise(tools, secret))
    with tools.database.reading() as session:
        assert session.exec(select(SessionRow)).one().used_at < clock()
    clock.advance(seconds=1)
    keep_awake(tools, recognise(tools, secret))
    with tools.database.reading() as session:
        assert session.exec(select(SessionRow)).one().used_at == clock()
        assert session.exec(select(UserRow)).one().last_seen_at == clock()


def test_a_user_who_is_switched_off_is_nobody_at_once(tools: Tools, anna, secret: str) -> None:
    with tools.database.writing() as unit:
        unit.exec(update(UserRow).where(col(UserRow.id) == anna).values(active=False))
    assert recognise(tools, secret) is None


def test_rights_are_those_of_the_role_now(tools: Tools, secret: str) -> None:
    assert recognise(tools, secret).viewer.may_link
    with tools.database.writing() as unit:
        unit.exec(update(RoleRow).values(rights=[]))
    assert not recognise(tools, secret).viewer.may_link


def test_the_rows_of_ended_sessions_go_and_those_of_others_stay(
    tools: Tools, anna, secret: str, clock
) -> None:
    """R73"""
    clock.advance(hours=6)
    with tools.database.writing() as unit:
        later = begin(tools, unit, anna, Place())
    clock.advance(hours=6)
    forget_ended_sessions(tools)
    with tools.database.reading() as session:
        assert len(session.exec(select(SessionRow)).all()) == 1
    assert recognise(tools, later) is not None


def test_what_it_remembers_comes_back(tools: Tools, secret: str) -> None:
    remember(tools, recognise(tools, secret), {"csrf_token": "t", "said": ["hello"]})
    assert recognise(tools, secret).stored.data == {"csrf_token": "t", "said": ["hello"]}


def test_a_click_does_not_wait_for_others_who_write(tools: Tools, secret: str, clock) -> None:
    """F13: that somebody was here is noted in passing, or with the next click."""
    browser = recognise(tools, secret)
    clock.advance(hours=1)
    with tools.database.writing() as other:
        remember_seen(other, browser)
        began = time.monotonic()
        with pytest.raises(StorageError) as error:
            keep_awake(tools, browser)
        assert error.value.trouble is StorageTrouble.BUSY
        assert time.monotonic() - began < 1
    keep_awake(tools, browser)
    assert recognise(tools, secret).stored.used_at == clock()


def remember_seen(unit, browser) -> None:
    """Hold what the click wants to change."""
    touch(unit, browser.stored.id_hash, browser.stored.used_at)
