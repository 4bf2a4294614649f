"""Links, renewals, posts, crashes, outages in any order: I1-I7 hold on both databases.

What fails is printed with the steps that lead to it, and a blob to run it again.
`LINKKEEPER_MACHINE_EXAMPLES` says how many stories of 50 steps are told on each database (50; 200
before a release).
"""

import os

import pytest

from dashboard.services.ports import Tools
from tests.machine.driving import Fresh, drive

EXAMPLES = int(os.environ.get("LINKKEEPER_MACHINE_EXAMPLES", "50"))


@pytest.mark.many_rounds
def test_whatever_happens_in_whatever_order_nothing_is_lost_or_doubled(
    tools: Tools, fresh: Fresh
) -> None:
    assert drive(tools, fresh, examples=3, steps=20) >= 3


@pytest.mark.slow
def test_the_same_for_long(tools: Tools, fresh: Fresh) -> None:
    assert drive(tools, fresh, examples=EXAMPLES, steps=50) >= EXAMPLES
