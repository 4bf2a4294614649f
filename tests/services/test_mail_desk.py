"""What administrators can do about mail, and what everybody is told about it."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from dashboard.db.tables import AuditRow, DeliveryRow, JobFailureRow
from dashboard.domain.errors import ConflictError, NotAllowedError
from dashboard.domain.states import LinkState
from dashboard.domain.team import Viewer
from dashboard.services import mail_desk
from dashboard.services.banners import banners
from dashboard.services.mail_pause import begin_pause, pause_now
from dashboard.services.notifying import gather
from dashboard.services.ports import Tools
from dashboard.services.sending import send_due
from tests.factories import make_account
from tests.fakes import FrozenClock
from tests.services.conftest import actor
from tests.services.happenings import happen, rows
from tests.services.letter_box import LOGIN, REFUSED, LetterBox


@pytest.fixture
def box() -> LetterBox:
    return LetterBox()


@pytest.fixture
def tools(tools: Tools, box: LetterBox) -> Tools:
    return replace(tools, mailer=box)


def fail_one(tools: Tools, box: LetterBox, clock: FrozenClock) -> UUID:
    """A mail that the server refused for good."""
    box.answers.append(REFUSED)
    happen(tools, make_account(tools.database), LinkState.HEALTHY, LinkState.EXPIRED)
    clock.advance(seconds=5)
    gather(tools)
    send_due(tools)
    (row,) = rows(tools, DeliveryRow)
    assert row.state == "dead"
    return row.id


def test_a_test_mail_goes_to_whoever_asks(tools: Tools, ada: Viewer, box: LetterBox) -> None:
    result = mail_desk.send_test(tools, ada)
    assert result.worked
    assert ada.email in result.said
    assert [letter.to for letter in box.letters] == [ada.email]


def test_the_answer_of_the_server_is_shown_with_advice(
    tools: Tools, ada: Viewer, box: LetterBox
) -> None:
    box.answers.append(LOGIN)
    result = mail_desk.send_test(tools, ada)
    assert not result.worked
    assert result.said == LOGIN.why
    assert "user name and password" in result.advice


def test_without_a_server_the_test_says_so(tools: Tools, ada: Viewer) -> None:
    result = mail_desk.send_test(replace(tools, mailer=None), ada)
    assert not result.worked
    assert "nothing was sent" in result.said


def test_a_test_that_works_lets_mails_flow_again(tools: Tools, ada: Viewer) -> None:
    begin_pause(tools, LOGIN.why)
    mail_desk.send_test(tools, ada)
    assert pause_now(tools) is None


def test_a_test_that_fails_leaves_the_pause(tools: Tools, ada: Viewer, box: LetterBox) -> None:
    begin_pause(tools, LOGIN.why)
    box.answers.append(LOGIN)
    mail_desk.send_test(tools, ada)
    assert pause_now(tools) is not None


def test_a_dead_mail_is_tried_again_when_asked(
    tools: Tools, ada: Viewer, box: LetterBox, clock: FrozenClock
) -> None:
    delivery_id = fail_one(tools, box, clock)
    clock.advance(days=10)
    mail_desk.try_again(tools, ada, actor(ada), delivery_id)
    assert send_due(tools) == 1
    assert rows(tools, AuditRow)[-1].action == "mail.tried_again"


def test_a_mail_that_went_out_is_not_sent_again(
    tools: Tools, ada: Viewer, box: LetterBox, clock: FrozenClock
) -> None:
    delivery_id = fail_one(tools, box, clock)
    mail_desk.try_again(tools, ada, actor(ada), delivery_id)
    send_due(tools)
    for asked in (delivery_id, uuid4()):
        with pytest.raises(ConflictError):
            mail_desk.try_again(tools, ada, actor(ada), asked)


def test_a_dead_mail_can_be_let_be(
    tools: Tools, ada: Viewer, box: LetterBox, clock: FrozenClock
) -> None:
    delivery_id = fail_one(tools, box, clock)
    assert [banner.text for banner in banners(tools, ada)] == ["1 mail could not be delivered."]
    mail_desk.let_be(tools, ada, actor(ada), delivery_id)
    assert banners(tools, ada) == ()
    with pytest.raises(ConflictError):
        mail_desk.let_be(tools, ada, actor(ada), delivery_id)


def test_nobody_else_works_at_the_desk(tools: Tools, anna: Viewer) -> None:
    with pytest.raises(NotAllowedError):
        mail_desk.send_test(tools, anna)
    with pytest.raises(NotAllowedError):
        mail_desk.try_again(tools, anna, actor(anna), uuid4())
    with pytest.raises(NotAllowedError):
        mail_desk.let_be(tools, anna, actor(anna), uuid4())
    with pytest.raises(NotAllowedError):
        mail_desk.try_server_again(tools, anna)


def test_everybody_is_told_that_nobody_is_told(tools: Tools, anna: Viewer, ada: Viewer) -> None:
    mute = replace(tools, mailer=None)
    (seen,) = banners(mute, anna)
    assert (seen.text, seen.link_url) == ("Mail is not set up: nobody is being told.", "")
    (seen,) = banners(mute, ada)
    assert seen.link_url == "/settings/general/mail"


def test_a_refused_login_is_on_every_page(tools: Tools, anna: Viewer, ada: Viewer) -> None:
    """R54"""
    begin_pause(tools, LOGIN.why)
    assert [banner.kind for banner in banners(tools, anna)] == ["problem"]
    mail_desk.try_server_again(tools, ada)
    assert banners(tools, anna) == ()


def test_administrators_hear_of_jobs_until_they_have_looked(
    tools: Tools, anna: Viewer, ada: Viewer
) -> None:
    from dashboard.services.failures import mark_all_seen

    now = tools.now()
    with tools.database.writing() as unit:
        for key in ("a", "b"):
            unit.add(JobFailureRow(key=key, job="a", first_at=now, last_at=now, error="ValueError"))
    assert [banner.text for banner in banners(tools, ada)] == ["2 jobs went wrong."]
    assert banners(tools, anna) == ()
    mark_all_seen(tools)
    assert banners(tools, ada) == ()
