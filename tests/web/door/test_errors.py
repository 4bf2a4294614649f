"""What goes wrong ends in an answer that says what to do, with its number and without details."""

import io
import json
import logging
import time

import pytest
from flask import Flask

from dashboard.adapters.logs import JsonLines
from dashboard.domain import errors
from dashboard.web.access import does_not_keep_awake, public
from tests.pages.conftest import ORIGIN, Browser, serving

SECRET = "sqlite at /srv/secret-path"

CASES = [
    (errors.NotFoundError("account"), 404, "There is no such page"),
    (errors.NotAllowedError("Ask Ada."), 403, "Ask Ada."),
    (errors.InvalidInputError("name", "Too long."), 422, "Too long."),
    (errors.ConflictError("Bob was faster."), 409, "Bob was faster."),
    (errors.PlatformError("mastodon", "silent", "It does not answer."), 503, "It does not answer."),
    (errors.StorageError(errors.StorageTrouble.BUSY), 503, "try once more"),
    (errors.StorageError(errors.StorageTrouble.FULL), 503, "disk is full"),
    (errors.StorageError(errors.StorageTrouble.READ_ONLY), 503, "only be read"),
    (errors.StorageError(errors.StorageTrouble.AWAY), 503, "does not answer"),
    (ZeroDivisionError(SECRET), 500, "Linkkeeper made a mistake"),
]


@pytest.fixture(scope="module")
def app_with_errors(build) -> Flask:
    app = build()
    for number, (error, _status, _words) in enumerate(CASES):

        @public
        def view(error: Exception = error) -> str:
            raise error

        app.add_url_rule(f"/case/{number}", f"case{number}", view, methods=["GET", "POST"])

    @public
    @does_not_keep_awake
    def poll() -> str:
        raise errors.StorageError(errors.StorageTrouble.BUSY)

    app.add_url_rule("/poll", "poll", poll)
    return app


@pytest.fixture
def app(app_with_errors: Flask, tools) -> Flask:
    """With an endpoint for each thing that can go wrong."""
    return serving(app_with_errors, tools)


def ask(browser: Browser, url: str, **headers):
    return browser.client.get(url, base_url=ORIGIN, headers=headers)


@pytest.mark.parametrize("number", range(len(CASES)))
def test_every_error_has_its_status_its_words_and_its_number(client_for, alice, number) -> None:
    _error, status, words = CASES[number]
    answer = ask(client_for(alice), f"/case/{number}")
    assert answer.status_code == status
    assert words in answer.text
    assert "If you ask for help, mention" in answer.text
    assert SECRET not in answer.text


@pytest.mark.parametrize("number", [5, 8])
def test_who_sent_a_form_is_told_how_to_get_what_was_typed_back(client_for, alice, number) -> None:
    browser = client_for(alice)
    assert "Back button" in browser.post(f"/case/{number}").text
    assert "Back button" not in browser.get(f"/case/{number}").text


@pytest.mark.parametrize("number", range(len(CASES)))
def test_htmx_gets_a_message_and_swaps_nothing(client_for, alice, number) -> None:
    _error, status, _words = CASES[number]
    answer = ask(client_for(alice), f"/case/{number}", **{"HX-Request": "true"})
    assert (answer.status_code, answer.text) == (status, "")
    assert answer.headers["HX-Reswap"] == "none"
    assert '"problem"' in answer.headers["HX-Trigger"]
    assert SECRET not in str(answer.headers)


def test_each_answer_has_another_number(anon) -> None:
    assert ask(anon, "/case/0").text != ask(anon, "/case/0").text


def test_the_number_is_the_one_in_the_log(anon, caplog) -> None:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonLines("web"))
    logging.getLogger("dashboard.web.errors").addHandler(handler)
    answer = ask(anon, f"/case/{len(CASES) - 1}")
    logging.getLogger("dashboard.web.errors").removeHandler(handler)
    number = answer.text.partition("mention <code>")[2].partition("</code>")[0]
    assert json.loads(lines.getvalue())["request_id"] == number


def test_a_poll_that_fails_says_nothing_every_ten_seconds(anon) -> None:
    answer = ask(anon, "/poll", **{"HX-Request": "true"})
    assert answer.status_code == 503
    assert "HX-Trigger" not in answer.headers


def test_a_wrong_method_says_which_are_right(anon) -> None:
    answer = ask(anon, "/sign-out")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_when_the_database_is_away_alice_is_told_so(client_for, alice, tools, monkeypatch) -> None:
    """R70"""
    browser = client_for(alice)
    tools.database.close()
    monkeypatch.setattr(tools.database, "engine", _nowhere())
    answer = ask(browser, "/")
    assert answer.status_code == 503
    assert "The database does not answer" in answer.text


def test_when_nothing_can_be_written_pages_are_still_read(client_for, alice, tools, clock) -> None:
    """R70"""
    browser = client_for(alice)
    with tools.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    clock.advance(hours=1)  # so that the session would be noted as used
    assert browser.get("/").status_code == 200
    answer = browser.post("/me/time-zone", {"time_zone": "Europe/Amsterdam"})
    assert answer.status_code == 503
    assert "only be read" in answer.text


def test_a_page_does_not_wait_while_others_hold_the_database(
    client_for, alice, tools, clock
) -> None:
    """F13"""
    browser = client_for(alice)
    clock.advance(hours=1)  # so that the session would be noted as used
    with tools.database.writing():
        began = time.monotonic()
        assert browser.get("/").status_code == 200
        assert time.monotonic() - began < 3


def _nowhere():
    from dashboard.db.engine import Database

    return Database("sqlite:////nowhere/at/all.sqlite3").engine
