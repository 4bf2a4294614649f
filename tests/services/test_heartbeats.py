"""Signs of life: one row a process, the newest counts, a calm end is not missed."""

from sqlmodel import select

from dashboard.db import heartbeats as rows
from dashboard.db.tables import HeartbeatRow
from dashboard.services.heartbeats import SCHEDULER, WORKER, beat, say_goodbye
from dashboard.services.ports import Tools
from tests.fakes import FrozenClock


def test_the_newest_sign_of_life_of_each_kind_counts(tools: Tools, clock: FrozenClock) -> None:
    beat(tools, "worker 1", WORKER)
    beat(tools, "scheduler 1", SCHEDULER)
    first = clock()
    later = clock.advance(seconds=10)
    beat(tools, "worker 2", WORKER)

    with tools.database.reading() as session:
        assert rows.latest(session) == {WORKER: later, SCHEDULER: first}


def test_a_process_has_one_row(tools: Tools, clock: FrozenClock) -> None:
    for _ in range(3):
        clock.advance(seconds=10)
        beat(tools, "worker 1", WORKER)

    with tools.database.reading() as session:
        row = session.exec(select(HeartbeatRow)).one()
    assert row.at == clock()


def test_a_process_that_ends_in_peace_is_forgotten(tools: Tools) -> None:
    beat(tools, "worker 1", WORKER)
    say_goodbye(tools, "worker 1")

    with tools.database.reading() as session:
        assert rows.latest(session) == {}
