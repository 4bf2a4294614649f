"""A platform that takes permissions from many unrelated people is its own story (R59)."""

from dataclasses import replace

import pytest
from sqlmodel import select

from dashboard.db.tables import IncidentRow, LinkRow
from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.checks import Works
from dashboard.domain.team import Viewer
from dashboard.services.framing import frame_for
from dashboard.services.ports import Tools
from tests.fakes import FrozenClock
from tests.services.letter_box import LetterBox
from tests.services.weather import LOGGED_OUT, Weather, live, settle, subjects

pytestmark = pytest.mark.many_rounds

START_MAIL = "The fake takes permissions from many people at once: grant nothing yet"
END_MAIL = "The fake grants the permissions again"
COMMENTS = Missing(
    capability=Capability.READ_MESSAGES,
    kind=MissingKind.PERMISSION,
    what="comments",
    label="read comments",
)
LACKS = Works(missing=(COMMENTS,))
LACKS_MORE = Works(missing=(COMMENTS, replace(COMMENTS, what="posts", label="write posts")))


def incident(tools: Tools) -> IncidentRow:
    with tools.database.reading() as session:
        return session.exec(select(IncidentRow).where(IncidentRow.kind != "log_in")).one()


def states(tools: Tools) -> set[str]:
    with tools.database.reading() as session:
        return set(session.exec(select(LinkRow.state)).all())


def test_r59_permissions_taken_from_everybody_are_one_mail_at_the_start_and_one_at_the_end(
    tools: Tools,
    ada: Viewer,
    readers: list[str],
    sky: Weather,
    box: LetterBox,
    clock: FrozenClock,
) -> None:
    settle(tools, 40)
    live(tools, clock, 12)
    sky.refusing = LACKS
    live(tools, clock, 50)
    told = len(readers) + 1  # and Ada
    assert subjects(box) == {START_MAIL: told}
    assert "ask nobody to grant anything yet" in box.letters[0].text
    assert "40 accounts within your reach" in box.letters[0].text
    texts = [banner.text for banner in frame_for(tools, ada).banners]
    assert any("takes permissions from many people at once" in text for text in texts)
    sky.refusing = None
    live(tools, clock, 40)
    assert subjects(box) == {START_MAIL: told, END_MAIL: told}
    assert states(tools) == {"healthy"}
    found = incident(tools)
    assert found.ended_at is not None
    assert (found.kind, found.cause, found.accounts) == ("limited", "permission_missing", 40)
    assert found.held_back == 80, "into it and out of it, for each account"


def test_who_still_lacks_it_when_it_is_over_is_told_in_one_mail(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 12)
    live(tools, clock, 12)
    sky.refusing = LACKS
    live(tools, clock, 40)
    box.letters.clear()
    sky.refusing = None
    sky.outcomes["fake-3"] = sky.outcomes["fake-5"] = LACKS
    live(tools, clock, 60)
    told = subjects(box)
    assert told.pop(END_MAIL) == len(readers)
    assert told == {"2 accounts lack a permission: fake 3 and fake 5": len(readers)}


def test_what_is_missing_for_two_hours_is_told_although_nothing_healed(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 5)
    live(tools, clock, 12)
    sky.refusing = LACKS
    live(tools, clock, 115, step=120)
    assert subjects(box) == {START_MAIL: len(readers)}
    live(tools, clock, 20, step=120)
    told = subjects(box)
    assert told.pop(START_MAIL) == len(readers)
    assert list(told.values()) == [len(readers)]
    assert next(iter(told)).startswith("5 accounts lack a permission")


@pytest.mark.parametrize(
    ("watched", "hit"),
    [(3, 3), (30, 1), (30, 4)],
    ids=["a team of three", "one of many", "four of thirty"],
)
def test_few_who_lost_a_permission_are_their_own_trouble(
    tools: Tools,
    readers: list[str],
    sky: Weather,
    box: LetterBox,
    clock: FrozenClock,
    watched: int,
    hit: int,
) -> None:
    settle(tools, watched)
    live(tools, clock, 12)
    sky.outcomes |= {f"fake-{number}": LACKS for number in range(0, watched, watched // hit)}
    live(tools, clock, 16)
    assert START_MAIL not in subjects(box)
    assert {letter.to for letter in box.letters} == set(readers)
    assert "limited" in states(tools)


def test_what_was_never_granted_makes_no_incident(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    """Many who link for the first time and leave out the same box, one after the other."""
    settle(tools, 8)
    with tools.database.writing() as unit:
        for link in unit.exec(select(LinkRow)).all():
            link.state = "new"
    sky.refusing = LACKS
    live(tools, clock, 16)
    assert START_MAIL not in subjects(box)


def test_what_was_missing_before_an_outage_is_not_lost_by_it(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 12)
    sky.outcomes |= {f"fake-{number}": LACKS for number in range(5)}
    for _ in range(5):
        live(tools, clock, 30, step=180)
    box.letters.clear()
    sky.down = True
    live(tools, clock, 40)
    sky.down = False
    sky.outcomes["fake-9"] = LACKS  # a true loss, while the old ones come back as they were
    live(tools, clock, 30)
    with tools.database.reading() as session:
        assert session.exec(select(IncidentRow.kind)).all() == ["silent"]
    told = subjects(box)
    assert told.pop("The fake does not answer: nothing for you to do") == len(readers)
    assert told.pop("The fake answers again") == len(readers)
    assert len(told) == 1, "and nobody hears again of the five"
    assert "fake 9 lacks" in next(iter(told))


def test_one_who_was_told_of_before_and_is_mended_in_it_is_told_its_end(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 20)
    live(tools, clock, 12)
    sky.outcomes["fake-3"] = LACKS
    live(tools, clock, 30)
    sky.refusing = LACKS
    live(tools, clock, 30)
    box.letters.clear()
    del sky.outcomes["fake-3"]
    sky.refusing = None
    live(tools, clock, 60)
    assert subjects(box) == {
        END_MAIL: len(readers),
        "The fake page fake 3 works again": len(readers),
    }


def test_a_platform_that_then_refuses_everybody_is_still_one_story(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 12)
    live(tools, clock, 12)
    sky.refusing = LACKS
    live(tools, clock, 20)
    assert subjects(box) == {START_MAIL: len(readers)}
    sky.refusing = LOGGED_OUT
    live(tools, clock, 30)
    assert subjects(box) == {START_MAIL: len(readers)}
    assert incident(tools).kind == "refused"
    sky.refusing = None
    live(tools, clock, 60)
    assert subjects(box) == {
        START_MAIL: len(readers),
        "The fake accepts people again": len(readers),
    }
    assert states(tools) == {"healthy"}


def test_a_real_refusal_meanwhile_alarms_at_once(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 12)
    live(tools, clock, 12)
    sky.outcomes |= {f"fake-{number}": LACKS for number in range(12)}
    live(tools, clock, 20)
    box.letters.clear()
    sky.outcomes["fake-3"] = LOGGED_OUT
    live(tools, clock, 16)
    assert subjects(box) == {"The fake page fake 3 has lost its link: relink it": len(readers)}


def test_what_changes_of_a_loss_meanwhile_is_held_back_too(
    tools: Tools, readers: list[str], sky: Weather, box: LetterBox, clock: FrozenClock
) -> None:
    settle(tools, 12)
    live(tools, clock, 12)
    sky.refusing = LACKS
    live(tools, clock, 20)
    sky.refusing = LACKS_MORE
    live(tools, clock, 20)
    assert subjects(box) == {START_MAIL: len(readers)}
