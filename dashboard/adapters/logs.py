"""Logs as JSON lines on standard error: one event a line, ids instead of objects, no secrets (R79).

The message is a constant; data goes into `extra`. Which request or job it was about comes from
`log_context`, which follows the work into threads of the event loop.
"""

import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TextIO
from uuid import UUID

from dashboard.adapters.redaction import HIDDEN, is_secret_name, redact, redact_parameters

_LONGEST = 8_000
_MOST_ITEMS = 50
_DEEPEST = 4
_TALKATIVE = ("aiohttp.access", "rq", "rq.worker", "alembic", "asyncio", "werkzeug", "mail.log")
_OWN_FIELDS = frozenset({"at", "level", "process", "logger", "message", "error"})
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_context: ContextVar[Mapping[str, str]] = ContextVar("log_context", default={})  # noqa: B039 - read only


@contextmanager
def log_context(**ids: str) -> Iterator[None]:
    """Add `request_id`, `job_id` or the like to all lines that are logged inside."""
    token = _context.set({**_context.get(), **ids})
    try:
        yield
    finally:
        _context.reset(token)


def set_up_logging(process: str, *, stream: TextIO | None = None) -> None:
    """Log everything of this process, warnings and crashes included, in one form."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(process))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    # A line that cannot be written would otherwise be printed raw, with all that it hides.
    logging.raiseExceptions = False
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _log_crash
    threading.excepthook = _log_thread_crash


class JsonLines(logging.Formatter):
    """One JSON object a line; nothing in it can end the line or reach the terminal."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": _text(_message(record)),
        }
        for name, value in _context.get().items():
            line.setdefault(name, _text(value))
        for name, value in vars(record).items():
            if name not in _STANDARD:
                line[f"{name}_" if name in _OWN_FIELDS else name] = (
                    HIDDEN if is_secret_name(name) else _plain(value)
                )
        if record.exc_info and record.exc_info[0] is not None:
            line["traceback"] = _text("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(line)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return str(record.msg)


def _plain(value: object, depth: int = 0) -> object:
    """The value as JSON; of an object only its type, as nobody knows what its text tells."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str | UUID | date | timedelta | Path):
        return _text(str(value))
    if isinstance(value, BaseException):
        return type(value).__name__
    return _nested(value, depth + 1) if depth < _DEEPEST else f"<{type(value).__name__}>"


def _nested(value: object, depth: int) -> object:
    if isinstance(value, Mapping):
        named = {str(name): inner for name, inner in islice(value.items(), _MOST_ITEMS)}
        return {_text(n): _plain(inner, depth) for n, inner in redact_parameters(named).items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner, depth) for inner in islice(value, _MOST_ITEMS)]
    return f"<{type(value).__name__}>"


def _text(text: str) -> str:
    # Cut before looking for secrets, as that takes its time; a secret at the cut has a shape, too.
    return redact(text[:_LONGEST])


def _log_crash(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("crash").critical("process crashed", exc_info=(kind, error, trace))


def _log_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is None or issubclass(crash.exc_type, SystemExit):
        return
    logging.getLogger("crash").error(
        "thread crashed", exc_info=(crash.exc_type, crash.exc_value, crash.exc_traceback)
    )
