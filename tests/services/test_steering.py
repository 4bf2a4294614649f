"""A person pauses, resumes and hurries a link; nothing else changes."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from dashboard.db.tables import AuditRow, EventRow, LinkRow
from dashboard.domain.errors import ConflictError, NotAllowedError, NotFoundError
from dashboard.domain.team import Viewer
from dashboard.services.ports import Tools
from dashboard.services.steering import check_now, pause, resume
from tests.factories import make_account
from tests.fakes import START, RecordingJobs
from tests.services.conftest import actor


@pytest.fixture
def account(tools: Tools) -> UUID:
    return make_account(tools.database, state="expired", next_check_at=START + timedelta(minutes=9))


def link(tools: Tools) -> LinkRow:
    with tools.database.reading() as session:
        return session.exec(select(LinkRow)).one()


def test_check_now_is_due_now_and_hinted(
    tools: Tools, ada: Viewer, account: UUID, jobs: RecordingJobs
) -> None:
    assert check_now(tools, ada, account)
    assert link(tools).next_check_at == START
    assert jobs.hints == [("check_due",)]


def test_check_now_is_not_lost_when_the_queue_is_away(
    tools: Tools, ada: Viewer, account: UUID, jobs: RecordingJobs
) -> None:
    jobs.away = True
    assert not check_now(tools, ada, account)
    assert link(tools).next_check_at == START


def test_a_paused_link_leaves_the_rota_and_comes_back_new(
    tools: Tools, ada: Viewer, account: UUID
) -> None:
    pause(tools, ada, actor(ada), account)
    assert (link(tools).state, link(tools).next_check_at) == ("paused", None)
    with pytest.raises(ConflictError):
        check_now(tools, ada, account)
    resume(tools, ada, actor(ada), account)
    assert (link(tools).state, link(tools).next_check_at) == ("new", START)


def test_pausing_twice_is_pausing_once_and_stands_in_the_books(
    tools: Tools, ada: Viewer, account: UUID
) -> None:
    pause(tools, ada, actor(ada), account)
    pause(tools, ada, actor(ada), account)
    with tools.database.reading() as session:
        assert [event.data["new"] for event in session.exec(select(EventRow)).all()] == ["paused"]
        assert session.exec(select(AuditRow.action)).all() == ["pause"]


def test_only_who_may_link_may_steer(
    tools: Tools, anna: Viewer, victor: Viewer, account: UUID
) -> None:
    for act in (pause, resume):
        with pytest.raises(NotAllowedError):
            act(tools, victor, actor(victor), account)
        with pytest.raises(NotFoundError):
            act(tools, anna, actor(anna), account)
    with pytest.raises(NotAllowedError):
        check_now(tools, victor, account)
    assert link(tools).state == "expired"
