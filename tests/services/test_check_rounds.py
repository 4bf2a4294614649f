"""A round of checks holds on to what it asks, hands back what it does not, and starves nobody."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import update

from dashboard.db.tables import GrantRow, LinkRow
from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, Evidence, Refused, Works
from dashboard.services import checking
from dashboard.services.check_batches import LEASE
from dashboard.services.checking import check_due
from dashboard.services.ports import Tools
from dashboard.services.refreshing import refresh_due
from tests.factories import FakePlatform, make_account
from tests.fakes import START, FrozenClock, RecordingJobs
from tests.rotating import INVALID_GRANT, Endpoint, RotatingPlatform
from tests.services.test_checking import grant_of, link_of, links, make_many, make_worn


class Slow(FakePlatform):
    """Does not answer until it is told to; acts when it is first asked."""

    def __init__(self, act: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.go = threading.Event()
        self.cut_off = 0
        self._act = act

    async def check(self, *args: Any, **options: Any) -> CheckOutcome:
        self._act()
        try:
            await asyncio.to_thread(self.go.wait, 20)
        except asyncio.CancelledError:
            self.cut_off += 1
            self.go.set()
            raise
        return await super().check(*args, **options)


def test_what_is_asked_about_for_long_stays_claimed(
    tools: Tools, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else another worker would ask the same once the claim has lapsed."""
    monkeypatch.setattr(checking, "_HOLD_EVERY", 0.0)
    asked = threading.Event()
    slow = Slow(act=asked.set)
    account = make_account(tools.database)
    worker = threading.Thread(
        target=check_due, args=(replace(tools, platforms={"fake": slow}),), daemon=True
    )
    worker.start()
    assert asked.wait(20)
    clock.advance(seconds=40)
    for _ in range(100):
        if link_of(tools.database, account).claimed_until == clock() + LEASE:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the claim was not held on to")
    slow.go.set()
    worker.join(20)
    assert link_of(tools.database, account).claim == ""


def test_a_lost_link_is_stored_while_others_are_still_asked(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody is to be told; what works waits for more."""
    monkeypatch.setattr(checking, "_STORE_EVERY", 60.0)
    lost, slow = make_account(tools.database, remote_id="lost"), Slow()
    make_account(tools.database, remote_id="slow")

    class OneIsLost(FakePlatform):
        async def check(self, http: Any, app: Any, credential: Any, identity: Any) -> CheckOutcome:
            if identity.remote_id == "lost":
                return Refused(cause=Cause.PASSWORD_CHANGED, evidence=Evidence(call="ask"))
            return await slow.check(http, app, credential, identity)

    worker = threading.Thread(
        target=check_due, args=(replace(tools, platforms={"fake": OneIsLost()}),), daemon=True
    )
    worker.start()
    for _ in range(100):
        if link_of(tools.database, lost).state == "expired":
            break
        time.sleep(0.05)
    else:
        pytest.fail("it was not stored")
    slow.go.set()
    worker.join(20)


def test_a_process_that_is_to_stop_cuts_off_slow_reads_and_gives_them_back(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R66: it ends in seconds, and the link is due as before."""
    monkeypatch.setattr(checking, "_END_WITHIN", 0.05)
    account = make_account(tools.database)
    slow = Slow(act=tools.stopping.set)
    assert check_due(replace(tools, platforms={"fake": slow})) == 0
    row = link_of(tools.database, account)
    assert (row.claim, row.next_check_at, row.version, row.state) == ("", START, 1, "healthy")
    assert slow.cut_off == 1


def test_a_renewal_that_was_sent_is_not_cut_off_with_its_check(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R34, R66."""
    monkeypatch.setattr(checking, "_END_WITHIN", 0.05)

    class Stopping(RotatingPlatform):
        async def refresh(self, *args: Any, **options: Any) -> Any:
            tools.stopping.set()
            return await super().refresh(*args, **options)

    endpoint = Endpoint(tmp_path / "endpoint.sqlite3", delay=1.0)
    [account] = make_worn(tools.database)
    check_due(replace(tools, platforms={"fake": Stopping(endpoint)}))
    assert grant_of(tools.database, account).generation == 2
    assert link_of(tools.database, account).claim == ""


def test_links_whose_worker_died_are_checked_although_others_keep_coming(
    tools: Tools, clock: FrozenClock
) -> None:
    lapsed = make_account(tools.database, remote_id="lapsed")
    with tools.database.writing() as unit:
        unit.execute(update(LinkRow).values(claim="dead", claimed_until=START))
    clock.advance(seconds=1)

    class NeverDone(FakePlatform):
        """Each check that is made leaves another one due, up to forty."""

        async def check(self, *args: Any, **options: Any) -> CheckOutcome:
            if len(self.checked) < 40:
                await asyncio.to_thread(make_account, tools.database)
            return await super().check(*args, **options)

    make_many(tools.database, 3)
    platform = NeverDone()
    check_due(replace(tools, platforms={"fake": platform}))
    assert "lapsed" in platform.checked[:10]
    row = link_of(tools.database, lapsed)
    assert (row.claim, row.lapses) == ("", 0)


def test_a_refused_renewal_is_told_while_the_link_still_works(
    tools: Tools, jobs: RecordingJobs, clock: FrozenClock, tmp_path: Path
) -> None:
    """R37: a person is warned before the end, and the date is the one that counts."""
    endpoint = Endpoint(tmp_path / "endpoint.sqlite3")
    endpoint.plan(INVALID_GRANT)
    tools = replace(tools, platforms={"fake": RotatingPlatform(endpoint)})
    ends = START + timedelta(minutes=25)
    [account] = make_worn(tools.database, ends=f'"{ends.isoformat()}"', access="a1")
    with tools.database.writing() as unit:
        unit.execute(update(LinkRow).values(next_check_at=START + timedelta(minutes=9)))
        unit.execute(update(GrantRow).values(refresh_due_at=START))
    refresh_due(tools)
    assert ("check_due",) in jobs.hints
    check_due(tools)
    row = link_of(tools.database, account)
    assert (row.state, row.cause, row.renew_by) == ("expiring", "renewal_due", ends)
    clock.instant = ends
    check_due(tools)
    row = link_of(tools.database, account)
    assert (row.state, row.cause) == ("expired", "token_refused")
    assert [what for _, what in endpoint.log()] == [INVALID_GRANT]


def test_a_date_that_comes_earlier_anyway_stays_the_date(tools: Tools) -> None:
    sooner = START + timedelta(days=3)
    platform = FakePlatform()
    account = make_account(tools.database, remote_id="dated")
    platform.outcomes["dated"] = Works(renew_by=sooner)
    check_due(replace(tools, platforms={"fake": platform}))
    assert link_of(tools.database, account).renew_by == sooner
    assert len(links(tools.database)) == 1
