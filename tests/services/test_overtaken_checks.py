"""A wish to look that comes while the check of that link is running is not lost."""

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.db.accounts import due_now
from dashboard.db.engine import UnitOfWork
from dashboard.db.links import due_with_grant
from dashboard.db.pushes import due_by_push
from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, Evidence, Refused, Works
from dashboard.domain.errors import PlatformError
from dashboard.services.checking import anything_due, check_due
from dashboard.services.ports import Tools
from tests.factories import FakePlatform, make_account
from tests.fakes import FrozenClock
from tests.services.test_checking import link_of

REFUSED = Refused(cause=Cause.APP_REMOVED, evidence=Evidence(call="read the profile"))


class Overtaken(FakePlatform):
    """Its first answer is on its way when somebody wants the link looked at."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self.act = act
        self.asked = 0
        self.raises: Exception | None = None

    async def check(self, *args: Any, **options: Any) -> CheckOutcome:
        self.asked += 1
        if self.asked > 1:
            return REFUSED
        self.act()
        if self.raises is not None:
            raise self.raises
        return Works()


def overtaken(
    tools: Tools, clock: FrozenClock, wish: Callable[[UnitOfWork, Any], object]
) -> Overtaken:
    """Begin a check of one link during which `wish` is stored."""
    account = make_account(tools.database, remote_id="r1")
    link = link_of(tools.database, account)

    def act() -> None:
        clock.advance(seconds=1)
        tools.database.write(lambda unit: wish(unit, link))

    platform = tools.platforms["fake"] = Overtaken(act)
    return platform


def pushed(unit: UnitOfWork, _link: Any, clock: FrozenClock) -> None:
    due_by_push(unit, "fake", subjects=(), accounts=("r1",), reason=None, now=clock())


def nothing(_unit: UnitOfWork, _link: Any) -> None:
    """Nobody wants anything."""


WISHES: dict[str, Callable[[UnitOfWork, Any, FrozenClock], object]] = {
    "check now": lambda unit, link, clock: due_now(unit, link.id, now=clock()),
    "a push": pushed,
    "a refused renewal": lambda unit, link, clock: due_with_grant(
        unit, [link.grant_id], now=clock()
    ),
}


@pytest.mark.parametrize("which", WISHES)
def test_a_wish_during_a_check_is_looked_at_right_after_it(
    tools: Tools, clock: FrozenClock, which: str
) -> None:
    platform = overtaken(tools, clock, lambda unit, link: WISHES[which](unit, link, clock))
    check_due(tools)
    if platform.asked == 1:
        assert anything_due(tools)
        check_due(tools)
    assert platform.asked == 2
    assert not anything_due(tools)


def test_whoever_asked_during_a_check_is_still_waited_for(tools: Tools, clock: FrozenClock) -> None:
    """The page shows "Checking..." until the check that began after the click is stored."""
    account = make_account(tools.database, remote_id="r1")
    link = link_of(tools.database, account)
    seen = []

    class Asking(FakePlatform):
        async def check(self, *args: Any, **options: Any) -> CheckOutcome:
            seen.append(link_of(tools.database, account).awaited)
            if len(seen) == 1:
                clock.advance(seconds=1)
                tools.database.write(lambda unit: due_now(unit, link.id, now=clock()))
            return Works()

    tools.platforms["fake"] = Asking()
    check_due(tools)
    check_due(tools)
    assert seen == [False, True]
    assert link_of(tools.database, account).awaited is False


def test_a_wish_during_a_check_that_learnt_nothing_is_not_put_off(
    tools: Tools, clock: FrozenClock
) -> None:
    platform = overtaken(tools, clock, lambda unit, link: due_now(unit, link.id, now=clock()))
    platform.raises = PlatformError("fake", "odd", "what is this")
    with pytest.raises(PlatformError):
        check_due(tools)
    assert platform.asked == 2 or anything_due(tools)


def test_without_a_wish_the_rota_goes_on_as_ever(tools: Tools, clock: FrozenClock) -> None:
    overtaken(tools, clock, nothing)
    check_due(tools)
    clock.advance(minutes=4)
    assert not anything_due(tools)
    clock.advance(minutes=20)
    assert anything_due(tools)
