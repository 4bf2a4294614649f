"""Jobs of the tests' own, that the border is tried with."""

import pytest

from dashboard.services.ports import Tools
from jobs.process import Process
from jobs.queues import QUICK, JobSpec
from tests.jobs import sample

SAMPLES = {
    name: JobSpec(path=f"tests.jobs.sample:{name}", queue=QUICK, deadline=60)
    for name in ("works", "raises", "dies")
}


@pytest.fixture(autouse=True)
def _no_calls_yet() -> None:
    sample.CALLS.clear()


@pytest.fixture
def process(tools: Tools) -> Process:
    return Process(tools, SAMPLES)
