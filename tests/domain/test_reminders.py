"""When somebody is reminded once more: at 7 and 2 days, once each."""

from datetime import timedelta
from uuid import uuid4

import pytest

from dashboard.domain.reminders import Dated, is_due
from tests.fakes import START


@pytest.mark.parametrize(
    ("since", "reminded", "now", "due"),
    [
        (14, None, 8, False),
        (14, None, 7, True),
        (14, 7, 6.9, False),
        (14, 7, 2.1, False),
        (14, 7, 2, True),
        (14, 2, 1, False),
        (14, None, 1, True),  # both moments passed while nothing ran: one reminder
        (14, 1, 0.5, False),
        (5, None, 4, False),  # turned expiring late: that was told then
        (5, None, 2, True),
        (14, 2, -0.1, False),
        (14, 60, 7, True),  # reminded of the date before a renewal
    ],
)
def test_a_moment_to_remind(since, reminded, now, due) -> None:
    """All in days before the date."""
    renew_by = START + timedelta(days=90)
    dated = Dated(
        account_id=uuid4(),
        since=renew_by - timedelta(days=since),
        renew_by=renew_by,
        reminded_at=None if reminded is None else renew_by - timedelta(days=reminded),
    )
    assert is_due(dated, now=renew_by - timedelta(days=now)) is due
