"""Accounts due for loading are found in SQL, shared out, and done even without a queue."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlmodel import select

from dashboard.db.tables import AccountRow, SyncRow
from dashboard.services.ports import Tools
from jobs.calendar_sync import sync_due
from jobs.process import Process
from jobs.schedule import PERIODIC
from tests.factories import make_account
from tests.fakes import RecordingJobs


@pytest.fixture
def due_account(tools: Tools) -> UUID:
    return make_due(tools)


def make_due(tools: Tools, **facts: str) -> UUID:
    account_id = make_account(tools.database, **facts)
    with tools.database.writing() as unit:
        unit.get(AccountRow, account_id).next_sync_at = tools.now()
    return account_id


def synchronised(tools: Tools) -> set[UUID]:
    with tools.database.reading() as session:
        return {row.account_id for row in session.exec(select(SyncRow)).all()}


def test_each_account_that_is_due_gets_a_hint_of_its_own(
    tools: Tools, jobs: RecordingJobs, due_account: UUID
) -> None:
    make_account(tools.database, remote_id="not due")

    sync_due(tools)

    assert jobs.hints == [("sync_account", str(due_account))]


def test_the_hinted_job_synchronises_that_account(tools: Tools, due_account: UUID) -> None:
    Process(tools).run("sync_account", (str(due_account),))

    assert synchronised(tools) == {due_account}


def test_doing_it_twice_does_it_once(tools: Tools, due_account: UUID) -> None:
    process = Process(tools)
    for _ in range(2):
        process.run("sync_account", (str(due_account),))

    with tools.database.reading() as session:
        assert len(session.exec(select(SyncRow)).all()) == 1


def test_without_a_queue_a_few_are_done_at_each_tick(tools: Tools, jobs: RecordingJobs) -> None:
    jobs.away = True
    made = {make_due(tools, remote_id=f"remote-{number}") for number in range(7)}

    sync_due(tools)
    assert len(synchronised(tools)) == 5
    sync_due(tools)

    assert synchronised(tools) == made


def test_a_process_that_is_asked_to_end_begins_no_other(
    tools: Tools, jobs: RecordingJobs, due_account: UUID
) -> None:
    jobs.away = True
    ending = replace(tools)
    ending.stopping.set()

    sync_due(ending)

    assert synchronised(tools) == set()


def test_a_lost_hint_is_made_good_within_a_minute() -> None:
    assert any(one.job == "sync_due" and one.every.total_seconds() <= 60 for one in PERIODIC)
