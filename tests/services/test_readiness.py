"""Each thing that must work is broken in turn, and named; nothing that hangs delays the answer."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.adapters.letter import Letter
from dashboard.adapters.smtp import Sent
from dashboard.db.engine import Database
from dashboard.db.tables import DeliveryRow, NoticeRow
from dashboard.domain.states import LinkState
from dashboard.services import heartbeats
from dashboard.services.ports import Tools
from dashboard.services.readiness import Readiness, account_states, checks_of
from tests.factories import make_account, make_role, make_user
from tests.fakes import FrozenClock


class Letters:
    def send(self, letter: Letter) -> Sent:
        return Sent()


@pytest.fixture
def working(tools: Tools) -> Tools:
    """A worker and a scheduler have just done something."""
    heartbeats.beat(tools, "w", heartbeats.WORKER)
    heartbeats.beat(tools, "s", heartbeats.SCHEDULER)
    return tools


def failing(tools: Tools, *, queue: bool = True) -> tuple[str, ...]:
    return Readiness(checks_of(tools, lambda: queue)).failing()


def make_waiting_mail(tools: Tools) -> None:
    role_id = make_role(tools.database)
    user_id = make_user(tools.database, role_id=role_id)
    with tools.database.writing() as unit:
        notice = NoticeRow(kind="link_broken", at=tools.now())
        unit.add(notice)
        unit.flush()
        unit.add(
            DeliveryRow(
                notice_id=notice.id,
                user_id=user_id,
                message_id="<m@x>",
                created_at=tools.now(),
                due_at=tools.now(),
            )
        )


def test_all_is_well(working: Tools) -> None:
    assert failing(working) == ()


def test_without_a_sign_of_life_workers_and_scheduler_are_missed(
    working: Tools, clock: FrozenClock
) -> None:
    """R51: the web part is up, and yet nothing gets done."""
    clock.advance(seconds=44)
    assert failing(working) == ()

    clock.advance(seconds=20)
    assert failing(working) == ("worker", "scheduler")


def test_a_queue_that_does_not_answer_is_named(working: Tools) -> None:
    assert failing(working, queue=False) == ("queue",)


def test_a_database_that_cannot_write_is_named(working: Tools, tmp_path: Path) -> None:
    nowhere = replace(working, database=Database(f"sqlite:///{tmp_path}/no/folder/x.sqlite3"))

    assert "database" in failing(nowhere)


def test_a_database_that_was_not_migrated_is_named(working: Tools, tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path}/new.sqlite3")
    found = failing(replace(working, database=empty))
    empty.close()

    assert "migrations" in found


def test_a_mail_that_waits_too_long_is_noticed(working: Tools, clock: FrozenClock) -> None:
    tools = replace(working, mailer=Letters())
    make_waiting_mail(tools)
    assert "outbox" not in failing(tools)

    clock.advance(minutes=16)
    assert "outbox" in failing(tools)


def test_mails_that_are_kept_on_purpose_are_no_trouble(working: Tools, clock: FrozenClock) -> None:
    make_waiting_mail(working)
    clock.advance(minutes=16)

    assert "outbox" not in failing(working)


def test_a_check_that_hangs_counts_as_failing_within_a_second() -> None:
    """R50, and it is not started again while it hangs."""
    let_go = threading.Event()
    begun: list[int] = []

    def hang() -> bool:
        begun.append(1)
        return let_go.wait(30)

    readiness = Readiness({"stuck": hang, "fine": lambda: True})
    began = time.monotonic()
    assert readiness.failing() == ("stuck",)
    assert time.monotonic() - began < 1

    readiness._asked_at = float("-inf")
    assert readiness.failing() == ("stuck",)
    assert len(begun) == 1

    let_go.set()
    readiness._asked_at = float("-inf")
    readiness._running["stuck"].join()
    assert readiness.failing() == ()


def test_asking_often_costs_nothing() -> None:
    asked: list[int] = []
    readiness = Readiness({"counted": lambda: not asked.append(1)})  # type: ignore[func-returns-value]
    for _ in range(50):
        readiness.failing()

    assert len(asked) == 1


def test_accounts_are_counted_by_state_without_removed_ones(tools: Tools) -> None:
    for state in ("healthy", "healthy", "expired"):
        make_account(tools.database, state=state)

    counts = account_states(tools)

    assert counts[LinkState.HEALTHY] == 2
    assert counts[LinkState.EXPIRED] == 1
    assert counts[LinkState.BLOCKED] == 0
