"""The checks find what is so, lose nothing, and accuse nobody; on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select, update

from dashboard.db.accounts import due_now
from dashboard.db.counters import read_counter
from dashboard.db.engine import Database
from dashboard.db.failures import JobFailure
from dashboard.db.tables import AccountRow, AppRow, EventRow, GrantRow, LinkRow
from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    Blocked,
    CheckOutcome,
    Evidence,
    NeedsRefresh,
    NoAnswer,
    Refused,
    Works,
)
from dashboard.domain.errors import CannotDecryptError
from dashboard.domain.faults import planned
from dashboard.domain.wire import NoAnswerError, Silence
from dashboard.services import failures
from dashboard.services.check_batches import LEASE
from dashboard.services.checking import anything_due, check_due
from dashboard.services.ports import Tools
from tests.factories import FakePlatform, make_account
from tests.fakes import START, FrozenClock, GlassSealer, RecordingJobs
from tests.rotating import (
    APP_REFUSED,
    DROP_AFTER,
    INVALID_GRANT,
    SUSPENDED,
    UNAVAILABLE,
    Endpoint,
    RotatingPlatform,
)

SAID = Evidence(call="read the profile", status=401, code="no")
SILENT = NoAnswer(cause=Cause.NO_ANSWER, evidence=SAID)
NO_ROLE = Missing(
    capability=Capability.PUBLISH, kind=MissingKind.PERMISSION, what="write", label="publish"
)
REFUSED = Refused(cause=Cause.TOKEN_REFUSED, evidence=SAID)
POINTS = ["check.after_claim", "check.before_store", "check.before_commit", "check.after_commit"]


class Crash(BaseException):
    """The process dies here."""


@pytest.fixture
def fake(tools: Tools) -> FakePlatform:
    platform = tools.platforms["fake"]
    assert isinstance(platform, FakePlatform)
    return platform


def link_of(database: Database, account_id: UUID) -> LinkRow:
    with database.reading() as session:
        return session.exec(select(LinkRow).where(LinkRow.account_id == account_id)).one()


def links(database: Database) -> list[LinkRow]:
    with database.reading() as session:
        return list(session.exec(select(LinkRow)).all())


def events(database: Database) -> list[EventRow]:
    with database.reading() as session:
        return list(session.exec(select(EventRow).order_by(col(EventRow.seq))).all())


def counter(database: Database) -> int:
    with database.reading() as session:
        return read_counter(session)


def check(tools: Tools, account_id: UUID, *outcomes: CheckOutcome | Exception) -> LinkRow:
    """Let checks find these one after another, each when it is due and the host may be asked."""
    clock, fake = tools.now, tools.platforms["fake"]
    with tools.database.reading() as session:
        remote_id = session.exec(select(AccountRow).where(AccountRow.id == account_id)).one()
    row = link_of(tools.database, account_id)
    for outcome in outcomes:
        fake.outcomes[remote_id.remote_id] = outcome
        tools.traffic.forget()
        clock.instant = max(clock.instant, row.next_check_at)
        check_due(tools)
        row = link_of(tools.database, account_id)
    return row


def make_many(database: Database, number: int, *, platform: str = "fake") -> None:
    """Healthy links that are due, on one grant."""
    first = make_account(database, platform=platform, remote_id=f"{platform}-0")
    with database.writing() as unit:
        grant_id = unit.exec(select(LinkRow).where(LinkRow.account_id == first)).one().grant_id
        ids = [uuid4() for _ in range(number - 1)]
        for nth, account_id in enumerate(ids, 1):
            unit.add(
                AccountRow(
                    id=account_id,
                    platform=platform,
                    remote_id=f"{platform}-{nth}",
                    name="Many",
                    created_at=START,
                )
            )
        unit.flush()
        for account_id in ids:
            unit.add(
                LinkRow(
                    account_id=account_id,
                    grant_id=grant_id,
                    state="healthy",
                    since=START,
                    next_check_at=START,
                    linked_at=START,
                )
            )


def grant_of(database: Database, account_id: UUID) -> GrantRow:
    with database.reading() as session:
        return session.exec(
            select(GrantRow)
            .join(LinkRow, col(LinkRow.grant_id) == GrantRow.id)
            .where(LinkRow.account_id == account_id)
        ).one()


@pytest.mark.parametrize(
    ("outcome", "state", "cause"),
    [
        (Works(), "healthy", ""),
        (Works(missing=(NO_ROLE,)), "limited", "permission_missing"),
        (Works(renew_by=START + timedelta(days=3)), "expiring", "renewal_due"),
        (Refused(cause=Cause.PASSWORD_CHANGED, evidence=SAID), "expired", "password_changed"),
        (Refused(cause=Cause.TOKEN_REFUSED, evidence=SAID, certain=False), "new", ""),
        (Blocked(cause=Cause.SECURITY_CHECK, evidence=SAID), "blocked", "security_check"),
        (SILENT, "new", ""),
        (AppProblem(evidence=SAID), "new", ""),
        (NeedsRefresh(evidence=SAID), "expired", "token_ran_out"),
        (NoAnswerError(Silence.TIMEOUT, call="read"), "new", ""),
    ],
)
def test_each_outcome_ends_in_its_state_with_its_event(
    tools: Tools, fake: FakePlatform, outcome: Any, state: str, cause: str
) -> None:
    account = make_account(tools.database, state="new", remote_id="one")
    fake.outcomes["one"] = outcome
    assert check_due(tools) == 1
    row = link_of(tools.database, account)
    assert (row.state, row.cause, row.checked_at) == (state, cause, START)
    assert row.next_check_at > START
    assert (row.claim, row.claimed_until) == ("", None)
    told = [(event.account_id, event.data["new"]) for event in events(tools.database)]
    assert told == ([] if state == "new" else [(account, state)])


def test_an_event_wakes_those_who_tell(
    tools: Tools, fake: FakePlatform, jobs: RecordingJobs
) -> None:
    account = make_account(tools.database)
    check(tools, account, Works())
    assert jobs.hints == []
    check(tools, account, REFUSED)
    assert jobs.hints == [("gather_notices",)]


@pytest.mark.parametrize("broken", [REFUSED, Blocked(cause=Cause.ACCOUNT_SUSPENDED, evidence=SAID)])
def test_a_link_that_heals_by_itself_is_seen_to_heal(
    tools: Tools, fake: FakePlatform, broken: CheckOutcome
) -> None:
    """Every state but paused stays in the rota."""
    account = make_account(tools.database)
    assert check(tools, account, broken).state in {"expired", "blocked"}
    assert check(tools, account, Works()).state == "healthy"


def test_paused_links_and_links_without_access_are_not_asked(
    tools: Tools, fake: FakePlatform
) -> None:
    make_account(tools.database, state="paused", next_check_at=None)
    bare = make_account(tools.database)
    with tools.database.writing() as unit:
        unit.execute(update(LinkRow).where(col(LinkRow.account_id) == bare).values(grant_id=None))
    assert check_due(tools) == 0
    assert fake.checked == []
    assert not anything_due(tools)


def test_what_is_not_due_is_not_asked(tools: Tools, fake: FakePlatform, clock: FrozenClock) -> None:
    make_account(tools.database, next_check_at=START + timedelta(minutes=1))
    assert not anything_due(tools)
    assert check_due(tools) == 0
    clock.advance(minutes=1)
    assert anything_due(tools)
    assert check_due(tools) == 1
    assert not anything_due(tools)


def test_a_thousand_links_take_few_transactions(tools: Tools, fake: FakePlatform) -> None:
    make_many(tools.database, 1000)
    passed: list[str] = []
    with planned(passed.append):
        assert check_due(tools) == 1000
    assert sorted(set(fake.checked)) == sorted(fake.checked)
    assert len(fake.checked) == 1000
    assert all(row.checked_at == START and row.streak == 1 for row in links(tools.database))
    assert passed.count("check.after_commit") <= 12


def test_the_next_checks_are_spread(tools: Tools, fake: FakePlatform) -> None:
    """R37: a tenth to both sides."""
    make_many(tools.database, 300)
    check_due(tools)
    times = sorted(row.next_check_at for row in links(tools.database))
    assert timedelta(minutes=1) < times[-1] - times[0] < timedelta(minutes=3)
    assert len(set(times)) > 250


def test_two_workers_share_the_work_and_store_nothing_twice(
    tools: Tools, fake: FakePlatform
) -> None:
    make_many(tools.database, 300)
    for account in range(0, 300, 3):
        fake.outcomes[f"fake-{account}"] = REFUSED
    start = threading.Barrier(2)

    def work(_: int) -> int:
        start.wait()
        return check_due(tools)

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(work, range(2))) == 300
    assert len(fake.checked) == 300
    assert {row.version for row in links(tools.database)} == {2}
    assert len(events(tools.database)) == 100


@pytest.mark.parametrize("where", POINTS)
def test_a_worker_that_dies_at_any_point_loses_no_check_and_no_event(
    tools: Tools, fake: FakePlatform, clock: FrozenClock, where: str
) -> None:
    """R65."""
    make_many(tools.database, 30)
    fake.outcomes["fake-7"] = REFUSED

    def die(here: str) -> None:
        if here == where:
            raise Crash

    with planned(die), pytest.raises(Crash):
        check_due(tools)
    check_due(tools)
    clock.instant += LEASE
    check_due(tools)
    rows = links(tools.database)
    assert {row.version for row in rows} == {2}
    assert {row.claim for row in rows} == {""}
    assert [event.data["new"] for event in events(tools.database)] == ["expired"]


def test_a_link_that_kills_its_worker_is_found_out_and_set_aside(
    tools: Tools, fake: FakePlatform, clock: FrozenClock
) -> None:
    """R65: the others are checked, and administrators are told which one it is."""
    make_many(tools.database, 25)
    killer = make_account(tools.database, remote_id="killer")

    class Killed(FakePlatform):
        async def check(self, *args: Any, **options: Any) -> CheckOutcome:
            if args[3].remote_id == "killer":
                raise KeyboardInterrupt
            return await super().check(*args, **options)

    deadly = replace(tools, platforms={"fake": Killed()})
    for _ in range(8):
        try:
            check_due(deadly)
        except KeyboardInterrupt:
            clock.instant += LEASE
    others = [row for row in links(tools.database) if row.account_id != killer]
    assert all(row.checked_at for row in others)
    aside = link_of(tools.database, killer)
    assert (aside.state, aside.claim, aside.checked_at) == ("healthy", "", None)
    assert aside.next_check_at >= clock.instant + timedelta(hours=5)
    [trouble] = failures.troubles(tools)
    assert isinstance(trouble, JobFailure)
    assert str(aside.id) in repr(trouble)


def test_no_transaction_is_open_while_a_platform_is_asked(tools: Tools) -> None:
    """R33."""
    open_during: list[int] = []

    class Watching(FakePlatform):
        async def check(self, *args: Any, **options: Any) -> CheckOutcome:
            open_during.append(tools.database.engine.pool.checkedout())  # type: ignore[attr-defined]
            return await super().check(*args, **options)

    make_many(tools.database, 20)
    check_due(replace(tools, platforms={"fake": Watching()}))
    assert open_during == [0] * 20


def test_a_link_that_was_paused_while_it_was_asked_stays_paused(tools: Tools) -> None:
    account = make_account(tools.database)

    class PausedMeanwhile(FakePlatform):
        async def check(self, *args: Any, **options: Any) -> CheckOutcome:
            with tools.database.writing() as unit:
                unit.execute(
                    update(LinkRow)
                    .where(col(LinkRow.account_id) == account)
                    .values(state="paused", next_check_at=None, version=LinkRow.version + 1)
                )
            return REFUSED

    check_due(replace(tools, platforms={"fake": PausedMeanwhile()}))
    row = link_of(tools.database, account)
    assert (row.state, row.next_check_at) == ("paused", None)
    assert events(tools.database) == []


TRANSIENT = [
    *[NoAnswerError(silence, call="read the profile") for silence in Silence],
    *[
        NoAnswer(cause=cause, evidence=replace(SAID, status=status))
        for cause, status in [
            (Cause.PLATFORM_DOWN, 500),
            (Cause.PLATFORM_DOWN, 503),
            (Cause.RATE_LIMITED, 429),
            (Cause.NO_ANSWER, None),
        ]
    ],
]


@pytest.mark.parametrize("answer", TRANSIENT, ids=str)
def test_silence_of_any_kind_never_accuses(
    tools: Tools, fake: FakePlatform, answer: NoAnswer | Exception
) -> None:
    """R36, F26: after patience it is unreachable, and one answer heals it."""
    account = make_account(tools.database)
    before = grant_of(tools.database, account).credential
    row = check(tools, account, *[answer] * 12)
    assert row.state == "unreachable"
    assert [event.data["new"] for event in events(tools.database)] == ["unreachable"]
    assert grant_of(tools.database, account).credential == before
    assert check(tools, account, Works()).state == "healthy"


def test_patience_is_a_number_of_misses_and_a_time(tools: Tools, fake: FakePlatform) -> None:
    account = make_account(tools.database)
    row = check(tools, account, *[SILENT] * 3)
    assert (row.state, row.misses, row.silent_since) == ("healthy", 3, START)
    row = check(tools, account, *[SILENT] * 3)
    assert row.state == "unreachable"
    assert row.since - START >= timedelta(minutes=15)


def test_a_silent_platform_is_left_alone_and_the_others_are_asked(
    tools: Tools, fake: FakePlatform, clock: FrozenClock
) -> None:
    """R44, F34: then a single question tries it."""
    dead = FakePlatform()
    tools = replace(tools, platforms={"fake": fake, "dead": dead})
    tools = replace(tools, settings=replace(tools.settings, asks_per_host=8))
    make_many(tools.database, 100)
    make_many(tools.database, 200, platform="dead")
    for nth in range(200):
        dead.outcomes[f"dead-{nth}"] = NoAnswerError(Silence.TIMEOUT, call="read the profile")
    assert check_due(tools) == 300
    assert len(fake.checked) == 100
    assert len(dead.checked) <= 12
    asked = len(dead.checked)
    clock.advance(minutes=5)
    check_due(tools)
    assert len(dead.checked) == asked + 1


def test_a_wish_to_wait_holds_for_all_links_of_the_host(
    tools: Tools, fake: FakePlatform, clock: FrozenClock
) -> None:
    """R45, F27."""
    tools = replace(tools, settings=replace(tools.settings, asks_per_host=1))
    make_many(tools.database, 20)
    wish = NoAnswer(cause=Cause.RATE_LIMITED, evidence=SAID, retry_after=timedelta(seconds=90))
    for nth in range(20):
        fake.outcomes[f"fake-{nth}"] = wish
    assert check_due(tools) == 1
    rows = links(tools.database)
    assert min(row.next_check_at for row in rows) >= START + timedelta(seconds=90)
    assert sum(row.misses for row in rows) == 1
    clock.advance(seconds=89)
    assert check_due(tools) == 0


def test_trouble_of_our_registration_is_noted_there_and_touches_no_link(
    tools: Tools, fake: FakePlatform, clock: FrozenClock
) -> None:
    """R36."""
    account = make_account(tools.database)
    app = AppRow(platform="fake", client_id="me", created_at=START)
    with tools.database.writing() as unit:
        unit.add(app)
        unit.flush()
        unit.execute(update(GrantRow).values(app_id=app.id))
    before = link_of(tools.database, account)
    row = check(tools, account, AppProblem(evidence=replace(SAID, text="Unknown client.")))
    assert (row.state, row.misses, row.since) == ("healthy", before.misses, before.since)
    assert events(tools.database) == []
    with tools.database.reading() as session:
        assert session.exec(select(AppRow)).one().problem == "Unknown client."
    check(tools, account, Works())
    with tools.database.reading() as session:
        assert session.exec(select(AppRow)).one().problem == ""


def test_what_cannot_be_opened_keeps_its_state_and_is_noted_on_the_grant(
    tools: Tools, fake: FakePlatform, clock: FrozenClock
) -> None:
    """F19."""

    class NoKey(GlassSealer):
        def open(self, sealed: bytes, *, table: str, row: str, column: str) -> bytes:
            raise CannotDecryptError("no such key")

    account = make_account(tools.database)
    assert check_due(replace(tools, cipher=NoKey())) == 0
    row = link_of(tools.database, account)
    assert (row.state, row.claim, row.checked_at) == ("healthy", "", None)
    assert grant_of(tools.database, account).trouble == "key_missing"
    clock.instant = row.next_check_at
    assert check_due(tools) == 1
    assert grant_of(tools.database, account).trouble == ""


def test_who_waits_for_a_check_sees_that_it_was_made(tools: Tools, fake: FakePlatform) -> None:
    """Viewers' pages look again although nothing changed; without a person waiting they do not."""
    account = make_account(tools.database)
    check(tools, account, Works())
    quiet = counter(tools.database)
    check(tools, account, Works())
    assert counter(tools.database) == quiet
    with tools.database.writing() as unit:
        due_now(unit, link_of(tools.database, account).id, now=tools.now())
    check_due(tools)
    assert counter(tools.database) == quiet + 1
    assert link_of(tools.database, account).changed_seq == quiet + 1


def test_a_process_that_is_to_stop_gives_back_what_it_has_not_begun(tools: Tools) -> None:
    """R66."""
    make_many(tools.database, 50)

    class Stopping(FakePlatform):
        async def check(self, *args: Any, **options: Any) -> CheckOutcome:
            tools.stopping.set()
            return await super().check(*args, **options)

    fake = Stopping()
    settings = replace(tools.settings, asks_per_host=1)
    assert check_due(replace(tools, platforms={"fake": fake}, settings=settings)) == 1
    rows = links(tools.database)
    assert {row.claim for row in rows} == {""}
    assert sum(row.next_check_at == START for row in rows) == 49
    assert check_due(tools) == 0


def test_a_platform_file_that_raises_stops_nobody_else_and_is_not_hidden(
    tools: Tools, fake: FakePlatform
) -> None:
    make_many(tools.database, 10)
    fake.outcomes["fake-3"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        check_due(tools)
    rows = links(tools.database)
    assert sum(row.checked_at is not None for row in rows) == 9
    assert {row.state for row in rows} == {"healthy"}
    assert all(row.next_check_at > START and not row.claim for row in rows)


@pytest.fixture
def endpoint(tmp_path: Path) -> Endpoint:
    return Endpoint(tmp_path / "endpoint.sqlite3")


@pytest.fixture
def rotating(tools: Tools, endpoint: Endpoint) -> Tools:
    """Checks against a platform whose access part `a0` has run out."""
    return replace(tools, platforms={"fake": RotatingPlatform(endpoint)})


def make_worn(
    database: Database, *, links: int = 1, ends: str = "null", access: str = "a0"
) -> list[UUID]:
    """Accounts on one grant whose access part the endpoint does not take any more."""
    grant_id = uuid4()
    secret = f'{{"access": "{access}", "refresh": "r1", "expires_at": {ends}}}'
    sealed = f"grants|{grant_id}|credential|{secret}".encode()
    return [make_account(database, grant_id=grant_id, credential=sealed) for _ in range(links)]


@pytest.mark.parametrize("at_once", [1, 64])
@pytest.mark.parametrize("ends", ["null", '"2026-11-24T09:00:00+00:00"'])
def test_an_access_part_that_ran_out_is_renewed_once_for_all_siblings(
    rotating: Tools, endpoint: Endpoint, ends: str, at_once: int
) -> None:
    """Also for those that were read before the renewal and are asked after it."""
    rotating = replace(rotating, settings=replace(rotating.settings, asks_per_host=at_once))
    accounts = make_worn(rotating.database, links=5, ends=ends)
    assert check_due(rotating) == 5
    assert endpoint.log() == [("r1", "ok")]
    assert {link_of(rotating.database, account).state for account in accounts} == {"healthy"}
    assert events(rotating.database) == []


@pytest.mark.parametrize(
    ("fault", "state", "cause"),
    [
        (INVALID_GRANT, "expired", "token_refused"),
        (DROP_AFTER, "expired", "answer_lost"),
        (SUSPENDED, "blocked", "account_suspended"),
        (UNAVAILABLE, "healthy", ""),
        (APP_REFUSED, "healthy", ""),
    ],
)
def test_what_a_renewal_ends_with_is_what_the_check_has_found(
    rotating: Tools, endpoint: Endpoint, fault: str, state: str, cause: str
) -> None:
    """R35, R36: with strict rotation a lost answer is told as such."""
    [account] = make_worn(rotating.database)
    endpoint.plan(fault)
    check_due(rotating)
    row = link_of(rotating.database, account)
    assert (row.state, row.cause) == (state, cause)


def test_a_suspension_that_is_lifted_heals_without_a_relink(
    rotating: Tools, endpoint: Endpoint, clock: FrozenClock
) -> None:
    [account] = make_worn(rotating.database)
    endpoint.plan(SUSPENDED)
    check_due(rotating)
    row = link_of(rotating.database, account)
    assert row.state == "blocked"
    clock.instant = row.next_check_at
    check_due(rotating)
    assert link_of(rotating.database, account).state == "healthy"


def test_refused_right_after_a_renewal_is_believed_the_second_time(
    rotating: Tools, endpoint: Endpoint, clock: FrozenClock
) -> None:
    class NeverContent(RotatingPlatform):
        async def check(self, *args: Any, **options: Any) -> CheckOutcome:
            return NeedsRefresh(evidence=SAID)

    tools = replace(rotating, platforms={"fake": NeverContent(endpoint)})
    [account] = make_worn(tools.database)
    check_due(tools)
    row = link_of(tools.database, account)
    assert (row.state, row.doubts) == ("healthy", 1)
    clock.instant = row.next_check_at
    check_due(tools)
    row = link_of(tools.database, account)
    assert (row.state, row.cause) == ("expired", "token_refused")


def test_a_link_whose_permission_is_being_renewed_elsewhere_is_asked_soon(
    rotating: Tools, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.services.check_questions.LOSER_WAITS", 0.0)
    [account] = make_worn(rotating.database)
    with rotating.database.writing() as unit:
        unit.execute(
            update(GrantRow).values(
                lease_owner="somebody", lease_until=START + timedelta(days=3650)
            )
        )
    assert check_due(rotating) == 0
    row = link_of(rotating.database, account)
    assert (row.state, row.misses) == ("healthy", 0)
    assert row.next_check_at <= START + timedelta(seconds=30)
    assert endpoint.log() == []


class _Renews(FakePlatform):
    """Its access is renewed, and nothing is."""

    async def refresh(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("nothing is to be renewed here")


class _RenewsWithoutSecret(_Renews):
    renews_without_secret = True


@pytest.mark.parametrize(("kind", "over"), [(_Renews, False), (_RenewsWithoutSecret, True)])
def test_a_read_proves_our_registration_only_where_no_renewal_takes_our_secret(
    tools: Tools, clock: FrozenClock, kind: type[FakePlatform], *, over: bool
) -> None:
    fake = kind()
    tools = replace(tools, platforms={"fake": fake})
    account = make_account(tools.database)
    app = AppRow(platform="fake", client_id="me", created_at=START, problem="Not active.")
    with tools.database.writing() as unit:
        unit.add(app)
        unit.flush()
        unit.execute(update(GrantRow).values(app_id=app.id))
    check(tools, account, Works())
    with tools.database.reading() as session:
        assert (session.exec(select(AppRow)).one().problem == "") is over
