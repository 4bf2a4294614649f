"""What many people meet at once is told alike: refusals, and permissions that are lost (R59)."""

from dataclasses import dataclass

import pytest
from sqlmodel import select

from dashboard.db.tables import IncidentRow, LinkRow
from dashboard.domain.checks import CheckOutcome
from dashboard.domain.team import Viewer
from dashboard.services.framing import frame_for
from dashboard.services.ports import Tools
from tests.fakes import FrozenClock
from tests.services.letter_box import LetterBox
from tests.services.weather import LACKS, LOGGED_OUT, Weather, live, settle, subjects

pytestmark = pytest.mark.many_rounds


@dataclass(frozen=True, kw_only=True)
class Mass:
    """What the platform says to everybody, and what is told of it."""

    said: CheckOutcome
    kind: str
    cause: str
    start: str
    end: str
    wait: str
    alone: str


MASSES = [
    Mass(
        said=LOGGED_OUT,
        kind="refused",
        cause="logged_out",
        start="The fake refuses many people at once: do not relink yet",
        end="The fake accepts people again",
        wait="do not relink",
        alone="accounts have lost their link",
    ),
    Mass(
        said=LACKS,
        kind="limited",
        cause="permission_missing",
        start="The fake takes permissions from many people at once: grant nothing yet",
        end="The fake grants the permissions again",
        wait="ask nobody to grant anything yet",
        alone="accounts lack a permission",
    ),
]


@pytest.fixture(params=MASSES, ids=lambda mass: mass.kind)
def mass(request: pytest.FixtureRequest) -> Mass:
    found = request.param
    assert isinstance(found, Mass)
    return found


def test_r59_it_is_one_mail_at_its_start_and_one_at_its_end(
    tools: Tools,
    ada: Viewer,
    readers: list[str],
    sky: Weather,
    box: LetterBox,
    clock: FrozenClock,
    mass: Mass,
) -> None:
    settle(tools, 40)
    live(tools, clock, 12)
    sky.refusing = mass.said
    live(tools, clock, 50)
    told = len(readers) + 1  # and Ada
    assert subjects(box) == {mass.start: told}
    assert mass.wait in box.letters[0].text
    assert "40 accounts within your reach" in box.letters[0].text
    assert any(mass.wait in banner.text for banner in frame_for(tools, ada).banners)
    sky.refusing = None
    live(tools, clock, 40)
    assert subjects(box) == {mass.start: told, mass.end: told}
    with tools.database.reading() as session:
        assert set(session.exec(select(LinkRow.state)).all()) == {"healthy"}
        found = session.exec(select(IncidentRow)).one()
    assert found.ended_at is not None
    assert (found.kind, found.cause, found.accounts) == (mass.kind, mass.cause, 40)
    assert found.held_back == 80, "into it and out of it, for each account"


def test_who_is_still_in_trouble_when_it_is_over_is_told_in_one_mail(
    tools: Tools,
    readers: list[str],
    sky: Weather,
    box: LetterBox,
    clock: FrozenClock,
    mass: Mass,
) -> None:
    settle(tools, 12)
    live(tools, clock, 12)
    sky.refusing = mass.said
    live(tools, clock, 40)
    box.letters.clear()
    sky.refusing = None
    sky.outcomes["fake-3"] = sky.outcomes["fake-5"] = mass.said
    live(tools, clock, 60)
    told = subjects(box)
    assert told.pop(mass.end) == len(readers)
    assert told == {f"2 {mass.alone}: fake 3 and fake 5": len(readers)}


def test_what_lasts_two_hours_is_told_although_nothing_healed(
    tools: Tools,
    readers: list[str],
    sky: Weather,
    box: LetterBox,
    clock: FrozenClock,
    mass: Mass,
) -> None:
    settle(tools, 5)
    live(tools, clock, 12)
    sky.refusing = mass.said
    live(tools, clock, 115, step=120)
    assert subjects(box) == {mass.start: len(readers)}
    live(tools, clock, 20, step=120)
    told = subjects(box)
    assert told.pop(mass.start) == len(readers)
    assert list(told.values()) == [len(readers)]
    assert next(iter(told)).startswith(f"5 {mass.alone}")


@pytest.mark.parametrize(
    ("watched", "hit"),
    [(3, 3), (30, 1), (30, 4)],
    ids=["a team of three", "one of many", "four of thirty"],
)
def test_few_who_meet_it_are_told_of_as_their_own_trouble(
    tools: Tools,
    readers: list[str],
    sky: Weather,
    box: LetterBox,
    clock: FrozenClock,
    mass: Mass,
    watched: int,
    hit: int,
) -> None:
    settle(tools, watched)
    live(tools, clock, 12)
    chosen = range(0, watched, watched // hit)
    sky.outcomes |= {f"fake-{number}": mass.said for number in chosen}
    live(tools, clock, 16)
    told = " ".join(letter.subject + letter.text for letter in box.letters)
    assert mass.start not in subjects(box)
    assert {letter.to for letter in box.letters} == set(readers)
    assert all(f"fake {number}" in told for number in chosen)


def test_a_link_that_was_told_of_before_is_brought_to_its_end_during_the_incident(
    tools: Tools,
    readers: list[str],
    sky: Weather,
    box: LetterBox,
    clock: FrozenClock,
    mass: Mass,
) -> None:
    settle(tools, 20)
    live(tools, clock, 12)
    sky.outcomes["fake-3"] = mass.said
    live(tools, clock, 30)
    sky.refusing = mass.said
    live(tools, clock, 30)
    box.letters.clear()
    del sky.outcomes["fake-3"]
    sky.refusing = None
    live(tools, clock, 60)
    assert subjects(box) == {
        mass.end: len(readers),
        "The fake page fake 3 works again": len(readers),
    }
