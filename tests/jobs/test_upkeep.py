"""Tidying drops what has had its day and nothing else."""

from sqlmodel import select

from dashboard.db.tables import HeartbeatRow
from dashboard.services import heartbeats
from dashboard.services.ports import Tools
from jobs.upkeep import tidy
from tests.fakes import FrozenClock


def test_killed_processes_are_forgotten_after_a_day(tools: Tools, clock: FrozenClock) -> None:
    heartbeats.beat(tools, "old", heartbeats.WORKER)
    clock.advance(hours=25)
    heartbeats.beat(tools, "new", heartbeats.WORKER)

    tidy(tools)

    with tools.database.reading() as session:
        assert session.exec(select(HeartbeatRow.name)).all() == ["new"]
