"""A platform that takes permissions from many unrelated people is its own story (R59)."""

from dataclasses import replace

import pytest
from sqlmodel import select

from dashboard.db.tables import IncidentRow, LinkRow
from dashboard.domain.checks import Works
from dashboard.services.ports import Tools
from tests.fakes import FrozenClock
from tests.services.letter_box import LetterBox
from tests.services.weather import COMMENTS, LACKS, LOGGED_OUT, Weather, live, settle, subjects

pytestmark = pytest.mark.many_rounds

START_MAIL = "The fake takes permissions from many people at once: grant nothing yet"
END_MAIL = "The fake grants the permissions again"
LACKS_MORE = Works(missing=(COMMENTS, replace(COMMENTS, what="posts", label="write posts")))


def incident(tools: Tools) -> IncidentRow:
    with tools.database.reading() as session:
        return session.exec(select(IncidentRow).where(IncidentRow.kind != "log_in")).one()


def states(tools: Tools) -> set[str]:
    with tools.database.reading() as session:
        return set(session.exec(select(LinkRow.state)).all())


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
