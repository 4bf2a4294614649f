"""What costs money is counted before it is asked, lasts the day, and stops no person."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import update

from dashboard.db.accounts import due_now
from dashboard.db.quotas import take, use_of
from dashboard.db.tables import LinkRow
from dashboard.domain.budgets import Priority
from dashboard.domain.errors import InvalidInputError, NotAllowedError, NotFoundError
from dashboard.domain.quotas import Quota
from dashboard.domain.team import Actor, Viewer
from dashboard.domain.wire import Answer, Ask, NoAnswerError, Silence
from dashboard.services import quotas
from dashboard.services.checking import check_due
from dashboard.services.pacing import paced
from dashboard.services.ports import Tools
from dashboard.services.quotas import forget_old_uses, quota_now, set_limit, used_up
from tests.factories import FakePlatform, make_account
from tests.fakes import FrozenClock, ScriptedHttp
from tests.services.test_checking import link_of, links, make_many

pytestmark = pytest.mark.many_rounds

MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
TODAY = date(2026, 11, 24)
PAGE = Ask(call="list", method="GET", url="https://fake.example/posts", units=100)


class Paid(FakePlatform):
    about = replace(FakePlatform.about, quota=Quota(word="reads", source="test", largest=100))


@pytest.fixture(autouse=True)
def paid(tools: Tools, clock: FrozenClock) -> Paid:
    clock.instant = MIDNIGHT
    platform = tools.platforms["fake"] = Paid()
    return platform


def make_due(tools: Tools, number: int) -> None:
    make_many(tools.database, number)
    with tools.database.writing() as unit:
        unit.execute(update(LinkRow).values(next_check_at=tools.now()))


def limit(tools: Tools, ada: Viewer, number: int) -> None:
    set_limit(tools, ada, Actor(), "fake", str(number))


def used(tools: Tools) -> int:
    with tools.database.reading() as session:
        return use_of(session, "fake", tools.now().astimezone(UTC).date()).used


def test_without_a_limit_reads_are_counted_and_none_is_held_back(tools: Tools) -> None:
    make_due(tools, 3)
    check_due(tools)
    now = quota_now(tools, "fake")
    assert now is not None
    assert (now.used, now.limit, now.left) == (3, None, None)


def test_a_day_with_a_limit_is_checked_evenly_until_midnight(
    tools: Tools, clock: FrozenClock, ada: Viewer, paid: Paid
) -> None:
    """Also while more is due than there is: nobody is left out, nothing is a failure."""
    limit(tools, ada, 48)
    make_due(tools, 6)
    half = 0
    for quarter in range(96):
        clock.instant = MIDNIGHT + timedelta(minutes=15 * quarter)
        check_due(tools)
        half = used(tools) if quarter == 48 else half
    assert used(tools) <= 48
    assert 18 <= half <= 26
    assert used(tools) >= 36
    times = [paid.checked.count(f"fake-{nth}") for nth in range(6)]
    assert min(times) >= 4
    assert {(row.state, row.misses) for row in links(tools.database)} == {("healthy", 0)}


def test_used_up_is_told_with_the_time_of_the_next_check(
    tools: Tools, clock: FrozenClock, ada: Viewer
) -> None:
    limit(tools, ada, 5)
    clock.instant = MIDNIGHT + timedelta(hours=12)
    with tools.database.writing() as unit:
        take(unit, "fake", TODAY, lambda _: 5)
    assert used_up(tools) == [("Fakebook", MIDNIGHT + timedelta(days=1))]
    account = make_account(tools.database, next_check_at=clock())
    check_due(tools)
    row = link_of(tools.database, account)
    assert MIDNIGHT + timedelta(days=1) <= row.next_check_at <= MIDNIGHT + timedelta(hours=26)
    assert row.state == "healthy"


def test_a_person_who_wants_to_know_is_never_held_back(
    tools: Tools, clock: FrozenClock, ada: Viewer, http: ScriptedHttp, paid: Paid
) -> None:
    limit(tools, ada, 1)
    with tools.database.writing() as unit:
        take(unit, "fake", TODAY, lambda _: 1)
    account = make_account(tools.database, remote_id="wanted", next_check_at=clock())
    with tools.database.writing() as unit:
        due_now(unit, link_of(tools.database, account).id, now=clock())
    check_due(tools)
    assert paid.checked == ["wanted"]
    http.answers[PAGE.call] = Answer(status=200, headers={}, body=b"{}")
    http.run(paced(tools, "fake", "", Priority.PERSON).send(PAGE))
    assert used(tools) == 102


def test_a_sync_counts_what_a_page_costs_and_waits_for_its_part(
    tools: Tools, ada: Viewer, http: ScriptedHttp
) -> None:
    limit(tools, ada, 400)
    http.answers[PAGE.call] = Answer(status=200, headers={}, body=b"{}")
    reader = paced(tools, "fake", "", Priority.SYNC)
    http.run(reader.send(PAGE))
    with pytest.raises(NoAnswerError) as held:
        http.run(reader.send(PAGE))
    assert held.value.silence is Silence.HELD_BACK
    assert used(tools) == 100


def test_what_is_no_read_is_not_counted(tools: Tools, http: ScriptedHttp) -> None:
    http.answers["publish"] = Answer(status=200, headers={}, body=b"{}")
    ask = replace(PAGE, call="publish", method="POST")
    http.run(paced(tools, "fake", "", Priority.PERSON).send(ask))
    assert used(tools) == 0


def test_two_workers_together_take_no_more_than_there_is(tools: Tools) -> None:
    begin = threading.Barrier(4)

    def compete(_: int) -> int:
        begin.wait(20)
        got = 0
        for _ in range(5):
            got += tools.database.write(
                lambda unit: take(unit, "fake", TODAY, lambda use: min(2, 13 - use.used))[1]
            )
        return got

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(compete, range(4))) == 13
    assert used(tools) == 13


def test_a_larger_number_counts_at_once(tools: Tools, clock: FrozenClock, ada: Viewer) -> None:
    limit(tools, ada, 1)
    make_due(tools, 3)
    clock.advance(hours=1)
    check_due(tools)
    assert used(tools) == 1
    limit(tools, ada, 1000)
    check_due(tools)
    assert used(tools) in {1 + 2, 1 + 3}, "the two others; by its lot the first may be due again"


def test_the_environment_goes_before_what_was_typed(tools: Tools, ada: Viewer) -> None:
    limit(tools, ada, 10)
    tools = replace(tools, settings=replace(tools.settings, reads_per_day={"fake": 20}))
    now = quota_now(tools, "fake")
    assert now is not None
    assert (now.limit, now.from_environment) == (20, True)
    with pytest.raises(NotAllowedError):
        limit(tools, ada, 30)


def test_nothing_typed_is_what_the_platform_allows(tools: Tools, ada: Viewer) -> None:
    limit(tools, ada, 10)
    set_limit(tools, ada, Actor(), "fake", " ")
    now = quota_now(tools, "fake")
    assert now is not None
    assert now.limit is None


@pytest.mark.parametrize("typed", ["0", "-1", "many", "1.5", "9" * 30, "\u0667"])
def test_what_is_no_number_is_refused(tools: Tools, ada: Viewer, typed: str) -> None:
    with pytest.raises(InvalidInputError):
        set_limit(tools, ada, Actor(), "fake", typed)


def test_only_administrators_set_it_and_only_where_something_is_counted(
    tools: Tools, anna: Viewer, ada: Viewer
) -> None:
    with pytest.raises(NotAllowedError):
        limit(tools, anna, 10)
    tools.platforms["fake"] = FakePlatform()
    with pytest.raises(NotFoundError):
        limit(tools, ada, 10)
    assert quota_now(tools, "fake") is None


def test_old_days_are_forgotten(tools: Tools, clock: FrozenClock) -> None:
    with tools.database.writing() as unit:
        take(unit, "fake", TODAY, lambda _: 5)
    clock.advance(days=91)
    forget_old_uses(tools)
    with tools.database.reading() as session:
        assert use_of(session, "fake", TODAY).used == 0


def test_where_nothing_is_counted_a_round_writes_nothing(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rota of platforms without a quota costs what it did."""

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(quotas, "take", never)
    tools.platforms["fake"] = FakePlatform()
    make_account(tools.database, next_check_at=tools.now())
    assert check_due(tools) == 1
