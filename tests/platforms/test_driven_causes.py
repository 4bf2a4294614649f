"""Whatever a platform's recorded answers can mean is seen in a browser, or it is said why not.

What is recorded stands in `data`, what a browser is driven through in tests/e2e: a cause that is
new to a platform fails here until its row has it.
"""

import json
from datetime import timedelta
from typing import Any

import pytest

from dashboard.domain.causes import Cause
from dashboard.domain.checks import AppProblem, Works, after_refused_refresh
from dashboard.domain.links import LinkHealth
from dashboard.domain.states import LinkState
from dashboard.domain.transitions import Patience, advance
from dashboard.platforms.protocol import RefreshRefused, RefreshUnclear
from tests.e2e.foreign import ACTS, SAYINGS
from tests.e2e.rows import ROWS
from tests.fakes import START
from tests.platforms.samples import SAMPLES
from tests.platforms.test_contract import DATA, KEYS, Played, check, played, refresh

AT_ONCE = Patience(misses_allowed=0, silence_allowed=timedelta(), proofs_wanted=1)
FINE = LinkHealth(state=LinkState.HEALTHY, since=START)
SAME_AS_FACEBOOK = "its number stands in the table that Facebook and Instagram are driven with"
UNSEEN: dict[tuple[str, Cause], str] = {
    ("sandbox", Cause.APP_PROBLEM): "it registers us by itself; every dialect tells it in a row",
    ("sandbox", Cause.TOKEN_REFUSED): "it always says why; the dialects that do not have rows",
    ("threads", Cause.APP_REMOVED): f"the dialect tells it by 100, as was seen; {SAME_AS_FACEBOOK}",
}
"""What no browser sees, and why that is no gap."""
DRIVEN = {row.recorded or row.key: row.driven for row in ROWS}
DRIVEN["mastodon"] = frozenset(saying.cause for saying in SAYINGS)
DRIVEN["bluesky"] = frozenset(act.cause for act in ACTS)


def causes_of(outcome: Any) -> set[Cause]:
    """What people are told after such an outcome, if it is the only one."""
    if isinstance(outcome, AppProblem) or (
        isinstance(outcome, RefreshUnclear) and outcome.app_problem
    ):
        return {Cause.APP_PROBLEM}
    if isinstance(outcome, RefreshRefused):
        outcome = after_refused_refresh(outcome.cause, outcome.evidence)
    if isinstance(outcome, RefreshUnclear) or not hasattr(outcome, "__dataclass_fields__"):
        return set()
    due = isinstance(outcome, Works) and outcome.renew_by is not None
    now = outcome.renew_by - timedelta(days=1) if due else START
    try:
        health, _ = advance(FINE, outcome, now=now, patience=AT_ONCE)
    except AssertionError:
        return set()  # a renewal that was granted
    return {health.cause} if health.cause else set()


def told(key: str) -> set[Cause]:
    """All causes that the recorded answers of a platform can mean."""
    found: set[Cause] = set()
    for path in DATA.glob(f"{key}/*.json"):
        recorded = json.loads(path.read_text())
        http = Played({call: played(said) for call, said in recorded["answers"].items()})
        ask = {"check": check, "refresh": refresh}[recorded["asked"]]
        found |= causes_of(ask(SAMPLES[key], http))
    return found


@pytest.mark.parametrize("key", KEYS)
def test_every_cause_that_is_recorded_of_a_platform_is_driven_in_a_browser(key: str) -> None:
    excused = {cause for where, cause in UNSEEN if where == key}
    missing = told(key) - DRIVEN[key] - excused
    assert missing == set(), f"give {key} a row in tests/e2e/platforms for each"


@pytest.mark.parametrize(("key", "cause"), UNSEEN)
def test_what_is_excused_is_recorded_and_not_driven(key: str, cause: Cause) -> None:
    assert cause in told(key)
    assert cause not in DRIVEN[key]
    assert UNSEEN[key, cause]
