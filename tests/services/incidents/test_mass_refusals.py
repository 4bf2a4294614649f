"""Many unrelated people refused at once is the platform's story; a few are their own (R59)."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from dashboard.db.tables import AppRow, GrantRow, IncidentRow, LinkRow
from dashboard.domain.causes import Cause
from dashboard.services.ports import Tools
from tests.factories import make_account, make_role, make_user
from tests.fakes import START, FrozenClock
from tests.services.letter_box import LetterBox
from tests.services.weather import LOGGED_OUT, REFUSED, SILENCE, Weather, live, settle, subjects

pytestmark = pytest.mark.many_rounds

START_MAIL = "The fake refuses many people at once: do not relink yet"
END_MAIL = "The fake accepts people again"


def incident(tools: Tools) -> IncidentRow:
    with tools.database.reading() as session:
        return session.exec(select(IncidentRow)).one()


def states(tools: Tools) -> set[str]:
    with tools.database.reading() as session:
        return set(session.exec(select(LinkRow.state)).all())


def test_one_person_with_many_accounts_is_no_mass(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    log_in = uuid4()
    for number in range(12):
        make_account(
            tools.database,
            name=f"page {number}",
            remote_id=f"page-{number}",
            grant_id=log_in,
            next_check_at=START,
        )
    settle(tools, 3)
    live(tools, clock, 2)
    for number in range(12):
        sky.outcomes[f"page-{number}"] = REFUSED
    live(tools, clock, 16)
    assert START_MAIL not in subjects(box)
    assert sum(subjects(box).values()) == len(readers), "siblings come in one mail"


def test_people_with_two_log_ins_each_count_once(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 6)
    with tools.database.writing() as unit:
        for number, grant in enumerate(unit.exec(select(GrantRow)).all()):
            grant.subject_id = f"person-{number // 2}"
    live(tools, clock, 12)
    sky.refusing = LOGGED_OUT
    live(tools, clock, 12)
    assert START_MAIL not in subjects(box), "three people are too few"


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (replace(LOGGED_OUT, cause=Cause.APP_REMOVED), ""),
        (LOGGED_OUT, "invalid_client"),
    ],
)
def test_r36_when_our_own_registration_is_refused_the_mail_says_so(
    tools: Tools,
    readers: list[str],
    sky: Weather,
    box: LetterBox,
    clock: FrozenClock,
    said,
    problem: str,
) -> None:
    settle(tools, 8)
    with tools.database.writing() as unit:
        app = AppRow(platform="fake", client_id="ours", problem=problem, created_at=START)
        unit.add(app)
    live(tools, clock, 12)
    sky.refusing = said
    live(tools, clock, 12)
    assert subjects(box) == {"The fake refuses Linkkeeper: do not relink": len(readers)}
    assert "an administrator has to look at it" in box.letters[0].text
    assert incident(tools).cause == "app_problem"


def test_an_outage_that_turns_into_refusals_stays_one_story(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 12)
    live(tools, clock, 12)
    sky.down = True
    live(tools, clock, 40)
    assert sum(subjects(box).values()) == len(readers)
    box.letters.clear()
    sky.down, sky.refusing = False, LOGGED_OUT
    live(tools, clock, 40)
    assert box.letters == []
    sky.refusing = None
    live(tools, clock, 60)
    assert subjects(box) == {END_MAIL: len(readers)}
    assert states(tools) == {"healthy"}


def test_the_end_is_told_only_to_whom_the_start_was_told(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 8)
    live(tools, clock, 12)
    sky.down = True
    live(tools, clock, 40)
    role = make_role(tools.database, name="New")
    make_user(tools.database, role_id=role, email="dora@example.org")
    sky.down = False
    live(tools, clock, 40)
    assert sorted(letter.to for letter in box.letters) == sorted(2 * readers)


def test_refused_renewals_are_tried_again_while_everybody_is_refused(
    tools: Tools, readers: list[str], sky: Weather, clock: FrozenClock
) -> None:
    accounts = settle(tools, 8)
    live(tools, clock, 12)
    sky.refusing = LOGGED_OUT
    live(tools, clock, 12)
    with tools.database.writing() as unit:
        grant = unit.exec(
            select(GrantRow).join(LinkRow).where(LinkRow.account_id == accounts[0])
        ).one()
        grant.refresh_state = "refused"
        grant_id: UUID = grant.id
    live(tools, clock, 4)
    with tools.database.reading() as session:
        assert session.get_one(GrantRow, grant_id).refresh_state == "idle"


def test_silence_of_some_during_refusals_is_no_second_story(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 12)
    live(tools, clock, 12)
    sky.refusing = LOGGED_OUT
    live(tools, clock, 15)
    sky.refusing = SILENCE
    live(tools, clock, 45)
    assert subjects(box) == {START_MAIL: len(readers)}
