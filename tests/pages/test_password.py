"""A forgotten password: the same answer for everybody (R7)."""

import pytest
from sqlmodel import select

from dashboard.db.tables import EventRow
from dashboard.settings import MailServer
from tests.pages.conftest import Browser


@pytest.fixture
def with_mail(app_with) -> Browser:
    mail = MailServer(host="mail.example.org", port=587, tls="starttls")
    return Browser(app_with(mail_server=mail).test_client())


def asked_for(tools) -> list:
    with tools.database.reading() as session:
        return [event.user_id for event in session.exec(select(EventRow).order_by(EventRow.seq))]


def test_a_stranger_gets_the_same_answer_for_whatever_address(with_mail, alice, tools) -> None:
    known = with_mail.post("/forgotten-password", {"email": "alice@example.org"})
    unknown = with_mail.post("/forgotten-password", {"email": "nobod@example.org"})
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace("alice@", "nobod@") == unknown.text
    assert asked_for(tools) == [alice.id, None]


def test_without_mail_a_stranger_is_told_whom_to_ask(anon) -> None:
    assert "Ask an administrator" in anon.get("/forgotten-password").text
