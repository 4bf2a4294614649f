"""Accounts that hang on one log-in break together and are healed together: one story, one cure."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select, update

from dashboard.db.tables import GrantRow, IncidentRow, LinkRow, RoleAccountRow
from dashboard.domain.checks import Works
from dashboard.services.ports import Tools
from tests.factories import make_account, make_role, make_user
from tests.fakes import START, FrozenClock
from tests.services.letter_box import LetterBox
from tests.services.weather import COMMENTS, REFUSED, Weather, live, settle, subjects


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


def lack(sky: Weather, *numbers: int, by_relink: bool) -> None:
    """The same permission is missing on each of them."""
    grant_at = "" if by_relink else "Suite > Access"
    missing = replace(COMMENTS, grant_at=grant_at, by_relink=by_relink)
    sky.outcomes |= {f"page-{nth}": Works(missing=(missing,)) for nth in numbers}


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
        "page 0, page 1 and 7 more have lost their link: log in once at The fake as Anna J.": 1
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
    assert told["ben@example.org"].subject.startswith("page 0 and page 1 have lost their link")
    assert "page 5" not in told["ben@example.org"].text
    assert told["anna@example.org"].subject.startswith("page 0, page 1 and 4 more")


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


@pytest.mark.parametrize(
    ("by_relink", "said"),
    [
        (True, "page 0, page 1 and 7 more lack a permission: log in once at The fake as Anna J."),
        (False, "page 0, page 1 and 7 more lack a permission: grant it at The fake"),
    ],
)
def test_accounts_of_one_log_in_that_lack_the_same_are_one_mail_with_one_cure(
    tools: Tools, sky: Weather, box: LetterBox, clock: FrozenClock, by_relink: bool, said: str
) -> None:
    pages(tools, 9, log_in=uuid4())
    lack(sky, *range(9), by_relink=by_relink)
    live(tools, clock, 2)
    assert subjects(box) == {said: 1}
    assert box.letters[0].text.count("Missing:") == 1, "it is said once"
    (found,) = incidents(tools)
    assert (found.kind, found.accounts, found.cause) == ("log_in", 9, "permission_missing")


def test_a_permission_that_is_given_back_is_looked_for_on_all_accounts_of_the_log_in(
    tools: Tools, sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    accounts = pages(tools, 9, log_in=uuid4())
    lack(sky, *range(9), by_relink=False)
    live(tools, clock, 2)
    with tools.database.writing() as unit:
        unit.execute(update(LinkRow).values(next_check_at=START + timedelta(hours=9)))
        link = unit.exec(select(LinkRow).where(LinkRow.account_id == accounts[4])).one()
        link.next_check_at = clock()  # "Check now" by a person
    sky.outcomes.clear()
    live(tools, clock, 2)
    with tools.database.reading() as session:
        assert set(session.exec(select(LinkRow.state)).all()) == {"healthy"}
    (found,) = incidents(tools)
    assert found.ended_at is not None
    assert sum(subjects(box).values()) == 2, "one at its start and one at its end"
