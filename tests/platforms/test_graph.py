"""Meta's numbers: when to ask again, and how well a number is known."""

import json
from datetime import timedelta
from typing import Any

import pytest

from dashboard.domain.causes import CAUSE_TEXTS, Cause, Sureness
from dashboard.platforms.graph.waiting import regain
from tests.platforms.samples import SAMPLES
from tests.platforms.test_contract import DATA, Played, check, played

META = ("facebook", "instagram", "instagram_page", "threads")


def business(*minutes: object) -> dict[str, str]:
    uses = [{"type": "pages", "estimated_time_to_regain_access": one} for one in minutes]
    return {"x-business-use-case-usage": json.dumps({"10158": uses})}


@pytest.mark.parametrize(
    ("headers", "code", "minutes"),
    [
        (business(7), 80001, 7),
        (business(7, 90, 0), 80001, 90),
        (business(0), 80001, None),
        (business(0), 4, 60),
        (business("7", None, True, -3), 32, 60),
        (business(10**9), 17, 24 * 60),
        ({"x-business-use-case-usage": '{"10158": "full"}'}, 80001, None),
        ({"x-business-use-case-usage": "full"}, 613, None),
        ({}, 17, 60),
    ],
)
def test_r45_the_longest_time_that_is_told_counts_and_a_limit_of_an_hour_lasts_an_hour(
    headers: dict[str, str], code: int, minutes: int | None
) -> None:
    wanted = None if minutes is None else timedelta(minutes=minutes)
    assert regain(headers, code) == wanted


def accused() -> list[Any]:
    found = []
    for key in META:
        for path in sorted(DATA.glob(f"{key}/*.json")):
            recorded = json.loads(path.read_text())
            if recorded["asked"] == "check" and "cause" in recorded["expected"]:
                found.append(pytest.param(key, recorded, id=f"{key}-{path.stem}"))
    return found


@pytest.mark.parametrize(("key", "recorded"), accused())
def test_a_person_is_told_how_well_a_cause_is_known(key: str, recorded: dict[str, Any]) -> None:
    """What is known from others only is not said to be named by the platform."""
    http = Played({call: played(said) for call, said in recorded["answers"].items()})
    outcome = check(SAMPLES[key], http)
    told = outcome.evidence.sure or CAUSE_TEXTS[Cause(recorded["expected"]["cause"])].sure
    if recorded["sure"] == "documented":
        assert told is not Sureness.REPORTED
    else:
        assert told is not Sureness.NAMED


@pytest.mark.parametrize("key", META)
def test_a_permission_is_given_by_a_relink_and_a_role_at_meta(key: str) -> None:
    """Where no place is named, pages lead to the relink."""
    places = {}
    for path in sorted(DATA.glob(f"{key}/*.json")):
        recorded = json.loads(path.read_text())
        if recorded["asked"] == "check" and recorded["expected"].get("missing"):
            http = Played({call: played(said) for call, said in recorded["answers"].items()})
            for item in check(SAMPLES[key], http).missing:
                kind = item.what if item.what == "connection" else item.kind.value
                places.setdefault(kind, set()).add(item.grant_at)
    assert places.pop("permission") == {""}
    assert all(place and all(place) for place in places.values())
