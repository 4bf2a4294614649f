"""The rota in SQL: who has claimed what, and what is due, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import col, select, update

from dashboard.db.engine import Database, UnitOfWork
from dashboard.db.links import (
    claim_due,
    claim_suspects,
    count_due,
    release,
    set_aside,
)
from dashboard.db.tables import LinkRow
from tests.factories import make_account
from tests.fakes import START

T = TypeVar("T")
LEASE = timedelta(seconds=90)


def make_links(database: Database, number: int, **facts: Any) -> list[UUID]:
    for _ in range(number):
        make_account(database, **facts)
    return [row.id for row in rows(database)]


def rows(database: Database) -> list[LinkRow]:
    with database.reading() as session:
        return list(session.exec(select(LinkRow).order_by(col(LinkRow.next_check_at))))


def row(database: Database, link_id: UUID) -> LinkRow:
    with database.reading() as session:
        return session.exec(select(LinkRow).where(LinkRow.id == link_id)).one()


def change(database: Database, **values: Any) -> None:
    with database.writing() as unit:
        unit.execute(update(LinkRow).values(**values))


def claim(
    database: Database, *, now: datetime = START, limit: int = 100, owner: str = "anna"
) -> list[UUID]:
    return database.write(
        lambda unit: claim_due(unit, now=now, limit=limit, owner=owner, lease=LEASE)
    )


def write(database: Database, work: Callable[..., T], *args: Any, **options: Any) -> T:
    def act(unit: UnitOfWork) -> T:
        return work(unit, *args, **options)

    return database.write(act)


def test_only_what_is_due_is_claimed_most_overdue_first(database: Database) -> None:
    make_account(database, next_check_at=START + timedelta(seconds=1))
    make_account(database, next_check_at=None)
    make_account(database, next_check_at=START)
    make_account(database, next_check_at=START - timedelta(hours=1))
    oldest, newer = (
        link.id for link in rows(database) if link.next_check_at and link.next_check_at <= START
    )
    assert claim(database, limit=1) == [oldest]
    assert claim(database) == [newer]
    assert claim(database) == []


def test_a_claim_is_kept_until_it_is_released_or_lapses(database: Database) -> None:
    [link] = make_links(database, 1)
    assert claim(database) == [link]
    assert claim(database, now=START + timedelta(days=1)) == []
    write(database, release, [link], owner="somebody else")
    assert claim(database) == []
    write(database, release, [link], owner="anna")
    assert claim(database) == [link]


def test_two_workers_never_claim_the_same_link(database: Database) -> None:
    make_links(database, 60)

    def work(number: int) -> list[UUID]:
        return claim(database, limit=7, owner=f"worker {number}")

    with ThreadPoolExecutor(8) as pool:
        claimed = [link for batch in pool.map(work, range(12)) for link in batch]
    claimed += claim(database)
    assert len(claimed) == len(set(claimed)) == 60


def test_a_lapsed_claim_is_offered_apart_from_the_rest(database: Database) -> None:
    """R65: whoever had it died."""
    make_links(database, 25)
    claim(database, limit=25)
    later = START + LEASE
    assert claim(database, now=later) == []
    options = {"owner": "bob", "lease": LEASE}
    assert write(database, claim_suspects, now=later - timedelta(seconds=1), **options) == []
    assert len(write(database, claim_suspects, now=later, **options)) == 20
    assert len(write(database, claim_suspects, now=later, **options)) == 5
    assert write(database, claim_suspects, now=later, **options) == []


def test_after_a_second_death_each_suspect_comes_alone_and_the_culprit_is_set_aside(
    database: Database,
) -> None:
    """R65."""
    links = make_links(database, 3)
    now = START
    claim(database)
    found: list[int] = []
    for _ in range(2):
        now += LEASE
        found.append(len(write(database, claim_suspects, now=now, owner="bob", lease=LEASE)))
    assert found == [3, 1]
    now += LEASE
    change(database, lapses=3)
    aside = write(database, set_aside, now=now, until=now + timedelta(days=1))
    assert sorted(aside) == sorted(links)
    assert {link.next_check_at for link in rows(database)} == {now + timedelta(days=1)}
    assert write(database, claim_suspects, now=now, owner="bob", lease=LEASE) == []


def test_what_waits_is_counted_lapsed_claims_among_it(database: Database) -> None:
    with database.reading() as session:
        assert count_due(session, now=START, most=100) == 0
    make_links(database, 3)
    make_account(database, next_check_at=START + timedelta(minutes=4))
    with database.reading() as session:
        assert count_due(session, now=START, most=100) == 3
        assert count_due(session, now=START, most=2) == 2
    claim(database)
    with database.reading() as session:
        assert count_due(session, now=START, most=100) == 0
        assert count_due(session, now=START + LEASE, most=100) == 3


def test_claiming_uses_the_index_of_due_links(sqlite_database: Database) -> None:
    """The cost grows with what is due, not with all links (F52)."""
    statement = (
        "SELECT id FROM links WHERE next_check_at <= '2026' AND claim = '' "
        "ORDER BY next_check_at LIMIT 9"
    )
    with sqlite_database.reading() as session:
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
    assert "ix_links_due (next_check_at<?)" in plan[0][3]
