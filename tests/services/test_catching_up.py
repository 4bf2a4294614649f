"""After a restart all are checked again within one interval, without a burst (R76)."""

from collections import Counter
from datetime import timedelta
from typing import Any

from sqlmodel import col, select, update

from dashboard.db.engine import Database
from dashboard.db.tables import LinkRow
from dashboard.services.catching_up import spread_overdue
from dashboard.services.ports import Tools
from tests.factories import make_account
from tests.fakes import START, FrozenClock
from tests.services.test_checking import make_many

EVERY = timedelta(minutes=10)


def rows(database: Database) -> list[LinkRow]:
    with database.reading() as session:
        return list(session.exec(select(LinkRow).order_by(col(LinkRow.next_check_at))))


def change_all(database: Database, **values: Any) -> None:
    with database.writing() as unit:
        unit.execute(update(LinkRow).values(**values))


def test_what_was_missed_is_spread_over_one_interval(tools: Tools, clock: FrozenClock) -> None:
    make_many(tools.database, 700)
    now = clock.advance(hours=12)
    assert spread_overdue(tools) == 650
    places = [row.next_check_at for row in rows(tools.database)]
    assert places.count(START) == 50
    spread = [place for place in places if place != START]
    assert all(now <= place < now + EVERY for place in spread)
    tenths = Counter((place - now) // (EVERY / 10) for place in spread)
    assert max(tenths.values()) < 110


def test_nothing_is_moved_twice(tools: Tools, clock: FrozenClock) -> None:
    """Several schedulers may start at once."""
    make_many(tools.database, 100)
    clock.advance(hours=12)
    assert spread_overdue(tools) == 50
    assert spread_overdue(tools) == 0


def test_what_is_merely_due_stays_due(tools: Tools, clock: FrozenClock) -> None:
    make_many(tools.database, 100)
    clock.advance(seconds=59)
    assert spread_overdue(tools) == 0


def test_a_small_team_sees_everything_checked_at_once(tools: Tools, clock: FrozenClock) -> None:
    make_many(tools.database, 50)
    clock.advance(hours=12)
    assert spread_overdue(tools) == 0


def test_links_in_trouble_are_not_kept_waiting(tools: Tools, clock: FrozenClock) -> None:
    make_many(tools.database, 60)
    for state in ("expired", "blocked", "unreachable", "new"):
        make_account(tools.database, state=state, next_check_at=START + timedelta(seconds=1))
    clock.advance(hours=12)
    assert spread_overdue(tools) == 10
    waiting = [row.state for row in rows(tools.database) if row.next_check_at > START + EVERY]
    assert set(waiting) == {"healthy"}
    change_all(tools.database, next_check_at=START, misses=1)
    assert spread_overdue(tools) == 0
    change_all(tools.database, misses=0, awaited=True)
    assert spread_overdue(tools) == 0


def test_paused_links_stay_out_and_claimed_ones_where_they_are(
    tools: Tools, clock: FrozenClock
) -> None:
    make_many(tools.database, 60)
    clock.advance(hours=12)
    change_all(tools.database, claim="somebody", claimed_until=clock())
    assert spread_overdue(tools) == 0
    change_all(tools.database, claim="", claimed_until=None, next_check_at=None)
    assert spread_overdue(tools) == 0
