"""The jobs that check links are due by themselves, do their part, and go on when there is more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.db.tables import EventRow, GrantRow, LinkRow
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Evidence, Refused
from dashboard.services import checking
from dashboard.services.ports import Tools
from jobs.process import Process
from jobs.schedule import PERIODIC, Ticker
from tests.factories import FakePlatform, make_account
from tests.fakes import START, RecordingJobs
from tests.rotating import Endpoint, RotatingPlatform
from tests.services.happenings import rows


def test_a_due_link_is_found_by_the_schedule_and_its_trouble_becomes_an_event(
    tools: Tools, jobs: RecordingJobs
) -> None:
    fake = tools.platforms["fake"]
    assert isinstance(fake, FakePlatform)
    make_account(tools.database, remote_id="one")
    fake.outcomes["one"] = Refused(cause=Cause.LOGGED_OUT, evidence=Evidence(call="read"))
    only = tuple(periodic for periodic in PERIODIC if periodic.job == "check_due")
    Ticker(tools, jobs.hint, only).tick()
    assert jobs.hints == [("check_due",)]
    Process(tools).run("check_due")
    assert [event.data["new"] for event in rows(tools, EventRow)] == ["expired"]
    jobs.hints.clear()
    Ticker(tools, jobs.hint, only).tick()
    assert jobs.hints == []


def test_a_run_that_leaves_something_asks_for_the_next(
    tools: Tools, jobs: RecordingJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_UNDER_WAY", 4)
    monkeypatch.setattr(checking, "_CLAIM_FOR", 0.0)
    for _ in range(6):
        make_account(tools.database)
    Process(tools).run("check_due")
    assert jobs.hints == [("check_due",)]
    jobs.hints.clear()
    Process(tools).run("check_due")
    assert jobs.hints == []
    assert all(link.checked_at == START for link in rows(tools, LinkRow))


def test_permissions_that_are_due_are_renewed(tools: Tools, tmp_path) -> None:
    endpoint = Endpoint(tmp_path / "endpoint.sqlite3")
    make_account(tools.database)
    with tools.database.writing() as unit:
        grant = rows(tools, GrantRow)[0]
        sealed = f"grants|{grant.id}|credential|".encode() + b'{"access": "a1", "refresh": "r1"}'
        grant.credential, grant.refresh_due_at = sealed, START
        unit.merge(grant)
    Process(replace(tools, platforms={"fake": RotatingPlatform(endpoint)})).run("refresh_due")
    assert endpoint.log() == [("r1", "ok")]


def test_what_is_due_is_looked_for_within_seconds() -> None:
    every = {periodic.job: periodic.every for periodic in PERIODIC}
    assert every["check_due"] <= timedelta(seconds=5)
    assert every["refresh_due"] <= timedelta(minutes=1)
