"""Numbers from strangers never reach the database in a size that it refuses."""

import pytest

from dashboard.web.numbers import whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("17", 17), ("2147483647", 2**31 - 1)])
def test_whole_numbers_are_read(text: str, number: int) -> None:
    assert whole_number(text, 5) == number


@pytest.mark.parametrize(
    "text", [None, "", "x", "1.5", "-1", "-9999999999999999999", "2147483648", "9" * 5_000, "²"]
)
def test_what_is_none_of_ours_is_the_default(text: str | None) -> None:
    assert whole_number(text, 5) == 5
