"""Many values for one question, some at a time: databases take only so many parameters at once."""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
_MOST = 10_000  # PostgreSQL takes 65,535, SQLite half as many


def portions(values: Collection[T], most: int = _MOST) -> Iterator[list[T]]:
    """Give all of the values in lists of at most `most`; nothing for none."""
    source = iter(values)
    while some := list(islice(source, most)):
        yield some
