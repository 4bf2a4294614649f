"""What persons and errands ask counts like all else; only persons are never held back (R44)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select, update

from dashboard.db.engine import Database
from dashboard.db.tables import GrantRow
from dashboard.domain import traffic
from dashboard.domain.budgets import Budget
from dashboard.domain.checks import Evidence
from dashboard.domain.publishing import Outgoing, PostRules, PublishOutcome, PublishUnclear
from dashboard.domain.team import Viewer
from dashboard.domain.traffic import seconds
from dashboard.domain.wire import Answer, Ask, Http, NoAnswerError, Silence
from dashboard.services.fates import ask_what_became
from dashboard.services.giving_back import give_back_access
from dashboard.services.linking import begin
from dashboard.services.log_ins import Browser
from dashboard.services.pacing import for_person
from dashboard.services.planning import plan
from dashboard.services.ports import Tools
from dashboard.services.publishing import publish_due
from tests.factories import make_account
from tests.fakes import START, FrozenClock, ScriptedHttp
from tests.services.conftest import actor
from tests.services.fake_platforms import SignInPlatform
from tests.services.test_linking import back

TEN = Budget(requests=40, seconds=60, source="test")  # ten of them at once
WORKING = PublishUnclear(evidence=Evidence(call="ask what became of the post"), trace="t-1")


def to(what: str) -> Ask:
    return Ask(call=what, method="POST", url=f"https://fake.example/{what}")


class Talkative(SignInPlatform):
    """Each of its ways takes one question."""

    about = replace(SignInPlatform.about, budget=TEN)
    rules = PostRules(longest=20)

    async def prepare(self, http: Http, *rest: Any) -> Any:
        await http.send(to("prepare"))
        return await super().prepare(http, *rest)

    async def finish(self, http: Http, *rest: Any, **options: Any) -> Any:
        await http.send(to("finish"))
        return await super().finish(http, *rest, **options)

    async def revoke(self, http: Http, *rest: Any) -> None:
        await http.send(to("revoke"))

    async def publish(self, *_: Any) -> PublishOutcome:
        return WORKING

    async def fate(self, http: Http, *_: Any) -> PublishOutcome:
        await http.send(to("fate"))
        return WORKING


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Nothing here is about SQL."""
    return sqlite_database


@pytest.fixture
def tools(tools: Tools, http: ScriptedHttp) -> Tools:
    said = Answer(status=200, headers={}, body=b"{}")
    http.answers = dict.fromkeys(("prepare", "finish", "revoke", "fate"), said)
    return replace(tools, platforms={"fake": Talkative()})


def asked(http: ScriptedHttp) -> list[str]:
    return [ask.call for ask in http.asked]


def wait_an_hour(tools: Tools) -> None:
    """The platform has just asked for it."""
    tools.traffic.note(
        "fake",
        lambda host: traffic.asked_to_wait(
            host, timedelta(hours=1), None, now=seconds(tools.now())
        ),
    )


def test_a_log_in_is_counted_and_never_held_back(
    tools: Tools, ada: Viewer, window: Browser, http: ScriptedHttp
) -> None:
    back(tools, ada, window, begin(tools, ada, window, "fake", {}))
    assert asked(http) == ["prepare", "finish"]
    assert tools.traffic.host("fake").bucket.level == TEN.at_once - 2
    wait_an_hour(tools)
    back(tools, ada, window, begin(tools, ada, window, "fake", {}))
    assert asked(http).count("finish") == 2


def test_giving_back_waits_like_a_check(
    tools: Tools, clock: FrozenClock, http: ScriptedHttp
) -> None:
    make_account(tools.database, grant_id=uuid4())
    with tools.database.writing() as unit:
        unit.execute(update(GrantRow).values(revoke_due=True))
    wait_an_hour(tools)
    assert give_back_access(tools) == 0
    assert asked(http) == []
    clock.advance(minutes=61)
    assert give_back_access(tools) == 1
    assert tools.traffic.host("fake").bucket.level == TEN.at_once - 1
    with tools.database.reading() as session:
        assert session.exec(select(GrantRow.credential)).one() == b""


def test_what_became_of_a_post_is_asked_when_there_is_room(
    tools: Tools, ada: Viewer, clock: FrozenClock, http: ScriptedHttp
) -> None:
    account = make_account(tools.database)
    plan(tools, ada, actor(ada), [account], Outgoing(key="", at=START, text="Bread"), at=None)
    publish_due(tools)
    wait_an_hour(tools)
    clock.advance(minutes=1)
    assert ask_what_became(tools) == 1
    assert asked(http) == []
    clock.advance(minutes=61)
    ask_what_became(tools)
    assert asked(http) == ["fate"]


def test_the_silence_of_a_server_that_a_person_typed_is_not_held_against_the_platform(
    tools: Tools, http: ScriptedHttp
) -> None:
    http.answers["prepare"] = NoAnswerError(Silence.TIMEOUT, call="prepare")
    for typed in (True, False):
        for _ in range(5):
            with pytest.raises(NoAnswerError):
                http.run(for_person(tools, "fake", typed=typed).send(to("prepare")))
        assert tools.traffic.host("fake").is_pristine is typed
