"""Renewals come early, at random points, and never in a burst (R37)."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

from dashboard.db.grants import DueGrant
from dashboard.domain.credentials import Credential, refresh_due
from dashboard.domain.rota import draw_lot
from dashboard.services.refreshing import turns
from dashboard.services.renewals import PER_SECOND
from tests.fakes import START

HOUR = timedelta(hours=1)


def test_r37_a_thousand_that_end_together_are_not_renewed_together() -> None:
    """At the lot of each grant, as the service draws it."""
    credential = Credential(access="a", refresh="r", expires_at=START + HOUR)
    moments = [
        refresh_due(credential, obtained_at=START, spread=draw_lot(uuid4(), START))
        for _ in range(1000)
    ]
    assert max(moments) - min(moments) > 0.28 * HOUR
    per_second = Counter(moment.replace(microsecond=0) for moment in moments)
    assert max(per_second.values()) <= PER_SECOND


def grants(count: int, server: str = "") -> list[DueGrant]:
    return [
        DueGrant(id=uuid4(), generation=1, platform="fake", server=server) for _ in range(count)
    ]


def test_r37_a_backlog_of_one_place_is_worked_off_at_the_allowed_rate() -> None:
    due = grants(200)
    begins = sorted(turns(due, [draw_lot(grant.id, START) for grant in due]))
    assert begins[0] == 0.0
    for first in range(len(begins) - PER_SECOND):
        assert begins[first + PER_SECOND] - begins[first] >= 1.0


def test_r37_the_backlog_of_one_place_holds_up_no_other() -> None:
    due = [*grants(200), *grants(1, "https://other.example")]
    assert turns(due, [0.5] * 201)[-1] == 0.0


def test_r37_chance_breaks_the_rhythm() -> None:
    due = grants(50)
    begins = turns(due, [draw_lot(grant.id, START) for grant in due])
    gaps = {round(later - earlier, 6) for earlier, later in pairwise(begins)}
    assert len(gaps) > 40
