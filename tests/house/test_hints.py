"""Whatever is hinted or due by the clock is a job that workers know, called as it is defined."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.process import function_of
from jobs.queues import JOBS, QUEUES
from jobs.schedule import PERIODIC

ROOT = Path(__file__).resolve().parents[2]


def hints(source: str) -> Iterator[ast.Call]:
    """All calls of a method `hint`."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "hint"
        ):
            yield node


def all_hints() -> list[tuple[str, ast.Call]]:
    return [
        (f"{path.relative_to(ROOT)}:{call.lineno}", call)
        for folder in ("dashboard", "jobs")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for call in hints(path.read_text())
    ]


def ids_of(job: str) -> int:
    """How many ids the job's function takes after the tools."""
    return len(inspect.signature(function_of(JOBS[job])).parameters) - 1


def test_every_hint_names_a_job_by_a_literal_and_carries_its_ids() -> None:
    found = all_hints()
    wrong = []
    for place, call in found:
        name, *ids = call.args
        if not isinstance(name, ast.Constant) or name.value not in JOBS:
            wrong.append(f"{place}: {ast.unparse(name)} is not in JOBS")
        elif len(ids) != ids_of(name.value):
            wrong.append(f"{place}: {name.value} takes {ids_of(name.value)} ids, not {len(ids)}")

    assert len(found) > 5
    assert wrong == []


@pytest.mark.parametrize("job", JOBS)
def test_every_job_exists_and_waits_in_a_queue_that_is_served(job: str) -> None:
    assert callable(function_of(JOBS[job]))
    assert JOBS[job].queue in QUEUES


def test_everything_due_by_the_clock_is_a_job_without_ids() -> None:
    assert [one.job for one in PERIODIC if one.job not in JOBS or ids_of(one.job)] == []
