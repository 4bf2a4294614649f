"""JSON from strangers, read so that nothing in it can trip what comes after.

Only the form is judged here; what the values mean is the business of whoever asked.
"""

import json
import math
import re
from typing import NoReturn

from dashboard.domain.errors import LinkkeeperError

_DEEPEST = 50
# Escapes of characters that no database takes: NUL and halves of surrogate pairs.
_UNSTORABLE_ESCAPE = re.compile(rb"\\u(?:0000|d[89a-f])", re.IGNORECASE)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class UnreadableJsonError(LinkkeeperError):
    """The answer is no JSON that we take; `why` carries nothing of its content."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Unreadable JSON: {why}")
        self.why = why


def read_json(body: bytes, *, max_depth: int = _DEEPEST) -> object:
    """Return the value in `body`; raises UnreadableJsonError.

    Refuses other encodings than UTF-8, NaN, infinite numbers and nesting deeper than `max_depth`
    (R43). NUL and lone surrogates in strings become U+FFFD: PostgreSQL stores neither.
    """
    try:
        value: object = json.loads(
            body.decode("utf-8-sig"), parse_constant=_refuse_constant, parse_float=_finite
        )
    except UnicodeDecodeError:
        why = "not UTF-8"
    except RecursionError:
        why = "too deep"
    except ValueError:
        why = "not JSON"
    else:
        if not _is_deeper_than(max_depth, value, body):
            return _storable(value) if _UNSTORABLE_ESCAPE.search(body) else value
        why = "too deep"
    raise UnreadableJsonError(why)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def _is_deeper_than(limit: int, value: object, body: bytes) -> bool:
    if body.count(b"[") + body.count(b"{") <= limit:
        return False
    level = [value]
    for _ in range(limit):
        level = [child for parent in level for child in _containers_in(parent)]
        if not level:
            return False
    return True


def _containers_in(value: object) -> list[object]:
    if isinstance(value, dict):
        return [child for child in value.values() if isinstance(child, dict | list)]
    if isinstance(value, list):
        return [child for child in value if isinstance(child, dict | list)]
    return []


def _storable(value: object) -> object:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(item) for name, item in value.items()}
    return value
