"""No credential is ever lost by renewing it: crashes, races and lost answers, on both databases."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from dashboard.adapters.salvage import SalvageFolder
from dashboard.db.credentials import open_credential
from dashboard.db.engine import Database
from dashboard.db.tables import AppRow, SalvageRow
from dashboard.domain.causes import Cause
from dashboard.domain.errors import CannotDecryptError
from dashboard.domain.faults import planned
from dashboard.services.ports import Tools
from dashboard.services.refreshing import (
    forget_old_salvage,
    put_salvaged_in_place,
    refresh_due,
    refresh_grant,
)
from dashboard.services.renewals import (
    PER_SECOND,
    Denied,
    Gone,
    Locked,
    Renewal,
    Renewed,
    ShortLeaseError,
    Unclear,
    UnderWay,
    assert_lease_outlives_asking,
)
from tests.fakes import START, FrozenClock, GlassSealer
from tests.rotating import (
    APP_REFUSED,
    DROP_AFTER,
    DROP_BEFORE,
    INVALID_GRANT,
    SUSPENDED,
    UNAVAILABLE,
    Endpoint,
    RotatingPlatform,
)
from tests.services.renewal_kit import (
    Crash,
    at,
    change,
    die,
    full_disk,
    grant_row,
    lapse,
    make_grant,
    renew,
    stored_access,
)

POINTS = [
    "refresh.before_lease",
    "refresh.after_lease",
    "refresh.before_send",
    "refresh.after_response",
    "refresh.before_store",
    "refresh.before_commit",
    "refresh.after_commit",
]


@pytest.fixture
def endpoint(tmp_path: Path) -> Endpoint:
    return Endpoint(tmp_path / "endpoint.sqlite3")


@pytest.fixture
def tools(tools: Tools, endpoint: Endpoint) -> Tools:
    return replace(tools, platforms={"fake": RotatingPlatform(endpoint)})


@pytest.fixture
def grant_id(database: Database) -> UUID:
    return make_grant(database)


def test_a_renewed_credential_is_in_place_with_its_next_date(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    renewal = renew(tools, grant_id)
    assert isinstance(renewal, Renewed)
    row = grant_row(database, grant_id)
    assert (stored_access(database, grant_id), row.generation) == ("a2", 2)
    assert (row.refresh_state, row.lease_owner, row.in_flight_since) == ("idle", "", None)
    assert row.expires_at == START + timedelta(hours=1)
    assert row.refresh_due_at is not None
    assert timedelta(minutes=30) <= row.refresh_due_at - START <= timedelta(minutes=48)
    assert row.scopes == ["read", "write"]


def test_a_newer_credential_is_used_without_asking(
    tools: Tools, grant_id: UUID, endpoint: Endpoint
) -> None:
    renew(tools, grant_id, generation=1)
    again = renew(tools, grant_id, generation=1)
    assert isinstance(again, Renewed)
    assert (again.credential.access, again.generation) == ("a2", 2)
    assert endpoint.log() == [("r1", "ok")]


def test_in_flight_is_stored_before_anything_is_sent(
    tools: Tools, database: Database, grant_id: UUID
) -> None:
    """R35."""
    seen: list[tuple[str, bool]] = []

    def look() -> None:
        row = grant_row(database, grant_id)
        seen.append((row.refresh_state, bool(row.lease_owner)))

    with at("refresh.before_send", look):
        renew(tools, grant_id)
    assert seen == [("in_flight", True)]


def test_no_transaction_is_open_while_the_platform_is_asked(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """R33."""
    open_during: list[int] = []

    class Watching(RotatingPlatform):
        async def refresh(self, *args: Any, **options: Any) -> Any:
            open_during.append(database.engine.pool.checkedout())  # type: ignore[attr-defined]
            return await super().refresh(*args, **options)

    renew(replace(tools, platforms={"fake": Watching(endpoint)}), grant_id)
    assert open_during == [0]


def test_who_comes_second_waits_and_uses_what_the_first_got(
    tools: Tools, grant_id: UUID, endpoint: Endpoint
) -> None:
    endpoint.delay = 0.2

    async def both() -> list[Renewal]:
        return list(
            await asyncio.gather(*(refresh_grant(tools, grant_id, generation=1) for _ in range(5)))
        )

    renewals = tools.http.run(both())
    assert {renewal.credential.access for renewal in renewals} == {"a2"}
    assert endpoint.log() == [("r1", "ok")]


def test_who_does_not_want_to_wait_is_told_that_it_is_under_way(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """R33: nobody asks without the lease."""
    with at("refresh.before_send", die), pytest.raises(Crash):
        renew(tools, grant_id)
    assert renew(tools, grant_id, wait=0.0) == UnderWay()
    assert endpoint.log() == []


def test_fifty_threads_renew_once(tools: Tools, grant_id: UUID, endpoint: Endpoint) -> None:
    """F01."""
    endpoint.delay = 0.05
    start = threading.Barrier(50)

    def one(_: int) -> Renewal:
        start.wait()
        return renew(tools, grant_id, generation=1)

    with ThreadPoolExecutor(50) as pool:
        renewals = list(pool.map(one, range(50)))
    assert {renewal.credential.access for renewal in renewals} == {"a2"}
    assert endpoint.log() == [("r1", "ok")]


RACER = """
import sys
from uuid import UUID
from tests.racing import race, race_of_processes
url, grant_id, endpoint, what, number = sys.argv[1:]
if number == "1":
    race(url, UUID(grant_id), endpoint, what)
else:
    race_of_processes(int(number), url, UUID(grant_id), endpoint, what)
"""


def racer(
    database: Database, grant_id: UUID, endpoint: Endpoint, what: str, *, number: int = 1
) -> subprocess.Popen:
    arguments = [database.url, str(grant_id), str(endpoint.path), what, str(number)]
    return subprocess.Popen(
        [sys.executable, "-c", RACER, *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_four_processes_renew_each_generation_once(
    database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """F01: each process asks for five generations, from several threads."""
    racers = racer(database, grant_id, endpoint, "race", number=4)
    racers.communicate(timeout=60)
    assert racers.returncode == 0
    log = endpoint.log()
    assert [what for _, what in log] == ["ok"] * len(log)
    assert len({token for token, _ in log}) == len(log) == 5
    assert stored_access(database, grant_id) == f"a{endpoint.latest}"


@pytest.mark.parametrize("rotation", ["strict", "grace", "on_use"])
@pytest.mark.parametrize("where", POINTS)
def test_a_crash_at_any_point_loses_nothing_or_says_so(
    tools: Tools,
    database: Database,
    grant_id: UUID,
    endpoint: Endpoint,
    where: str,
    rotation: str,
) -> None:
    """R34, R35, F05."""
    endpoint.rotation = rotation
    with at(where, die), pytest.raises(Crash):
        renew(tools, grant_id, generation=1)
    lapse(database, grant_id)
    renewal = renew(tools, grant_id, generation=1)
    assert len(endpoint.log()) <= 2
    sent = where in {"refresh.after_response", "refresh.before_store", "refresh.before_commit"}
    if sent and rotation == "strict":
        assert isinstance(renewal, Denied)
        assert renewal.cause is Cause.ANSWER_LOST
        assert "2026-11-24 10:00:00 UTC was lost" in renewal.evidence.text
    else:
        assert isinstance(renewal, Renewed)
        assert renewal.credential.access == f"a{endpoint.latest}"
        assert stored_access(database, grant_id) == f"a{endpoint.latest}"


def test_every_effect_outside_has_a_point_before_and_after_it(tools: Tools, grant_id: UUID) -> None:
    passed: list[str] = []
    with planned(passed.append):
        renew(tools, grant_id)
    assert passed == POINTS


def test_kill_9_after_the_answer_is_told_as_a_lost_answer(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    process = racer(database, grant_id, endpoint, "die")
    process.communicate(timeout=60)
    assert process.returncode == 9
    lapse(database, grant_id)
    renewal = renew(tools, grant_id)
    assert isinstance(renewal, Denied)
    assert renewal.cause is Cause.ANSWER_LOST
    assert len(endpoint.log()) == 2


def test_sigterm_during_a_renewal_waits_for_its_answer(
    database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """R34, F48."""
    process = racer(database, grant_id, endpoint, "slow")
    assert process.stdout is not None
    assert process.stdout.readline() == "asking\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert stored_access(database, grant_id) == "a2"


@pytest.mark.parametrize(
    ("rotation", "accepted"), [("grace", True), ("on_use", True), ("strict", False)]
)
def test_a_lost_answer_is_asked_for_once_more(
    tools: Tools,
    database: Database,
    grant_id: UUID,
    endpoint: Endpoint,
    rotation: str,
    *,
    accepted: bool,
) -> None:
    """R35, F04: grace and on-use heal; strict says why a relink is needed."""
    endpoint.rotation = rotation
    endpoint.plan(DROP_AFTER)
    renewal = renew(tools, grant_id)
    assert len(endpoint.log()) == 2
    if accepted:
        assert isinstance(renewal, Renewed)
        assert stored_access(database, grant_id) == "a2"
    else:
        assert isinstance(renewal, Denied)
        assert renewal.cause is Cause.ANSWER_LOST
        assert "was lost" in renewal.evidence.text


def test_an_answer_that_was_lost_twice_keeps_the_credential_and_comes_again(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint, clock: FrozenClock
) -> None:
    endpoint.rotation = "on_use"
    endpoint.plan(DROP_AFTER, DROP_AFTER)
    assert isinstance(renew(tools, grant_id), Unclear)
    row = grant_row(database, grant_id)
    assert (row.refresh_state, row.lease_owner, row.in_flight_since) == ("in_flight", "", START)
    assert stored_access(database, grant_id) == "a1"
    endpoint.plan(UNAVAILABLE)
    clock.advance(hours=2)
    assert not isinstance(refresh_due(tools)[0], Renewed)
    assert grant_row(database, grant_id).in_flight_since == START, "since the first of them"
    clock.advance(hours=2)
    [renewal] = refresh_due(tools)
    assert isinstance(renewal, Renewed)


def test_a_definite_refusal_is_remembered_and_not_asked_again(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    endpoint.plan(INVALID_GRANT)
    first = renew(tools, grant_id)
    assert isinstance(first, Denied)
    assert first.cause is Cause.TOKEN_REFUSED
    assert renew(tools, grant_id) == first
    assert len(endpoint.log()) == 1
    row = grant_row(database, grant_id)
    assert (row.refresh_state, row.lease_owner, row.refresh_due_at) == ("refused", "", None)
    assert stored_access(database, grant_id) == "a1"


def test_a_refusal_for_the_accounts_own_trouble_is_asked_again_later(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint, clock: FrozenClock
) -> None:
    """Once the suspension is lifted the same token may be renewed."""
    endpoint.plan(SUSPENDED)
    denied = renew(tools, grant_id)
    assert isinstance(denied, Denied)
    assert denied.cause is Cause.ACCOUNT_SUSPENDED
    row = grant_row(database, grant_id)
    assert (row.refresh_state, row.lease_owner, row.refusal) == ("idle", "", None)
    clock.advance(minutes=3)
    [renewal] = refresh_due(tools)
    assert isinstance(renewal, Renewed)


def test_the_losers_refusal_does_not_touch_the_winners_credential(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """F06: the answer of the loser is delivered after the winner's commit."""

    def somebody_else_wins() -> None:
        lapse(database, grant_id)
        sealed = f"grants|{grant_id}|credential|".encode() + b'{"access": "w", "refresh": "w"}'
        change(
            database,
            grant_id,
            credential=sealed,
            generation=2,
            lease_owner="",
            refresh_state="idle",
        )

    endpoint.plan(INVALID_GRANT)
    with at("refresh.after_response", somebody_else_wins):
        renewal = renew(tools, grant_id)
    assert isinstance(renewal, Renewed)
    assert (renewal.credential.access, renewal.generation) == ("w", 2)
    row = grant_row(database, grant_id)
    assert (stored_access(database, grant_id), row.refresh_state) == ("w", "idle")


def test_a_holder_who_comes_too_late_keeps_both_credentials(
    tools: Tools, database: Database, grant_id: UUID
) -> None:
    """F02: its lease had lapsed and somebody else stored a newer generation."""

    def overtake() -> None:
        sealed = f"grants|{grant_id}|credential|".encode() + b'{"access": "w", "refresh": "w"}'
        change(database, grant_id, credential=sealed, generation=2, lease_owner="")

    with at("refresh.after_response", overtake):
        renewal = renew(tools, grant_id)
    assert isinstance(renewal, Renewed)
    assert renewal.credential.access == "w"
    assert stored_access(database, grant_id) == "w"
    with database.reading() as session:
        salvaged = session.exec(select(SalvageRow)).one()
    assert open_credential(GlassSealer(), grant_id, salvaged.credential).access == "a2"
    assert salvaged.generation == 1


def test_a_holder_who_comes_too_late_does_not_end_the_turn_of_who_took_over(
    tools: Tools, database: Database, grant_id: UUID
) -> None:
    """R33: of the same generation, and just as owner it is not him any more."""

    def taken_over() -> None:
        change(database, grant_id, lease_owner="other", lease_until=START + timedelta(days=300))

    with at("refresh.after_response", taken_over):
        renew(tools, grant_id)
    row = grant_row(database, grant_id)
    assert (row.lease_owner, row.generation) == ("other", 1)
    with database.reading() as session:
        salvaged = session.exec(select(SalvageRow)).one()
    assert open_credential(GlassSealer(), grant_id, salvaged.credential).access == "a2"


def test_of_two_that_were_salvaged_the_newer_one_is_put_in_place(
    tools: Tools, database: Database, grant_id: UUID
) -> None:
    with database.writing() as unit:
        for minute, access in enumerate(["older", "newer"]):
            sealed = f'grants|{grant_id}|credential|{{"access": "{access}"}}'.encode()
            at_ = START + timedelta(minutes=minute)
            unit.add(SalvageRow(grant_id=grant_id, generation=1, credential=sealed, at=at_))
    renew(tools, grant_id)
    assert stored_access(database, grant_id) == "newer"


def test_salvage_is_on_the_disk_before_it_counts_as_kept(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R34: the file and its name."""
    synced: list[int] = []
    folder = SalvageFolder(tools.settings.data_dir / "salvage")
    folder.prepare()
    monkeypatch.setattr("os.fsync", synced.append)
    assert folder.keep(uuid4(), 1, b"sealed")
    assert len(synced) == 2


def test_a_holder_who_comes_too_late_for_nobody_puts_its_credential_in_place(
    tools: Tools, database: Database, grant_id: UUID
) -> None:
    """F02: somebody took over, was refused and gave up; the late answer is the good one."""

    def refused_meanwhile() -> None:
        change(database, grant_id, lease_owner="", lease_until=None, refresh_state="refused")

    with at("refresh.after_response", refused_meanwhile):
        renewal = renew(tools, grant_id)
    assert isinstance(renewal, Renewed)
    row = grant_row(database, grant_id)
    assert (stored_access(database, grant_id), row.refresh_state) == ("a2", "idle")
    with database.reading() as session:
        assert session.exec(select(SalvageRow)).all() == []


def test_the_late_holders_credential_serves_when_the_other_one_is_refused(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """F02: of two that were obtained with one generation, one is still good."""
    sealed = f"grants|{grant_id}|credential|".encode() + b'{"access": "s", "refresh": "r1"}'
    change(database, grant_id, generation=2)
    with database.writing() as unit:
        unit.add(SalvageRow(grant_id=grant_id, generation=1, credential=sealed, at=START))
    endpoint.plan(INVALID_GRANT, INVALID_GRANT)
    assert isinstance(renew(tools, grant_id), Renewed)
    assert stored_access(database, grant_id) == "s"
    assert isinstance(renew(tools, grant_id), Denied), "once, and not over and over"
    assert len(endpoint.log()) == 2


def test_who_read_before_somebody_else_renewed_does_not_ask_with_the_old_token(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """R33: the lease is for a generation, and that one is over."""

    def somebody_else_renews() -> None:
        sealed = f"grants|{grant_id}|credential|".encode() + b'{"access": "w", "refresh": "w"}'
        change(database, grant_id, credential=sealed, generation=2)

    with at("refresh.before_lease", somebody_else_renews):
        renewal = renew(tools, grant_id)
    assert isinstance(renewal, Renewed)
    assert (renewal.credential.access, renewal.generation) == ("w", 2)
    assert endpoint.log() == []


def test_a_process_that_stood_still_beyond_its_lease_asks_nothing(
    tools: Tools,
    database: Database,
    grant_id: UUID,
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R33: it may no longer be alone, so it gives its turn back."""
    monkeypatch.setattr("dashboard.services.renewing.AGAIN_WITHIN", -1.0)
    assert renew(tools, grant_id, wait=0.0) == UnderWay()
    assert endpoint.log() == []
    row = grant_row(database, grant_id)
    assert (row.refresh_state, row.lease_owner, row.in_flight_since) == ("idle", "", None)
    monkeypatch.undo()
    assert isinstance(renew(tools, grant_id), Renewed)


def test_an_error_nobody_foresaw_does_not_cost_the_new_credential(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """R34: it is in a file before the error goes on its way."""

    def unforeseen() -> None:
        raise ZeroDivisionError

    with at("refresh.before_store", unforeseen), pytest.raises(ZeroDivisionError):
        renew(tools, grant_id)
    lapse(database, grant_id)
    assert put_salvaged_in_place(tools) == 1
    assert stored_access(database, grant_id) == "a2"
    assert endpoint.log() == [("r1", "ok")]


def test_a_refusal_does_not_count_while_a_good_credential_lies_in_salvage(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """F02: the other half: whoever took over finds what the late holder salvaged."""

    def late_holder_salvages() -> None:
        sealed = f"grants|{grant_id}|credential|".encode() + b'{"access": "s", "refresh": "s"}'
        with database.writing() as unit:
            unit.add(SalvageRow(grant_id=grant_id, generation=1, credential=sealed, at=START))

    endpoint.plan(INVALID_GRANT)
    with at("refresh.after_response", late_holder_salvages):
        renewal = renew(tools, grant_id)
    assert isinstance(renewal, Renewed)
    assert stored_access(database, grant_id) == "s"


def test_a_database_that_is_busy_for_a_moment_costs_nothing(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """R34: the write is tried again; nobody asks again."""
    with at("refresh.before_store", full_disk):
        renewal = renew(tools, grant_id)
    assert isinstance(renewal, Renewed)
    assert stored_access(database, grant_id) == "a2"
    assert endpoint.log() == [("r1", "ok")]


def test_a_full_database_sends_the_credential_to_a_file_and_back(
    tools: Tools,
    database: Database,
    grant_id: UUID,
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R34, F15: usable at once, and in place as soon as the database takes it."""
    monkeypatch.setattr("dashboard.services.safekeeping.PAUSES", (0.0, 0.0))

    def plan(here: str) -> None:
        if here == "refresh.before_store":
            full_disk()

    with planned(plan):
        renewal = renew(tools, grant_id)
    assert isinstance(renewal, Renewed)
    assert renewal.credential.access == "a2"
    assert stored_access(database, grant_id) == "a1"
    files = list((tools.settings.data_dir / "salvage").glob("*.sealed"))
    assert len(files) == 1
    assert files[0].stat().st_mode & 0o777 == 0o600
    assert files[0].read_bytes().startswith(b"grants|"), "sealed, not plain"

    lapse(database, grant_id)
    again = renew(tools, grant_id, generation=1)
    assert isinstance(again, Renewed)
    assert stored_access(database, grant_id) == "a2"
    assert endpoint.log() == [("r1", "ok")]
    assert list((tools.settings.data_dir / "salvage").glob("*.sealed")) == []


def test_salvage_in_files_is_put_in_place_without_waiting_for_a_renewal(
    tools: Tools, database: Database, grant_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.services.safekeeping.PAUSES", ())
    with at("refresh.before_store", full_disk):
        renew(tools, grant_id)
    assert put_salvaged_in_place(tools) == 0, "its lease still holds"
    lapse(database, grant_id)
    assert put_salvaged_in_place(tools) == 1
    assert stored_access(database, grant_id) == "a2"


class TurnedKeys(GlassSealer):
    """Opens what the old key sealed only while it has that key."""

    def __init__(self, *, has_old: bool) -> None:
        self.has_old = has_old

    def seal(self, plain: bytes, *, table: str, row: str, column: str) -> bytes:
        return b"new " + super().seal(plain, table=table, row=row, column=column)

    def open(self, sealed: bytes, *, table: str, row: str, column: str) -> bytes:
        if not (sealed.startswith(b"new ") or self.has_old):
            raise CannotDecryptError("no such key")
        return super().open(sealed.removeprefix(b"new "), table=table, row=row, column=column)


def salvage_under_the_old_key(
    tools: Tools, database: Database, grant_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealed before the key was turned; the row was sealed anew since."""
    monkeypatch.setattr("dashboard.services.safekeeping.PAUSES", ())
    with at("refresh.before_store", full_disk):
        renew(tools, grant_id)
    lapse(database, grant_id)
    change(database, grant_id, credential=b"new " + grant_row(database, grant_id).credential)


def test_salvage_is_put_in_place_after_the_key_was_turned(
    tools: Tools, database: Database, grant_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R31, R34: the old key still opens it."""
    salvage_under_the_old_key(tools, database, grant_id, monkeypatch)
    assert put_salvaged_in_place(replace(tools, cipher=TurnedKeys(has_old=True))) == 1
    assert stored_access(database, grant_id) == "a2"


def test_salvage_whose_key_is_gone_holds_up_nobody_else_and_waits_for_it(
    tools: Tools,
    database: Database,
    grant_id: UUID,
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F19: its own grant is not asked for with a token that was used up."""
    salvage_under_the_old_key(tools, database, grant_id, monkeypatch)
    without = replace(tools, cipher=TurnedKeys(has_old=False))
    change(database, grant_id, refresh_due_at=START)
    assert refresh_due(without) == [Locked()]
    assert endpoint.log() == [("r1", "ok")]
    assert put_salvaged_in_place(replace(tools, cipher=TurnedKeys(has_old=True))) == 1


def test_salvage_that_nobody_needed_for_a_month_is_forgotten(
    tools: Tools, database: Database, clock: FrozenClock
) -> None:
    with database.writing() as unit:
        unit.add(SalvageRow(grant_id=uuid4(), generation=1, credential=b"s", at=START))
    folder = SalvageFolder(tools.settings.data_dir / "salvage")
    folder.keep(uuid4(), 1, b"s")
    for file in (tools.settings.data_dir / "salvage").glob("*.sealed"):
        os.utime(file, (START.timestamp(), START.timestamp()))
    clock.advance(days=29)
    forget_old_salvage(tools)
    with database.reading() as session:
        assert len(session.exec(select(SalvageRow)).all()) == 1
    assert len(folder.grants()) == 1
    clock.advance(days=2)
    forget_old_salvage(tools)
    with database.reading() as session:
        assert session.exec(select(SalvageRow)).all() == []
    assert folder.grants() == []


def test_what_cannot_be_opened_is_left_exactly_as_it_is(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """F19."""

    class NoKey(GlassSealer):
        def open(self, sealed: bytes, *, table: str, row: str, column: str) -> bytes:
            raise CannotDecryptError("no such key")

    before = grant_row(database, grant_id).model_dump()
    assert renew(replace(tools, cipher=NoKey()), grant_id) == Locked()
    assert grant_row(database, grant_id).model_dump() == before
    assert endpoint.log() == []


@pytest.mark.parametrize("fault", [DROP_BEFORE, UNAVAILABLE, APP_REFUSED])
def test_what_is_not_definite_keeps_the_credential_and_its_right(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint, fault: str
) -> None:
    """R36."""
    endpoint.plan(fault)
    renewal = renew(tools, grant_id)
    assert isinstance(renewal, Unclear)
    assert renewal.app_problem == (fault == APP_REFUSED)
    row = grant_row(database, grant_id)
    assert (row.refresh_state, row.lease_owner, row.in_flight_since) == ("idle", "", None)
    assert row.refresh_due_at is not None
    assert row.refresh_due_at >= START + timedelta(minutes=1)
    assert stored_access(database, grant_id) == "a1"
    assert isinstance(renew(tools, grant_id), Renewed)


def test_transient_answers_in_a_row_refuse_nothing(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """R36."""
    endpoint.plan(*[UNAVAILABLE, DROP_BEFORE, APP_REFUSED] * 5)
    for _ in range(15):
        assert isinstance(renew(tools, grant_id), Unclear)
    assert stored_access(database, grant_id) == "a1"
    assert isinstance(renew(tools, grant_id), Renewed)


def test_silence_makes_the_next_try_later_and_later_up_to_an_hour_and_a_half(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    endpoint.plan(*[UNAVAILABLE] * 12)
    waits = []
    for _ in range(12):
        renew(tools, grant_id)
        due = grant_row(database, grant_id).refresh_due_at
        assert due is not None
        waits.append(due - START)
    assert waits[0] < timedelta(minutes=2) < waits[3]
    assert timedelta(hours=1) <= waits[-1] <= timedelta(minutes=90)


def test_a_refused_registration_is_told_of_the_app_and_not_of_the_link(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    app = AppRow(platform="fake", client_id="me", created_at=START)
    with database.writing() as unit:
        unit.add(app)
    change(database, grant_id, app_id=app.id)
    endpoint.plan(APP_REFUSED)
    renew(tools, grant_id)
    with database.reading() as session:
        kept = session.exec(select(AppRow)).one()
    assert (kept.problem, kept.problem_since) == ("timeout", START)


def test_a_renewal_that_was_begun_is_not_cut_off(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """R34: the caller is cancelled in the middle; the answer is stored all the same."""
    endpoint.delay = 0.2

    sent = asyncio.Event()

    async def cancelled() -> None:
        caller = asyncio.ensure_future(refresh_grant(tools, grant_id))
        await sent.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller

    with at("refresh.before_send", sent.set):
        tools.http.run(cancelled())
    assert stored_access(database, grant_id) == "a2"


def test_what_is_due_is_renewed_and_offered_again_if_nothing_came_of_it(
    tools: Tools, database: Database, grant_id: UUID, clock: FrozenClock
) -> None:
    """R37."""
    change(database, grant_id, refresh_due_at=START)
    with at("refresh.before_lease", die), pytest.raises(Crash):
        refresh_due(tools)
    assert refresh_due(tools) == []
    clock.advance(minutes=3)
    [renewal] = refresh_due(tools)
    assert isinstance(renewal, Renewed)
    assert refresh_due(tools) == []


def test_after_a_crash_the_renewal_is_due_again_when_its_lease_has_lapsed(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint, clock: FrozenClock
) -> None:
    endpoint.rotation = "grace"
    with at("refresh.after_response", die), pytest.raises(Crash):
        renew(tools, grant_id)
    lapse(database, grant_id)
    clock.advance(seconds=120)
    [renewal] = refresh_due(tools)
    assert isinstance(renewal, Renewed)


def test_a_grant_that_was_given_back_or_cannot_be_renewed_is_left_alone(
    tools: Tools, database: Database, grant_id: UUID
) -> None:
    change(database, grant_id, revoke_due=True)
    assert renew(tools, grant_id) == Gone()
    assert renew(tools, uuid4()) == Gone()


def test_a_process_that_is_asked_to_stop_begins_no_renewal(
    tools: Tools, database: Database, grant_id: UUID, endpoint: Endpoint
) -> None:
    """R66."""
    change(database, grant_id, refresh_due_at=START)
    tools.stopping.set()
    assert refresh_due(tools) == [UnderWay()]
    assert endpoint.log() == []


def test_many_that_are_due_are_renewed_one_after_the_other(
    tools: Tools, database: Database, grant_id: UUID
) -> None:
    """R37: a few of one place, each in its turn."""
    change(database, grant_id, refresh_due_at=START)
    for _ in range(4):
        change(database, make_grant(database), refresh_due_at=START)
    began = time.monotonic()
    assert len(refresh_due(tools)) == 5
    assert time.monotonic() - began > 4 / PER_SECOND - 0.1


def test_spans_with_which_a_lease_could_lapse_are_refused() -> None:
    """R33, F02."""
    with pytest.raises(ShortLeaseError):
        assert_lease_outlives_asking(
            timedelta(seconds=10), answer_within=15, again_within=0, margin=1
        )
