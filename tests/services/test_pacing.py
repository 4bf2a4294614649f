"""Held back is later and nothing else: who goes first, what is told, and what is never said."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select, update

from dashboard.db.accounts import due_now
from dashboard.db.engine import Database
from dashboard.db.tables import AccountRow, EventRow, GrantRow, SyncRow
from dashboard.domain import traffic
from dashboard.domain.budgets import Budget, Priority
from dashboard.domain.checks import CheckOutcome, Evidence, NeedsRefresh, Works
from dashboard.domain.silence import silent
from dashboard.domain.traffic import Verdict, seconds
from dashboard.domain.wire import Answer, Ask, Http, NoAnswerError, Silence
from dashboard.platforms.protocol import RefreshOutcome, RefreshUnclear
from dashboard.services import pacing
from dashboard.services.checking import check_due
from dashboard.services.pacing import paced
from dashboard.services.ports import Tools
from dashboard.services.refreshing import refresh_due
from dashboard.services.syncing import sync_account
from tests.factories import FakePlatform, make_account
from tests.fakes import START, FrozenClock, ScriptedHttp
from tests.rotating import Endpoint, RotatingPlatform
from tests.services.test_checking import grant_of, link_of, links, make_many, make_worn

ASK = Ask(call="list the posts", method="GET", url="https://fake.example/posts")
FEW = Budget(requests=8, seconds=60, source="test")  # two at once, one of them for checks


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Nothing here is about SQL."""
    return sqlite_database


class Narrow(FakePlatform):
    """Takes few questions."""

    about = replace(FakePlatform.about, budget=FEW)

    async def posts(self, http: Http, *_: Any, **__: Any) -> tuple[list[Any], str]:
        await http.send(ASK)
        return [], ""


@pytest.fixture
def narrow(tools: Tools) -> Narrow:
    platform = tools.platforms["fake"] = Narrow()
    return platform


def place(tools: Tools, priority: Priority = Priority.SYNC) -> pacing.Paced:
    return paced(tools, "fake", "", priority)


def wait(tools: Tools, span: float) -> None:
    tools.traffic.note(
        "fake",
        lambda host: traffic.asked_to_wait(
            host, timedelta(seconds=span), None, now=seconds(tools.now())
        ),
    )


def verdict(tools: Tools) -> Verdict:
    return tools.traffic.host("fake").verdict(seconds(tools.now()))


def test_what_the_budget_does_not_hold_is_checked_later_one_after_the_other(
    tools: Tools, clock: FrozenClock, narrow: Narrow
) -> None:
    make_many(tools.database, 4)
    check_due(tools)
    assert len(narrow.checked) == 1
    waiting = sorted(link.next_check_at for link in links(tools.database) if not link.checked_at)
    assert [at > clock() for at in waiting] == [True] * 3
    assert waiting[1] - waiting[0] > timedelta(seconds=5)


def test_held_back_is_no_failure(tools: Tools, clock: FrozenClock, narrow: Narrow) -> None:
    """However long it lasts: no state changes, no miss is counted, nobody is told."""
    make_many(tools.database, 6)
    for _ in range(40):
        clock.advance(seconds=3)
        check_due(tools)
    rows = links(tools.database)
    assert {(row.state, row.misses, row.silent_since) for row in rows} == {("healthy", 0, None)}
    with tools.database.reading() as session:
        assert session.exec(select(EventRow)).all() == []
    assert all(row.checked_at for row in rows), "nobody starves"


def test_an_account_that_a_person_wants_looked_at_goes_first(tools: Tools, narrow: Narrow) -> None:
    make_many(tools.database, 3)
    wanted = make_account(tools.database, remote_id="wanted", next_check_at=START)
    with tools.database.writing() as unit:
        due_now(unit, link_of(tools.database, wanted).id, now=START)
    check_due(tools)
    assert narrow.checked[0] == "wanted"


def test_a_check_that_asks_several_times_counts_as_often(tools: Tools, http: ScriptedHttp) -> None:
    class Talkative(Narrow):
        async def check(self, http: Http, *_: Any, **__: Any) -> CheckOutcome:
            for _ in range(2):
                await http.send(ASK)
            return Works()

    tools.platforms["fake"] = Talkative()
    http.answers[ASK.call] = Answer(status=200, headers={}, body=b"{}")
    make_account(tools.database)
    check_due(tools)
    assert tools.traffic.host("fake").bucket.level == pytest.approx(0.0)


LIMITED = {
    "429 with Retry-After": (429, {"retry-after": "90"}, 90),
    "429 with a reset": (429, {"x-ratelimit-reset": "45"}, 45),
    "429 without a word": (429, {}, 60),
    "nothing is left": (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, 30),
    "Meta's hour is full": (200, {"x-app-usage": '{"call_count": 100, "total_time": 3}'}, 600),
    "maintenance": (503, {"retry-after": "120"}, 120),
}


@pytest.mark.parametrize("which", LIMITED)
def test_whatever_asks_us_to_wait_stops_the_host(
    tools: Tools, clock: FrozenClock, http: ScriptedHttp, narrow: Narrow, which: str
) -> None:
    """R45: said to a synchronisation, it counts for checks, too."""
    status, headers, span = LIMITED[which]
    http.answers[ASK.call] = Answer(status=status, headers=headers, body=b"{}")
    http.run(place(tools).send(ASK))
    clock.advance(seconds=span - 1)
    assert verdict(tools) is Verdict.ASKED_TO_WAIT
    clock.advance(seconds=1)
    assert verdict(tools) is not Verdict.ASKED_TO_WAIT


def test_a_use_that_is_high_but_not_full_stops_nothing(
    tools: Tools, http: ScriptedHttp, narrow: Narrow
) -> None:
    headers = {"x-app-usage": '{"call_count": 99}', "x-ratelimit-remaining": "1.0"}
    http.answers[ASK.call] = Answer(status=200, headers=headers, body=b"{}")
    http.run(place(tools).send(ASK))
    assert verdict(tools) is Verdict.ASK


def test_while_a_host_wants_a_pause_links_wait_without_a_miss(
    tools: Tools, clock: FrozenClock, narrow: Narrow
) -> None:
    wait(tools, 3600)
    account = make_account(tools.database)
    check_due(tools)
    row = link_of(tools.database, account)
    assert narrow.checked == []
    assert (row.state, row.misses) == ("healthy", 0)
    assert timedelta(hours=1) <= row.next_check_at - clock() <= timedelta(minutes=67)


def test_five_silences_of_a_synchronisation_open_the_breaker_for_checks(
    tools: Tools, http: ScriptedHttp, narrow: Narrow
) -> None:
    """R44."""
    silence = NoAnswerError(Silence.TIMEOUT, call=ASK.call)
    for answer in (silence, silence, Answer(status=502, headers={}, body=b""), silence, silence):
        http.answers[ASK.call] = answer
        with suppress(NoAnswerError):
            http.run(place(tools, Priority.PERSON).send(ASK))
    assert verdict(tools) is Verdict.SILENT


@pytest.mark.parametrize("silence", [Silence.FORBIDDEN_ADDRESS, Silence.NOT_SENT])
def test_what_never_left_us_is_not_held_against_the_host(
    tools: Tools, http: ScriptedHttp, silence: Silence
) -> None:
    http.answers[ASK.call] = NoAnswerError(silence, call=ASK.call)
    with pytest.raises(NoAnswerError):
        http.run(place(tools).send(ASK))
    assert tools.traffic.host("fake").is_pristine


def test_a_person_is_never_held_back(tools: Tools, http: ScriptedHttp, narrow: Narrow) -> None:
    http.answers[ASK.call] = Answer(status=200, headers={}, body=b"{}")
    for _ in range(20):
        http.run(place(tools, Priority.PERSON).send(ASK))
    wait(tools, 3600)
    http.run(place(tools, Priority.PERSON).send(ASK))
    assert len(http.asked) == 21


def test_a_synchronisation_that_is_held_back_goes_on_soon(
    tools: Tools, clock: FrozenClock, http: ScriptedHttp, narrow: Narrow
) -> None:
    wait(tools, 3600)
    account = make_account(tools.database)
    with tools.database.writing() as unit:
        row = unit.get(AccountRow, account)
        assert row is not None
        row.next_sync_at = clock()
    report = sync_account(tools, account)
    assert report is not None
    assert http.asked == []
    with tools.database.reading() as session:
        row = session.get(AccountRow, account)
        [told] = session.exec(select(SyncRow)).all()
    assert row is not None
    assert row.next_sync_at == clock() + timedelta(minutes=10)
    assert "goes on later" in told.trouble


def test_a_silent_host_is_not_asked_to_renew(
    tools: Tools, clock: FrozenClock, tmp_path: Path
) -> None:
    """R35: a renewal whose answer is lost may cost the link; soon it is offered again."""
    endpoint = Endpoint(tmp_path / "endpoint")
    tools.platforms["fake"] = RotatingPlatform(endpoint)
    make_worn(tools.database)
    with tools.database.writing() as unit:
        unit.execute(update(GrantRow).values(refresh_due_at=START))
    for _ in range(5):
        tools.traffic.note("fake", lambda h: traffic.silent(h, now=seconds(clock()), lot=1.0))
    refresh_due(tools)
    assert endpoint.log() == []
    clock.advance(minutes=4)
    refresh_due(tools)
    assert endpoint.log() == [("r1", "ok")]


class Renewing(Narrow):
    """Its access part is over; renewing it takes a question."""

    async def check(self, http: Http, *_: Any, **__: Any) -> CheckOutcome:
        return NeedsRefresh(evidence=Evidence(call="read the profile"))

    async def refresh(self, http: Http, *_: Any, **__: Any) -> RefreshOutcome:
        try:
            await http.send(ASK)
        except NoAnswerError as error:
            return RefreshUnclear(evidence=silent(error).evidence, may_have_happened=False)
        raise AssertionError


def test_a_check_whose_renewal_is_held_back_is_put_off_without_a_miss(
    tools: Tools, clock: FrozenClock
) -> None:
    tools.platforms["fake"] = Renewing()
    account = make_account(tools.database)
    tools.traffic.admit({"fake": {Priority.REFRESH: 1}}, {"fake": FEW}, now=clock())
    with tools.database.writing() as unit:
        due_now(unit, link_of(tools.database, account).id, now=START)
    check_due(tools)
    row = link_of(tools.database, account)
    assert (row.state, row.misses) == ("healthy", 0)
    assert row.next_check_at > clock()
    assert grant_of(tools.database, account).generation == 1
