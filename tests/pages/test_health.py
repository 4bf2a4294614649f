"""Monitors learn whether we work; strangers learn nothing else (R50)."""

import json
import re
import socket
import time

import pytest
from flask import Flask

from dashboard.adapters.redis import connect
from dashboard.db.incidents import NewIncident, open_incident
from dashboard.domain.incidents import IncidentKind, Place
from dashboard.domain.states import LinkState
from dashboard.services import heartbeats
from dashboard.services.ports import Tools
from tests.factories import make_account
from tests.pages.conftest import Browser, Build, Person, serving

ONLY_NAMES = re.compile(r'\{"status": "[a-z]+"(, "failing": \["[a-z]+"(, "[a-z]+")*\])?\}\n')


@pytest.fixture
def secret(client_for, ada: Person) -> str:
    """The secret as an administrator gets it from Settings > General."""
    page = client_for(ada).post("/settings/general/health")
    return re.search(r'id="fresh-secret" value="([^"]+)"', page.text).group(1)


def at_work(tools: Tools) -> None:
    heartbeats.beat(tools, "w", heartbeats.WORKER)
    heartbeats.beat(tools, "s", heartbeats.SCHEDULER)


def go_offline(tools: Tools) -> None:
    nowhere = Place(platform="", server="")
    with tools.database.writing() as unit:
        new = NewIncident(kind=IncidentKind.OFFLINE, place=nowhere, accounts=3, cause=None)
        open_incident(unit, new, now=tools.now())


def test_the_process_answers(anon: Browser) -> None:
    answer = anon.get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert answer.mimetype == "application/health+json"


def test_when_all_is_well_readiness_says_so(anon: Browser, tools: Tools) -> None:
    at_work(tools)

    answer = anon.get("/readyz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_what_fails_is_named_and_nothing_more(anon: Browser) -> None:
    answer = anon.get("/readyz")

    assert answer.status_code == 503
    assert answer.json == {"status": "degraded", "failing": ["worker", "scheduler"]}
    assert ONLY_NAMES.fullmatch(answer.text)


def test_being_offline_is_a_named_warning_and_no_failure(anon: Browser, tools: Tools) -> None:
    """Restarting or replacing us would not help, and a monitor of our uptime must not flap."""
    at_work(tools)
    go_offline(tools)

    answer = anon.get("/readyz")

    assert (answer.status_code, answer.json) == (200, {"status": "warn", "warnings": ["offline"]})


def test_what_fails_is_named_without_the_warning(anon: Browser, tools: Tools) -> None:
    go_offline(tools)
    assert anon.get("/readyz").json == {"status": "degraded", "failing": ["worker", "scheduler"]}


def test_a_queue_that_hangs_does_not_delay_the_answer(build: Build, tools: Tools) -> None:
    at_work(tools)
    with socket.create_server(("127.0.0.1", 0)) as blackhole:
        redis = connect(f"redis://127.0.0.1:{blackhole.getsockname()[1]}", timeout=5)
        app = serving(build(redis=redis), tools)
        began = time.monotonic()
        answer = app.test_client().get("/readyz")

        assert time.monotonic() - began < 1
        assert answer.json["failing"] == ["queue"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/health/accounts"])
def test_no_session_no_cookie_no_cache(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)

    assert answer.headers.getlist("Set-Cookie") == []
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "x"}])
def test_without_the_secret_nobody_learns_of_accounts(
    app: Flask, secret: str, tools: Tools, headers: dict[str, str]
) -> None:
    make_account(tools.database)

    answer = app.test_client().get("/health/accounts", headers=headers)

    assert (answer.status_code, answer.json) == (401, {"status": "unauthorized"})


def test_with_the_secret_a_monitor_learns_numbers(app: Flask, secret: str, tools: Tools) -> None:
    make_account(tools.database, state="healthy")
    make_account(tools.database, state="limited", name="Secret name")

    for answer in (
        app.test_client().get("/health/accounts", headers={"Authorization": f"Bearer {secret}"}),
        app.test_client().get(f"/health/accounts?token={secret}"),
    ):
        assert answer.status_code == 200
        assert answer.json["accounts"] == {
            state: int(state in {"healthy", "limited"}) for state in LinkState
        }
        assert "Secret name" not in answer.text


@pytest.mark.parametrize(
    ("state", "question", "status"),
    [
        ("expired", "", 503),
        ("blocked", "", 503),
        ("unreachable", "", 200),
        ("unreachable", "?fail_on=unreachable", 503),
        ("expired", "?fail_on=blocked,limited", 200),
        ("limited", "?fail_on=blocked,limited", 503),
        ("expired", "?fail_on=", 200),
        ("expired", "?fail_on=broken", 400),
    ],
)
def test_the_monitor_says_what_is_too_bad(
    app: Flask, secret: str, tools: Tools, state: str, question: str, status: int
) -> None:
    make_account(tools.database, state=state)

    answer = app.test_client().get(
        f"/health/accounts{question}", headers={"Authorization": f"Bearer {secret}"}
    )

    assert answer.status_code == status
    assert (
        json.loads(answer.text)["status"]
        == {200: "ok", 503: "failing", 400: "unknown state"}[status]
    )
