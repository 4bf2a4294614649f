"""What is known about a link survives the way to the database and back."""

import json
from datetime import timedelta

from dashboard.db.health import change_from, change_json, health_of, health_values
from dashboard.db.tables import LinkRow
from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.causes import Cause, Sureness
from dashboard.domain.checks import Evidence
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.links import LinkHealth
from dashboard.domain.states import LinkState
from tests.fakes import START

EVIDENCE = Evidence(
    call="read the profile",
    status=401,
    code="190/460",
    text="changed",
    ruled_out=("an outage",),
    sure=Sureness.REPORTED,
)
MISSING = Missing(
    capability=Capability.PUBLISH,
    kind=MissingKind.PERMISSION,
    what="posts:write",
    label="Create posts",
    grant_at="Settings",
    grant_url="https://fake.example/settings",
)


def test_health_survives_the_row() -> None:
    health = LinkHealth(
        state=LinkState.LIMITED,
        since=START,
        cause=Cause.PERMISSION_MISSING,
        evidence=EVIDENCE,
        missing=(MISSING,),
        renew_by=START + timedelta(days=9),
        troubled_since=START,
        misses=2,
        doubts=1,
    )
    values = health_values(health)
    values = {**values, "evidence": json.loads(json.dumps(values["evidence"]))}
    assert health_of(LinkRow(account_id=None, linked_at=START, **values)) == health


def test_a_state_change_survives_json() -> None:
    event = LinkStateChanged(
        at=START,
        old=LinkState.HEALTHY,
        new=LinkState.EXPIRED,
        cause=Cause.PASSWORD_CHANGED,
        evidence=EVIDENCE,
        missing=(MISSING,),
        renew_by=START,
        troubled_since=START,
    )
    assert change_from(json.loads(json.dumps(change_json(event))), START) == event
