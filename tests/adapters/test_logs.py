"""Each event is one line of JSON that names its request or job and betrays no secret (R79)."""

import asyncio
import io
import json
import logging
import subprocess
import sys
import threading
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import pytest

from dashboard.adapters.logs import JsonLines, log_context


@pytest.fixture
def lines():
    """A logger that writes as set up, and its parsed lines so far."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines("worker"))
    logger = logging.getLogger("test.logs")
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.DEBUG)

    def parsed():
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    parsed.logger = logger
    parsed.raw = stream.getvalue
    yield parsed
    logger.removeHandler(handler)
    logger.propagate = True


class Shape(StrEnum):
    ROUND = "round"


def test_line_says_when_where_and_what(lines):
    lines.logger.info("link state changed", extra={"link_id": UUID(int=7), "shape": Shape.ROUND})
    (line,) = lines()
    assert line["message"] == "link state changed"
    assert (line["level"], line["process"], line["logger"]) == ("info", "worker", "test.logs")
    assert line["link_id"] == str(UUID(int=7))
    assert line["shape"] == "round"
    assert datetime.fromisoformat(line["at"]).tzinfo == UTC


def test_request_and_job_are_named_in_all_lines_inside(lines):
    with log_context(request_id="r1"):
        with log_context(job_id="j1"):
            lines.logger.info("both")
        lines.logger.info("one")
    lines.logger.info("none")
    both, one, none = lines()
    assert (both["request_id"], both["job_id"]) == ("r1", "j1")
    assert "job_id" not in one
    assert "request_id" not in none


def test_context_follows_into_tasks_and_not_into_other_threads(lines):
    async def work():
        lines.logger.info("task")

    with log_context(request_id="r1"):
        asyncio.run(work())
        thread = threading.Thread(target=lines.logger.info, args=("thread",))
        thread.start()
        thread.join()
    task, other = lines()
    assert task["request_id"] == "r1"
    assert "request_id" not in other


@pytest.mark.parametrize("end", ["\n", "\r\n", "\x85", "\u2028", "\x1b[2J"])
def test_nothing_in_a_line_ends_it_or_reaches_the_terminal(lines, end):
    forged = f'Mozilla{end}{{"level": "critical"}}'
    lines.logger.info("agent %s", forged, extra={"agent": forged, forged: 1})
    assert lines.raw().count("\n") == 1
    assert lines.raw().isascii()
    assert "\x1b" not in lines.raw()
    assert lines()[0]["agent"] == forged


def test_secrets_are_hidden_in_message_data_and_traceback(lines):
    secret = "canary"
    try:
        raise ValueError(f"https://x.example/?access_token={secret}")
    except ValueError:
        lines.logger.exception(
            "failed with token=%s",
            secret,
            extra={
                "password": secret,
                "headers": {"Authorization": secret, "X": f"Bearer {secret}1"},
                "form": {"code": secret, "state": secret},
                "nested": [{"a": {"client_secret": secret}}],
                "url": f"redis://:{secret}@host",
            },
        )
    (line,) = lines()
    assert secret not in lines.raw()
    assert "ValueError" in line["traceback"]


def test_objects_show_their_type_only(lines):
    class Credential:
        def __repr__(self):
            return "canary"

    data = {"thing": Credential(), "raw": b"canary", "error": KeyError("canary"), "many": {1, 2}}
    lines.logger.info("x", extra=data)
    (line,) = lines()
    assert "canary" not in lines.raw()
    assert line["thing"] == "<Credential>"
    assert line["error_"] == "KeyError"
    assert line["many"] == [1, 2]


def test_data_cannot_take_the_place_of_the_lines_own_fields(lines):
    lines.logger.info("real", extra={"level": "fake", "at": "never"})
    (line,) = lines()
    assert line["level"] == "info"
    assert line["level_"] == "fake"


def test_endless_and_odd_data_is_cut_and_never_raises(lines):
    loop = []
    loop.append(loop)
    lines.logger.info("x", extra={"loop": loop, "long": "y" * 100_000, "many": list(range(9_999))})
    (line,) = lines()
    assert len(line["long"]) <= 8_000
    assert len(line["many"]) == 50


def test_message_whose_arguments_do_not_fit_is_logged_without_them():
    record = logging.makeLogRecord({"msg": "%s and %d", "args": ("too few",)})
    assert json.loads(JsonLines("web").format(record))["message"] == "%s and %d"


SCRIPT = """
import logging, sys, threading, warnings
from dashboard.adapters.logs import set_up_logging
set_up_logging("web")
set_up_logging("web")
logging.getLogger("some.library").info("hello")
logging.getLogger("rq.worker").info("talk")
warnings.warn("careful")
def fail(): raise RuntimeError("password=canary")
thread = threading.Thread(target=fail); thread.start(); thread.join()
fail()
"""


def test_whole_process_logs_in_one_form_crashes_included():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 1
    assert done.stdout == ""
    found = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["logger"], line["message"].split("\n")[0][-15:]) for line in found] == [
        ("some.library", "hello"),
        ("py.warnings", found[1]["message"].split("\n")[0][-15:]),
        ("crash", "thread crashed"),
        ("crash", "process crashed"),
    ]
    assert "careful" in found[1]["message"]
    assert "canary" not in done.stderr
