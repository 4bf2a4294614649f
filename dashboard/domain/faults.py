"""Named points at which tests let the process die, fail or wait; in production nothing happens.

Each effect outside the database has a point before and after it, so that a test can crash at every
one of them in turn and look whether anything was lost.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Plan = Callable[[str], None]

_plan: Plan | None = None


def point(name: str) -> None:
    """Pass a point; does nothing unless a test has made a plan."""
    if _plan is not None:
        _plan(name)


@contextmanager
def planned(plan: Plan) -> Iterator[None]:
    """Call `plan` with the name of every point passed until the block ends; for tests."""
    global _plan  # noqa: PLW0603  # one plan for the whole process is the point of it
    before, _plan = _plan, plan
    try:
        yield
    finally:
        _plan = before
