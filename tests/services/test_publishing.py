"""A post goes out once, at its time, or not at all (R76, R77)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from dashboard.db.publications import take_over
from dashboard.db.tables import AccountRow, LinkRow, PictureRow, PublicationRow
from dashboard.domain.calendar import FoundPost
from dashboard.domain.checks import Evidence
from dashboard.domain.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from dashboard.domain.faults import planned
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    Picture,
    PictureRule,
    PostRules,
    Published,
    PublishUnclear,
)
from dashboard.domain.team import Viewer
from dashboard.services.planning import plan, publish_now, stands_there, withdraw
from dashboard.services.ports import Tools
from dashboard.services.publishing import anything_to_publish, publish_due
from tests.factories import FakePlatform, make_account, make_role
from tests.fakes import START, FrozenClock, RecordingJobs
from tests.pictures import drawn
from tests.services.conftest import actor

EVIDENCE = Evidence(call="publish the post", status=422, text="Text is too rude.")


class Newsroom(FakePlatform):
    """Takes posts, and does with each what `answers` says, one after the other."""

    rules = PostRules(longest=20, picture=PictureRule.UPLOADED)

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.answers = list(answers)
        self.taken: list[Outgoing] = []

    async def publish(self, http, app, credential, identity, post):
        self.taken.append(post)
        return (
            self.answers.pop(0) if self.answers else Published(remote_id="r1", url="https://x.y/")
        )


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


@pytest.fixture
def tools(tools: Tools, newsroom: Newsroom) -> Tools:
    return replace(tools, platforms={"fake": newsroom})


@pytest.fixture
def account(tools: Tools) -> UUID:
    return make_account(tools.database)


def post(text: str = "Fresh bread", **more: Any) -> Outgoing:
    return Outgoing(key="", at=START, text=text, **more)


def make_plan(tools: Tools, viewer: Viewer, account: UUID, at=None, **more: Any) -> UUID:
    return plan(tools, viewer, actor(viewer), [account], post(**more), at=at)[0]


def row(tools: Tools) -> PublicationRow:
    with tools.database.reading() as session:
        return session.exec(select(PublicationRow)).one()


def set_link(tools: Tools, **values: Any) -> None:
    with tools.database.writing() as unit:
        link = unit.exec(select(LinkRow)).one()
        for name, value in values.items():
            setattr(link, name, value)


def test_a_post_goes_out_at_its_time_and_not_before(
    tools: Tools, ada: Viewer, account: UUID, clock: FrozenClock, newsroom: Newsroom
) -> None:
    make_plan(tools, ada, account, START + timedelta(hours=1))
    publish_due(tools)
    assert newsroom.taken == []
    clock.advance(hours=1)
    assert anything_to_publish(tools)
    publish_due(tools)
    assert [sent.text for sent in newsroom.taken] == ["Fresh bread"]
    assert (row(tools).state, row(tools).remote_id) == ("published", "r1")


def test_r77_a_published_post_is_never_taken_again(
    tools: Tools, ada: Viewer, account: UUID, newsroom: Newsroom, clock: FrozenClock
) -> None:
    make_plan(tools, ada, account)
    for _ in range(3):
        publish_due(tools)
        clock.advance(hours=1)
    assert len(newsroom.taken) == 1
    assert not anything_to_publish(tools)


def test_r77_without_an_answer_its_fate_is_not_known_and_the_platform_is_looked_at(
    tools: Tools, ada: Viewer, account: UUID, newsroom: Newsroom, clock: FrozenClock
) -> None:
    newsroom.answers = [PublishUnclear(evidence=EVIDENCE)]
    make_plan(tools, ada, account)
    publish_due(tools)
    clock.advance(hours=1)
    publish_due(tools)
    assert (row(tools).state, len(newsroom.taken)) == ("unknown", 1)
    with tools.database.reading() as session:
        next_sync = session.exec(select(AccountRow)).one().next_sync_at
    assert next_sync == START + timedelta(minutes=1)


def test_r77_found_at_the_platform_it_was_published(
    tools: Tools, ada: Viewer, account: UUID, newsroom: Newsroom
) -> None:
    newsroom.answers = [PublishUnclear(evidence=EVIDENCE)]
    make_plan(tools, ada, account, link="https://example.org/a")
    publish_due(tools)
    found = FoundPost(
        remote_id="r9",
        text="Fresh  bread\n\nhttps://example.org/a",
        url="https://x.y/9",
        published_at=START + timedelta(seconds=3),
    )
    with tools.database.writing() as unit:
        done = take_over(unit, account, [found], now=START + timedelta(minutes=1))
    assert (row(tools).state, row(tools).remote_id, row(tools).trouble) == ("published", "r9", "")
    assert done.loaded == 0


def test_r77_another_post_of_the_account_is_not_taken_for_it(
    tools: Tools, ada: Viewer, account: UUID, newsroom: Newsroom
) -> None:
    newsroom.answers = [PublishUnclear(evidence=EVIDENCE)]
    make_plan(tools, ada, account)
    publish_due(tools)
    others = [
        FoundPost(remote_id="r8", text="Old bread", url="", published_at=START),
        FoundPost(
            remote_id="r7", text="Fresh bread", url="", published_at=START - timedelta(days=7)
        ),
    ]
    with tools.database.writing() as unit:
        take_over(unit, account, others, now=START)
    with tools.database.reading() as session:
        states = sorted(session.exec(select(PublicationRow.state)).all())
    assert states == ["loaded", "loaded", "unknown"]


def test_a_synchronisation_that_was_faster_leaves_one_publication(
    tools: Tools, ada: Viewer, account: UUID, newsroom: Newsroom
) -> None:
    make_plan(tools, ada, account)
    loaded = FoundPost(remote_id="r1", text="Fresh bread", url="", published_at=START)
    with tools.database.writing() as unit:
        take_over(unit, account, [loaded], now=START)
    publish_due(tools)
    assert row(tools).state == "published"


class Killed(BaseException):
    """The process dies."""


@pytest.mark.parametrize(
    ("where", "state", "sent"),
    [("publish.before_sending", "unknown", 0), ("publish.after_sending", "unknown", 1)],
)
def test_f43_killed_around_the_sending_it_is_never_sent_again_by_itself(
    tools: Tools,
    ada: Viewer,
    account: UUID,
    newsroom: Newsroom,
    clock: FrozenClock,
    where: str,
    state: str,
    sent: int,
) -> None:
    make_plan(tools, ada, account)

    def die(name: str) -> None:
        if name == where:
            raise Killed

    with planned(die), pytest.raises(Killed):
        publish_due(tools)
    assert row(tools).state == "publishing"
    clock.advance(minutes=6)
    assert anything_to_publish(tools)
    publish_due(tools)
    assert (row(tools).state, len(newsroom.taken)) == (state, sent)


def test_r65_killed_before_anything_could_leave_it_goes_out_by_the_next_worker(
    tools: Tools, ada: Viewer, account: UUID, newsroom: Newsroom, clock: FrozenClock
) -> None:
    publication = make_plan(tools, ada, account)
    with tools.database.writing() as unit:
        lost = unit.get_one(PublicationRow, publication)
        lost.state, lost.claim = "publishing", "dead"
        lost.claimed_until = START + timedelta(minutes=5)
    clock.advance(minutes=6)
    publish_due(tools)
    assert (row(tools).state, len(newsroom.taken)) == ("published", 1)


def test_a_refused_post_failed_and_says_why(
    tools: Tools, ada: Viewer, account: UUID, newsroom: Newsroom, jobs: RecordingJobs
) -> None:
    newsroom.answers = [NotPublished(evidence=EVIDENCE, about_the_post=True)]
    make_plan(tools, ada, account)
    jobs.hints.clear()
    publish_due(tools)
    assert (row(tools).state, row(tools).trouble) == ("failed", "Text is too rude.")
    assert jobs.hints == [], "the link is not in doubt"


def test_a_refusal_that_may_be_about_the_link_lets_it_be_checked(
    tools: Tools, ada: Viewer, account: UUID, newsroom: Newsroom, jobs: RecordingJobs
) -> None:
    newsroom.answers = [NotPublished(evidence=EVIDENCE)]
    set_link(tools, next_check_at=START + timedelta(hours=1))
    make_plan(tools, ada, account)
    publish_due(tools)
    assert ("check_due",) in jobs.hints
    with tools.database.reading() as session:
        assert session.exec(select(LinkRow.next_check_at)).one() == START


def test_what_left_nothing_behind_is_tried_three_times(
    tools: Tools, ada: Viewer, account: UUID, newsroom: Newsroom, clock: FrozenClock
) -> None:
    newsroom.answers = [NotPublished(evidence=EVIDENCE, again=True) for _ in range(5)]
    make_plan(tools, ada, account)
    for _ in range(10):
        publish_due(tools)
        clock.advance(minutes=4)
    assert (len(newsroom.taken), row(tools).state) == (3, "failed")


@pytest.mark.parametrize(
    "broken",
    [
        {"state": "expired"},
        {"state": "blocked"},
        {"state": "unreachable"},
        {"state": "paused"},
        {"grant_id": None},
        {"state": "limited", "missing": [{"capability": "publish", "kind": "permission"}]},
    ],
)
def test_a_post_is_held_while_its_link_is_broken_and_goes_out_once_it_works(
    tools: Tools,
    ada: Viewer,
    account: UUID,
    newsroom: Newsroom,
    clock: FrozenClock,
    broken: dict[str, Any],
) -> None:
    with tools.database.reading() as session:
        grant = session.exec(select(LinkRow.grant_id)).one()
    set_link(tools, **broken)
    make_plan(tools, ada, account)
    publish_due(tools)
    assert row(tools).state == "held"
    assert row(tools).trouble
    set_link(tools, state="healthy", grant_id=grant, missing=[])
    clock.advance(minutes=2)
    publish_due(tools)
    assert (row(tools).state, len(newsroom.taken)) == ("published", 1)


def test_r76_after_more_than_an_hour_nothing_goes_out_by_surprise(
    tools: Tools, ada: Viewer, account: UUID, newsroom: Newsroom, clock: FrozenClock
) -> None:
    publication = make_plan(tools, ada, account, START + timedelta(minutes=5))
    clock.advance(hours=2)
    publish_due(tools)
    assert (row(tools).state, newsroom.taken) == ("missed", [])
    publish_now(tools, ada, actor(ada), publication)
    publish_due(tools)
    assert (row(tools).state, len(newsroom.taken)) == ("published", 1)


def test_a_person_settles_what_nobody_knows(
    tools: Tools, ada: Viewer, account: UUID, newsroom: Newsroom
) -> None:
    newsroom.answers = [PublishUnclear(evidence=EVIDENCE)]
    publication = make_plan(tools, ada, account)
    publish_due(tools)
    with pytest.raises(ConflictError):
        withdraw(tools, ada, actor(ada), publication)
    stands_there(tools, ada, actor(ada), publication)
    assert row(tools).state == "published"
    with pytest.raises(ConflictError):
        publish_now(tools, ada, actor(ada), publication)


def test_a_withdrawn_post_is_gone_with_its_picture(
    tools: Tools, ada: Viewer, account: UUID, newsroom: Newsroom
) -> None:
    picture = Picture(data=drawn("PNG"), media_type="image/png", alt="Bread")
    publication = make_plan(tools, ada, account, START + timedelta(hours=1), picture=picture)
    withdraw(tools, ada, actor(ada), publication)
    with tools.database.reading() as session:
        assert session.exec(select(PublicationRow)).all() == []
        assert session.exec(select(PictureRow)).all() == []


def test_picture_link_and_key_arrive_at_the_platform(
    tools: Tools, ada: Viewer, account: UUID, newsroom: Newsroom
) -> None:
    picture = Picture(data=drawn("PNG"), media_type="image/png", alt="Bread")
    publication = make_plan(tools, ada, account, picture=picture, link="https://example.org/")
    publish_due(tools)
    (sent,) = newsroom.taken
    assert sent.key == str(publication)
    assert sent.link == "https://example.org/"
    assert sent.picture is not None
    assert (sent.picture.data[:3], sent.picture.alt) == (b"\xff\xd8\xff", "Bread")
    assert sent.picture.url.startswith(f"{tools.settings.base_url}/picture/")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("account", {"text": "far more than twenty letters"}),
        ("account", {"text": ""}),
        ("link", {"link": "javascript:alert(1)"}),
        ("picture", {"picture": Picture(data=b"GIF89a", media_type="image/gif")}),
        ("picture", {"picture": Picture(data=b"\xff\xd8\xff" * 6_000_000, media_type="x")}),
    ],
)
def test_what_a_platform_would_not_take_is_said_before_anything_is_stored(
    tools: Tools, ada: Viewer, account: UUID, field: str, wrong: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        make_plan(tools, ada, account, **wrong)
    assert caught.value.field == field
    with tools.database.reading() as session:
        assert session.exec(select(PublicationRow)).all() == []


def test_r14_only_who_may_publish_there_does(tools: Tools, ada: Viewer, account: UUID) -> None:
    publication = make_plan(tools, ada, account, START + timedelta(hours=1))
    reader = replace(ada, rights=frozenset())
    elsewhere = make_role(tools.database, name="Elsewhere", all_accounts=False)
    stranger = replace(ada, role_id=elsewhere)
    with pytest.raises(NotAllowedError):
        make_plan(tools, reader, account)
    with pytest.raises(NotFoundError):
        make_plan(tools, stranger, account)
    for act in (publish_now, withdraw, stands_there):
        with pytest.raises(NotAllowedError):
            act(tools, reader, actor(ada), publication)
        with pytest.raises(NotFoundError):
            act(tools, stranger, actor(ada), publication)
