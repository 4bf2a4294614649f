"""Mails with a single-use link: to the one person concerned, and to nobody else's eyes (R7, R8)."""

import re
from dataclasses import replace

import pytest
from sqlmodel import col, select, update

from dashboard.adapters.smtp import Failed
from dashboard.db.tables import DeliveryRow, EventRow, OneTimeTokenRow, UserRow
from dashboard.domain.team import Actor
from dashboard.services.forgotten import request_new_password
from dashboard.services.notifying import gather
from dashboard.services.one_time import whose
from dashboard.services.people import (
    NewUser,
    add_user,
    administrator_role,
    choose_password,
    invite_by_mail,
)
from dashboard.services.ports import Tools
from dashboard.services.sending import send_due
from dashboard.services.sessions import Place
from tests.factories import make_user
from tests.services.letter_box import REFUSED, LetterBox

EMAIL = "anna@example.org"


@pytest.fixture
def box() -> LetterBox:
    return LetterBox()


@pytest.fixture
def tools(tools: Tools, box: LetterBox) -> Tools:
    return replace(tools, mailer=box)


@pytest.fixture
def anna(tools: Tools):
    return make_user(tools.database, role_id=administrator_role(tools), email=EMAIL)


def send_all(tools: Tools) -> None:
    gather(tools)
    send_due(tools)


def secret_in(letter) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000/welcome/(\S+)", letter.text)
    assert found is not None
    return found[1]


def all_rows(tools: Tools, table) -> list:
    with tools.database.reading() as session:
        return list(session.exec(select(table)))


def test_who_forgot_his_password_gets_a_link_at_once_that_works_for_an_hour(
    tools: Tools, box, anna, clock
) -> None:
    request_new_password(tools, "Anna@Example.org ")
    send_all(tools)
    (letter,) = box.letters
    assert letter.to == EMAIL
    clock.advance(minutes=59)
    assert whose(tools, secret_in(letter)).user_id == anna
    clock.advance(minutes=1)
    assert whose(tools, secret_in(letter)) is None


def test_asking_for_nobody_costs_the_same_and_mails_nobody(tools: Tools, box, anna, jobs) -> None:
    """R7: one row and one hint either way; it is told apart only later, where nobody measures."""
    request_new_password(tools, EMAIL)
    request_new_password(tools, "nobody@example.org")
    request_new_password(tools, "no address\0")
    assert [(event.user_id, event.told) for event in all_rows(tools, EventRow)] == [
        (anna, False),
        (None, True),
        (None, True),
    ]
    assert jobs.hints == [("gather_notices",)] * 3
    send_all(tools)
    assert [letter.to for letter in box.letters] == [EMAIL]


def test_nobody_can_fill_a_mailbox_by_asking_again_and_again(
    tools: Tools, box, anna, clock
) -> None:
    """R61"""
    for _ in range(30):
        request_new_password(tools, EMAIL)
        send_all(tools)
        clock.advance(minutes=1)
    assert len(box.letters) == 3


def test_who_was_switched_off_gets_no_link(tools: Tools, box, anna) -> None:
    request_new_password(tools, EMAIL)
    with tools.database.writing() as unit:
        unit.exec(update(UserRow).where(col(UserRow.id) == anna).values(active=False))
    send_all(tools)
    assert box.letters == []


def test_the_secret_stands_nowhere_once_the_mail_is_out(tools: Tools, box, anna) -> None:
    """R8"""
    request_new_password(tools, EMAIL)
    send_all(tools)
    secret = secret_in(box.letters[0])
    for table in (OneTimeTokenRow, EventRow, DeliveryRow):
        assert secret not in repr(all_rows(tools, table))


def test_nor_when_no_server_took_it(tools: Tools, box, anna) -> None:
    """R8"""
    box.answers = [REFUSED]
    request_new_password(tools, EMAIL)
    send_all(tools)
    (delivery,) = all_rows(tools, DeliveryRow)
    assert delivery.state == "dead"
    assert (delivery.text, delivery.html) == ("", "")


def test_a_second_try_carries_a_fresh_link_and_the_first_is_void(
    tools: Tools, box, anna, clock
) -> None:
    box.answers = [Failed(kind="retry", why="Come back later.")]
    request_new_password(tools, EMAIL)
    send_all(tools)
    clock.advance(minutes=2)
    send_due(tools)
    first, second = (secret_in(letter) for letter in box.letters)
    assert whose(tools, first) is None
    assert whose(tools, second) is not None


def test_an_invitation_says_who_invites_and_works_for_a_week(
    tools: Tools, box, anna, clock
) -> None:
    new = NewUser(email="bob@example.org", name="Bob", role_id=administrator_role(tools))
    bob = add_user(tools, new, Actor(user_id=anna))
    invite_by_mail(tools, bob, Actor(user_id=anna))
    send_all(tools)
    (letter,) = box.letters
    assert letter.to == "bob@example.org"
    assert letter.subject == "Anna Bakker invites you to Linkkeeper: choose your password"
    assert letter.headers == {}  # there is nothing to unsubscribe from
    clock.advance(days=6, hours=23)
    place = Place()
    choose_password(tools, secret_in(letter), "a long sentence", place=place, actor=Actor())


def test_who_chose_a_password_meanwhile_needs_no_invitation(tools: Tools, box, anna) -> None:
    invite_by_mail(tools, anna, Actor())
    send_all(tools)
    assert box.letters == []


def test_without_a_mail_server_the_link_is_shown_to_nobody(tools: Tools, anna) -> None:
    request_new_password(tools, EMAIL)
    send_all(replace(tools, mailer=None))
    (delivery,) = all_rows(tools, DeliveryRow)
    assert (delivery.state, delivery.text) == ("suppressed", "")
    assert all_rows(tools, OneTimeTokenRow) == []
