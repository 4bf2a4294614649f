"""Reminders before a renewal: once each, gathered per person, and none for what was renewed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest

from dashboard.db.tables import DeliveryRow, EventRow, NoticeRow
from dashboard.domain.states import LinkState
from dashboard.services.notifying import gather
from dashboard.services.ports import Tools
from dashboard.services.reminding import remind_due
from dashboard.services.sending import send_due
from tests.factories import make_account, make_role, make_user
from tests.fakes import FrozenClock
from tests.services.happenings import happen, rows

HEALTHY, EXPIRING = LinkState.HEALTHY, LinkState.EXPIRING


@pytest.fixture
def anna(tools: Tools) -> UUID:
    return make_user(tools.database, role_id=make_role(tools.database), name="Anna")


def expiring(tools: Tools, clock: FrozenClock, *, days: float = 14, name: str = "Bakery") -> UUID:
    account = make_account(tools.database, name=name)
    happen(tools, account, HEALTHY, EXPIRING, renew_by=tools.now() + timedelta(days=days))
    return account


def tell(tools: Tools, clock: FrozenClock) -> list[str]:
    """Let all that is due be told; returns the texts of the mails so far."""
    remind_due(tools)
    clock.advance(minutes=1)
    gather(tools)
    send_due(tools)
    return [row.text for row in rows(tools, DeliveryRow) if row.state == "kept"]


def test_a_person_hears_14_7_and_2_days_before_and_no_more(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    expiring(tools, clock)
    counts = []
    for _ in range(15):
        counts.append(len(tell(tools, clock)))
        tell(tools, clock)
        clock.advance(days=1, minutes=-2)
    assert counts == [1] * 7 + [2] * 5 + [3] * 3
    assert "must be renewed by 8 December 2026" in rows(tools, DeliveryRow)[-1].text


def test_what_is_near_together_comes_in_one_mail(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    for name in ("Bakery", "Museum"):
        expiring(tools, clock, name=name)
    tell(tools, clock)
    clock.advance(days=7)
    texts = tell(tools, clock)
    assert len(texts) == 2
    assert "Bakery" in texts[1]
    assert "Museum" in texts[1]


def test_a_renewal_clears_what_was_to_come(tools: Tools, anna: UUID, clock: FrozenClock) -> None:
    account = expiring(tools, clock)
    tell(tools, clock)
    clock.advance(days=7)
    assert remind_due(tools) == 1
    happen(tools, account, EXPIRING, HEALTHY, renew_by=tools.now() + timedelta(days=60))
    assert len(tell(tools, clock)) == 1
    clock.advance(days=5)
    assert remind_due(tools) == 0


def test_the_date_after_a_renewal_is_reminded_of_anew(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    account = expiring(tools, clock)
    clock.advance(days=7)
    assert remind_due(tools) == 1
    happen(tools, account, EXPIRING, HEALTHY)
    happen(tools, account, HEALTHY, EXPIRING, renew_by=tools.now() + timedelta(days=14))
    clock.advance(days=7)
    assert remind_due(tools) == 1


def test_eight_at_once_remind_once(tools: Tools, anna: UUID, clock: FrozenClock) -> None:
    expiring(tools, clock)
    clock.advance(days=8)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: remind_due(tools), range(8))) == 1
    assert [row.kind for row in rows(tools, EventRow)] == ["link_state", "renewal_near"]


def test_what_works_without_a_date_is_never_reminded_of(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    make_account(tools.database)
    clock.advance(days=89)
    assert remind_due(tools) == 0
    assert rows(tools, NoticeRow) == []
