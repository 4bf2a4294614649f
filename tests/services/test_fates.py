"""What a platform has taken and works on is asked about, never sent again by itself (R77)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from dashboard.db.open_fates import claim_fate, settle_fate
from dashboard.db.publications import NOT_FOUND, note_looked_for, take_over
from dashboard.db.tables import AccountRow, PublicationRow
from dashboard.domain.calendar import FoundPost
from dashboard.domain.checks import Evidence
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    PostRules,
    Published,
    PublishOutcome,
    PublishUnclear,
)
from dashboard.domain.team import Viewer
from dashboard.services.fates import ask_what_became
from dashboard.services.planning import plan, publish_now
from dashboard.services.ports import Tools
from dashboard.services.publishing import anything_to_publish, publish_due
from tests.factories import FakePlatform, make_account
from tests.fakes import START, FrozenClock, RecordingJobs
from tests.services.conftest import actor

WORKING = PublishUnclear(
    evidence=Evidence(call="ask what became of the post", text="It still works on it."), trace="t-1"
)
FAILED = Evidence(call="ask what became of the post", code="picture_size_check_failed", text="No.")


class SlowNewsroom(FakePlatform):
    """Takes every post, and says what became of it when it is asked; `None`: it works on."""

    rules = PostRules(longest=20)

    def __init__(self) -> None:
        super().__init__()
        self.said: PublishOutcome = WORKING
        self.taken = 0
        self.asked: list[str] = []

    async def publish(self, *_: Any) -> PublishOutcome:
        self.taken += 1
        return WORKING

    async def fate(self, http: Any, app: Any, credential: Any, trace: str) -> PublishOutcome:
        self.asked.append(trace)
        return self.said


@pytest.fixture
def newsroom() -> SlowNewsroom:
    return SlowNewsroom()


@pytest.fixture
def tools(tools: Tools, newsroom: SlowNewsroom) -> Tools:
    return replace(tools, platforms={"fake": newsroom})


@pytest.fixture
def account(tools: Tools, ada: Viewer) -> UUID:
    """An account to which a post has gone that the platform works on."""
    made = make_account(tools.database)
    plan(tools, ada, actor(ada), [made], Outgoing(key="", at=START, text="Fresh bread"), at=None)
    publish_due(tools)
    return made


def row(tools: Tools) -> PublicationRow:
    with tools.database.reading() as session:
        return session.exec(select(PublicationRow)).one()


def ask_until(tools: Tools, clock: FrozenClock, end: timedelta) -> None:
    while clock.instant < START + end:
        clock.advance(seconds=20)
        if anything_to_publish(tools):
            publish_due(tools)
            ask_what_became(tools)


@pytest.mark.usefixtures("account")
def test_it_is_asked_until_it_stands_there(
    tools: Tools, clock: FrozenClock, newsroom: SlowNewsroom
) -> None:
    ask_until(tools, clock, timedelta(minutes=5))
    assert (row(tools).state, row(tools).trouble) == ("unknown", "It still works on it.")
    assert 4 <= len(newsroom.asked) <= 10
    newsroom.said = Published(remote_id="r1", url="https://x.y/1")
    ask_until(tools, clock, timedelta(minutes=20))
    made = row(tools)
    assert (made.state, made.remote_id, made.trouble) == ("published", "r1", "")
    assert (newsroom.taken, set(newsroom.asked)) == (1, {"t-1"})
    assert not anything_to_publish(tools)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("about_the_post", [True, False])
def test_what_the_platform_could_not_make_failed_and_says_why(
    tools: Tools,
    clock: FrozenClock,
    newsroom: SlowNewsroom,
    jobs: RecordingJobs,
    about_the_post: bool,
) -> None:
    jobs.hints.clear()
    newsroom.said = NotPublished(evidence=FAILED, about_the_post=about_the_post, again=True)
    ask_until(tools, clock, timedelta(minutes=5))
    made = row(tools)
    assert (made.state, made.trouble, newsroom.taken) == ("failed", "No.", 1)
    assert (("check_due",) in jobs.hints) is not about_the_post


@pytest.mark.usefixtures("account")
def test_r77_after_a_day_without_a_word_it_is_as_unclear_as_before_and_the_list_is_looked_at(
    tools: Tools, clock: FrozenClock, newsroom: SlowNewsroom
) -> None:
    clock.advance(hours=25)
    ask_what_became(tools)
    made = row(tools)
    assert (made.state, made.try_at, newsroom.taken) == ("unknown", None, 1)
    assert made.trouble == "The platform never said what became of the post."
    with tools.database.reading() as session:
        assert session.exec(select(AccountRow)).one().next_sync_at == clock.instant
    assert not anything_to_publish(tools)


def test_r77_a_list_without_it_says_nothing_while_the_platform_works_on_it(
    tools: Tools, account: UUID, clock: FrozenClock
) -> None:
    clock.advance(minutes=10)
    with tools.database.writing() as unit:
        note_looked_for(unit, account, now=clock.instant)
    assert row(tools).trouble == "It still works on it."
    clock.advance(hours=25)
    ask_what_became(tools)
    with tools.database.writing() as unit:
        note_looked_for(unit, account, now=clock.instant)
    assert (row(tools).state, row(tools).trouble) == ("unknown", NOT_FOUND)


def test_a_list_that_was_faster_leaves_one_publication(
    tools: Tools, account: UUID, clock: FrozenClock, newsroom: SlowNewsroom
) -> None:
    other_words = FoundPost(
        remote_id="r1", text="Retold by them", url="", published_at=START + timedelta(seconds=9)
    )
    with tools.database.writing() as unit:
        take_over(unit, account, [other_words], now=START)
    newsroom.said = Published(remote_id="r1")
    ask_until(tools, clock, timedelta(minutes=1))
    assert (row(tools).state, row(tools).remote_id) == ("published", "r1")


@pytest.mark.usefixtures("account")
def test_a_late_answer_about_an_earlier_sending_changes_nothing(
    tools: Tools, ada: Viewer, clock: FrozenClock, newsroom: SlowNewsroom
) -> None:
    """A person sends it again while it is asked: the end of the first task is not the second's."""
    publication, now = row(tools).id, clock.advance(seconds=20)
    with tools.database.writing() as unit:
        of = claim_fate(unit, publication, again_at=now + timedelta(minutes=1), now=now)
        assert claim_fate(unit, publication, again_at=now, now=now) is None, "one worker asks"
    assert of is not None
    publish_now(tools, ada, actor(ada), publication)
    publish_due(tools)
    with tools.database.writing() as unit:
        assert not settle_fate(unit, of, now=now, state="failed")
    assert (row(tools).state, newsroom.taken) == ("unknown", 2)


@pytest.mark.usefixtures("account")
def test_an_account_that_is_not_linked_any_more_is_not_asked_about(
    tools: Tools, clock: FrozenClock, newsroom: SlowNewsroom
) -> None:
    with tools.database.writing() as unit:
        unit.exec(select(AccountRow)).one().removed_at = START
    ask_until(tools, clock, timedelta(minutes=2))
    assert newsroom.asked == []
    assert (row(tools).state, row(tools).try_at) == ("unknown", None)
