"""The machine is worth its time: built-in faults are found, one at a time, within a few stories.

On SQLite only: what is to be found is in the product, not in the database, and a second round takes
a quarter of an hour. `LINKKEEPER_MACHINE_SEED` makes other choices.
"""

import os

import pytest
from hypothesis.errors import FlakyFailure

from dashboard.services.ports import Tools
from tests.machine.driving import Fresh, drive
from tests.machine.faults import FAULTS, Fault

SEED = int(os.environ.get("LINKKEEPER_MACHINE_SEED", "1"))


@pytest.mark.slow
@pytest.mark.parametrize("fresh", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_built_in_fault_is_found(
    tools: Tools, fresh: Fresh, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids are drawn anew in each story: what fails once may end well when it is told again."""
    fault.build_in(monkeypatch)
    with pytest.raises((AssertionError, FlakyFailure)):
        drive(tools, fresh, examples=40, steps=50, choices=SEED)
