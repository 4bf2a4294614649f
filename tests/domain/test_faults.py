"""Points are invisible unless a test has made a plan."""

import pytest

from dashboard.domain.faults import planned, point


def test_a_plan_sees_every_point_and_ends_with_its_block() -> None:
    seen: list[str] = []
    with planned(seen.append):
        point("before")
    point("after")
    assert seen == ["before"]


def test_a_plan_that_raises_is_forgotten_too() -> None:
    def fail(name: str) -> None:
        raise OSError(name)

    with pytest.raises(OSError, match="here"), planned(fail):
        point("here")
    point("here")
