"""The address that platforms call by themselves: no session, no form token, a signature."""

from dataclasses import replace
from uuid import UUID

import pytest

from dashboard.db.apps import insert_app
from dashboard.domain.credentials import App
from tests.fakes import START
from tests.pages.conftest import ORIGIN
from tests.services.test_deauthorising import Telling


@pytest.fixture
def database(sqlite_database):
    """What is tested here does not depend on the kind of database."""
    return sqlite_database


@pytest.fixture
def tools(tools):
    tools = replace(tools, platforms={"fake": Telling()})
    with tools.database.writing() as unit:
        app = App(client_id="id", client_secret="hush")
        insert_app(unit, tools.cipher, app_id=UUID(int=1), platform="fake", app=app, now=START)
    return tools


def push(anon, body: bytes, key: str = "fake"):
    return anon.client.post(
        f"/push/{key}", base_url=ORIGIN, data=body, content_type="application/json"
    )


def test_a_signed_message_is_answered_at_once(anon) -> None:
    answer = push(anon, b"hush:1/anna")
    assert (answer.status_code, answer.text) == (200, "ok")
    assert "Set-Cookie" not in answer.headers


def test_r46_a_forged_one_learns_nothing(anon) -> None:
    answer = push(anon, b"guess:1/anna")
    assert (answer.status_code, answer.data) == (403, b"")


def test_unknown_platforms_have_no_address(anon) -> None:
    assert push(anon, b"hush:1/anna", "myspace").status_code == 404


def test_r48_a_flood_is_held_off(anon) -> None:
    codes = [push(anon, b"guess:1/anna").status_code for _ in range(70)]
    assert codes[-1] == 429


def test_r80_a_huge_message_is_refused(anon) -> None:
    assert push(anon, b"x" * 1_000_000).status_code == 413


def test_who_asked_for_deletion_can_read_what_becomes_of_it(anon, tools) -> None:
    tools.platforms["fake"].receipts = True
    said = push(anon, b"hush:1/anna").json
    page = anon.client.get(said["url"].removeprefix(tools.settings.base_url), base_url=ORIGIN)
    assert page.status_code == 200
    assert said["confirmation_code"] in page.text
    assert "Set-Cookie" not in page.headers
    wrong = anon.client.get("/push/fake/0123456789abcdef01234567", base_url=ORIGIN)
    assert wrong.status_code == 404
