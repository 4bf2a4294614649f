"""Lets the machine tell stories, each on an empty database; the first bad one is raised.

The product draws lots by its ids (when to renew, when to check): each story begins with the same
ids, or the same choices would lead elsewhere when it is told again. What threads do at the same
time may lead elsewhere all the same. Hypothesis calls that flaky and stops: then the telling goes
on with new choices.
"""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from random import Random
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test

from dashboard.db.engine import Database
from dashboard.services.ports import Tools
from tests.fakes import FrozenClock, RecordingJobs
from tests.machine.machine import Machine

Fresh = Callable[[ExitStack], Database]
HEALTH = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def drive(
    tools: Tools, fresh: Fresh, *, examples: int, steps: int, choices: int | None = None
) -> int:
    """How many stories ended well: each of them, or the first that did not is raised.

    `choices` is the seed of what is chosen, None for something else each time.
    """
    stack, told = ExitStack(), 0

    def machine() -> Machine:
        nonlocal told
        stack.close()
        told += 1
        monkeypatch.setattr("uuid.os", SimpleNamespace(urandom=Random(0).randbytes))
        clock, jobs = FrozenClock(), RecordingJobs()
        empty = replace(tools, database=fresh(stack), now=clock, jobs=jobs)
        return Machine(empty, clock, jobs)

    with stack, pytest.MonkeyPatch.context() as monkeypatch:
        while told < examples:
            seeded = machine if choices is None else seed(choices + told)(machine)
            with suppress(FlakyStrategyDefinition):  # see the module
                run_state_machine_as_test(seeded, settings=_chosen(examples - told, steps))
    return told


def _chosen(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        phases=[Phase.generate],  # shrinking takes minutes: with the blob it is done on its own
        stateful_step_count=steps,
        deadline=None,
        print_blob=True,
        database=None,
        suppress_health_check=HEALTH,
    )
