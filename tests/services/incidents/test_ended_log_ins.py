"""Accounts that hang on one log-in break together and are healed together: one story, one cure."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select, update

from dashboard.db.tables import GrantRow, IncidentRow, LinkRow, RoleAccountRow
from dashboard.services.ports import Tools
from tests.factories import make_account, make_role, make_user
from tests.fakes import START, FrozenClock
from tests.services.letter_box import LetterBox
from tests.services.weather import REFUSED, Weather, live, settle, subjects


@pytest.fixture
def tools(tools: Tools) -> Tools:
    make_user(tools.database, role_id=make_role(tools.database), email="anna@example.org")
    return tools


def pages(tools: Tools, number: int, *, log_in: UUID) -> list[UUID]:
    """Accounts of one person that are asked at very different times."""
    accounts = [
        make_account(
            tools.database,
            name=f"page {nth}",
            remote_id=f"page-{nth}",
            grant_id=log_in,
            next_check_at=START + timedelta(hours=nth),
        )
        for nth in range(number)
    ]
    with tools.database.writing() as unit:
        unit.get_one(GrantRow, log_in).subject_name = "Anna J."
    return accounts


def refuse(sky: Weather, *numbers: int) -> None:
    sky.outcomes |= {f"page-{nth}": REFUSED for nth in numbers}


def incidents(tools: Tools) -> list[IncidentRow]:
    with tools.database.reading() as session:
        return list(session.exec(select(IncidentRow)).all())


def test_a_person_who_is_refused_makes_all_his_accounts_be_asked_at_once_and_told_in_one_mail(
    tools: Tools, sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    log_in = uuid4()
    pages(tools, 9, log_in=log_in)
    refuse(sky, *range(9))
    live(tools, clock, 2)
    assert subjects(box) == {
        "9 accounts have lost their link: log in once at The fake as Anna J.": 1
    }
    (found,) = incidents(tools)
    assert (found.kind, found.accounts, found.cause) == ("log_in", 9, "password_changed")
    assert (found.grant_key, found.person) == (log_in.hex, "Anna J.")
    assert found.ended_at is None


def test_r58_a_reader_is_told_only_of_those_that_his_role_reaches(
    tools: Tools, sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    accounts = pages(tools, 6, log_in=uuid4())
    narrow = make_role(tools.database, name="Narrow", all_accounts=False)
    make_user(tools.database, role_id=narrow, email="ben@example.org")
    with tools.database.writing() as unit:
        unit.add_all(RoleAccountRow(role_id=narrow, account_id=one) for one in accounts[:2])
    refuse(sky, *range(6))
    live(tools, clock, 2)
    told = {letter.to: letter for letter in box.letters}
    assert told["ben@example.org"].subject.startswith("2 accounts have lost their link")
    assert "page 5" not in told["ben@example.org"].text
    assert told["anna@example.org"].subject.startswith("6 accounts")


def test_it_is_over_when_its_accounts_hang_on_a_log_in_that_works(
    tools: Tools, sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    pages(tools, 4, log_in=uuid4())
    settle(tools, 1)
    refuse(sky, *range(4))
    live(tools, clock, 2)
    with tools.database.writing() as unit:
        fresh = unit.exec(select(LinkRow.grant_id).where(col(LinkRow.state) == "healthy")).one()
        unit.execute(update(LinkRow).values(grant_id=fresh, next_check_at=clock()))
    sky.outcomes.clear()
    live(tools, clock, 2)
    (found,) = incidents(tools)
    assert found.ended_at is not None
    assert subjects(box)["4 accounts work again: page 0, page 1, page 2 and 1 more"] == 1


def test_one_refused_page_of_a_log_in_that_works_is_no_incident(
    tools: Tools, sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    pages(tools, 6, log_in=uuid4())
    refuse(sky, 0)
    live(tools, clock, 12)
    assert incidents(tools) == []
    assert subjects(box) == {"The fake page page 0 has lost its link: relink it": 1}
    assert {"page-1", "page-5"} <= set(sky.checked), "they were asked, and work"
