"""An outage is one story: each reader hears of it once at its start and once at its end (R59)."""

import pytest
from sqlmodel import select

from dashboard.db.tables import AccountRow, IncidentRow, LinkRow
from dashboard.domain.causes import Cause
from dashboard.domain.states import LinkState
from dashboard.domain.team import Viewer
from dashboard.services.framing import frame_for
from dashboard.services.notifying import gather
from dashboard.services.ports import Tools
from dashboard.services.sending import send_due
from tests.fakes import FrozenClock
from tests.services.happenings import happen
from tests.services.letter_box import LetterBox
from tests.services.weather import REFUSED, SILENCE, Weather, live, settle, subjects

pytestmark = pytest.mark.many_rounds


SILENT, BACK = (
    "The fake does not answer: nothing for you to do",
    "The fake answers again",
)


def test_r59_i7_an_hour_without_a_platform_is_one_mail_at_its_start_and_one_at_its_end(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    number = 20  # 300 of them, with real mails: test_outage_mails
    settle(tools, number)
    live(tools, clock, 12)
    sky.down = True
    live(tools, clock, 60)
    assert subjects(box) == {SILENT: len(readers)}
    assert f"{number} accounts" in box.letters[0].text
    sky.down = False
    live(tools, clock, 60)
    assert subjects(box) == {SILENT: len(readers), BACK: len(readers)}
    with tools.database.reading() as session:
        incident = session.exec(select(IncidentRow)).one()
        assert {link.state for link in session.exec(select(LinkRow)).all()} == {"healthy"}
    assert incident.ended_at is not None
    assert incident.held_back == 2 * number, "into silence and out of it, for each account"


def test_a_real_refusal_during_an_outage_alarms_at_once(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 6)
    live(tools, clock, 12)
    sky.down = True
    live(tools, clock, 40)
    box.letters.clear()
    sky.outcomes["fake-3"] = REFUSED
    for _ in range(20):
        tools.traffic.forget()  # a process that has not met the silence and asks everybody
        live(tools, clock, 1)
    assert sorted(letter.to for letter in box.letters) == readers
    assert "fake 3" in box.letters[0].subject


def test_one_silent_account_of_many_is_told_as_its_own_trouble(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 6)
    live(tools, clock, 12)
    sky.outcomes["fake-3"] = SILENCE
    live(tools, clock, 60)
    assert set(subjects(box)) & {SILENT, BACK} == set()
    assert len(box.letters) == len(readers)


def test_one_server_of_a_platform_is_a_place_of_its_own(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    accounts = settle(tools, 8)
    with tools.database.writing() as unit:
        for account in accounts[:3]:
            unit.get_one(AccountRow, account).server = "https://a.example"
    live(tools, clock, 12)
    for number in range(3):
        sky.outcomes[f"fake-{number}"] = SILENCE
    live(tools, clock, 60)
    assert subjects(box) == {
        "The fake (a.example) does not answer: nothing for you to do": len(readers)
    }


def test_who_stays_silent_after_the_end_is_told_of_separately(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 8)
    live(tools, clock, 12)
    sky.down = True
    live(tools, clock, 40)
    box.letters.clear()
    sky.down = False
    sky.outcomes["fake-3"] = SILENCE
    live(tools, clock, 120)
    told = [subject for subject in subjects(box) if "fake 3" in subject]
    assert len(told) == 1
    assert subjects(box)[BACK] == len(readers)


def test_who_was_told_apart_after_the_end_is_told_when_it_works_again(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 8)
    live(tools, clock, 12)
    sky.down = True
    live(tools, clock, 40)
    sky.down = False
    sky.outcomes["fake-3"] = SILENCE
    while not any("fake 3" in letter.subject for letter in box.letters):
        live(tools, clock, 5)
    box.letters.clear()
    del sky.outcomes["fake-3"]
    live(tools, clock, 30)
    assert sorted(letter.to for letter in box.letters) == readers
    assert {letter.subject for letter in box.letters} == {"The fake page fake 3 works again"}


def test_who_was_told_of_before_an_outage_is_told_when_it_works_again(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 8)
    live(tools, clock, 12)
    sky.outcomes["fake-3"] = SILENCE
    live(tools, clock, 60)
    assert sorted(letter.to for letter in box.letters) == readers
    sky.down = True
    live(tools, clock, 60)
    box.letters.clear()
    sky.down = False
    del sky.outcomes["fake-3"]
    live(tools, clock, 60)
    told = subjects(box)
    assert told == {BACK: len(readers), "The fake page fake 3 works again": len(readers)}


def test_who_is_silent_still_after_an_outage_and_was_told_of_before_it_is_told_no_second_time(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 8)
    live(tools, clock, 12)
    sky.outcomes["fake-3"] = SILENCE
    live(tools, clock, 60)
    sky.down = True
    live(tools, clock, 60)
    box.letters.clear()
    sky.down = False
    live(tools, clock, 120)
    assert subjects(box) == {BACK: len(readers)}


def test_what_is_read_too_late_for_the_end_of_an_outage_is_still_its_story(
    tools: Tools,
    readers: list[str],
    sky: Weather,
    box: LetterBox,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So many links come back at once that their changes are read in several portions."""
    settle(tools, 8)
    live(tools, clock, 12)
    sky.down = True
    live(tools, clock, 60)
    sky.down = False
    monkeypatch.setattr("dashboard.db.outbox._AT_ONCE", 3)
    live(tools, clock, 80, step=1200)  # all are asked in the first step
    assert subjects(box) == {SILENT: len(readers), BACK: len(readers)}


def test_when_nobody_answers_at_all_we_are_offline_and_nobody_is_told(
    tools: Tools,
    ada: Viewer,
    sky: Weather,
    other: Weather,
    box: LetterBox,
    clock: FrozenClock,
) -> None:
    settle(tools, 4)
    settle(tools, 4, "other")
    live(tools, clock, 12)
    sky.down = other.down = True
    live(tools, clock, 60)
    assert box.letters == []
    with tools.database.reading() as session:
        assert session.exec(select(IncidentRow.kind)).all() == ["offline"]
    (banner, *_) = frame_for(tools, ada).banners
    assert "Linkkeeper itself has reached nobody" in banner.text
    sky.down = other.down = False
    live(tools, clock, 60)
    assert box.letters == []
    with tools.database.reading() as session:
        assert session.exec(select(IncidentRow.ended_at)).one() is not None
        assert {link.state for link in session.exec(select(LinkRow)).all()} == {"healthy"}


def test_a_reader_hears_only_of_platforms_on_which_he_has_accounts(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 4)
    live(tools, clock, 12)
    sky.down = True
    live(tools, clock, 40)
    assert {letter.to for letter in box.letters} == set(readers)


def test_who_stays_silent_after_we_were_offline_is_told_of(
    tools: Tools,
    readers: list[str],
    sky: Weather,
    other: Weather,
    box: LetterBox,
    clock: FrozenClock,
) -> None:
    settle(tools, 6)
    settle(tools, 6, "other")
    live(tools, clock, 12)
    sky.down = other.down = True
    live(tools, clock, 60)
    sky.down = other.down = False
    sky.outcomes["fake-3"] = SILENCE
    live(tools, clock, 120)
    assert all("fake 3" in subject for subject in subjects(box))
    assert sum(subjects(box).values()) == len(readers)


def test_a_place_whose_last_account_was_removed_meanwhile_holds_up_no_telling(
    tools: Tools, readers: list[str], box: LetterBox, clock: FrozenClock
) -> None:
    """It went silent, and before anybody was told of it, it was removed."""
    [gone] = settle(tools, 1)
    [other] = settle(tools, 1, "other")
    happen(tools, gone, LinkState.HEALTHY, LinkState.UNREACHABLE, cause=Cause.NO_ANSWER)
    happen(tools, other, LinkState.HEALTHY, LinkState.EXPIRED, cause=Cause.TOKEN_REFUSED)
    with tools.database.writing() as unit:
        unit.get_one(AccountRow, gone).removed_at = clock()
    clock.advance(minutes=2)
    gather(tools)
    send_due(tools)
    assert sorted(letter.to for letter in box.letters) == readers
