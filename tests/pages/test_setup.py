"""Setting Linkkeeper up, by the link that the server printed (R2)."""

import pytest
from sqlmodel import select

from dashboard.db.tables import UserRow
from dashboard.services.setting_up import set_up_link

TYPED = {"name": "Ada Vermeer", "email": "ada@example.org", "password": "a sentence of mine"}


@pytest.fixture
def link(tools) -> str:
    return set_up_link(tools).removeprefix("http://127.0.0.1:8000")


def test_a_stranger_with_the_link_becomes_the_administrator(anon, link) -> None:
    assert anon.get(link).location == "/setup"
    assert "Who are you?" in anon.get("/setup").text
    assert anon.post("/setup", TYPED).location == "/"
    assert "Ada Vermeer" in anon.get("/").text


def test_a_stranger_without_the_link_gets_nothing(anon, link) -> None:
    assert anon.get("/setup").status_code == 404
    assert anon.post("/setup", TYPED).status_code == 404
    assert anon.get("/setup/guessed").location == "/setup"
    assert anon.get("/setup").status_code == 404


def test_the_link_leaves_the_address_bar_and_no_trace_in_referers(anon, link) -> None:
    assert anon.get(link).headers["Referrer-Policy"] == "no-referrer"
    assert link.rpartition("/")[2] not in anon.get("/setup").text


def test_looking_does_not_use_the_link_up(anon, link) -> None:
    for _ in range(3):
        anon.get(link)
        anon.get("/setup")
    assert anon.post("/setup", TYPED).status_code == 303


def test_a_second_browser_comes_too_late(anon, link, app) -> None:
    late = type(anon)(app.test_client())
    anon.get(link)
    late.get(link)
    anon.post("/setup", TYPED)
    answer = late.post("/setup", {**TYPED, "email": "eve@evil.org"})
    assert answer.status_code == 404
    assert "sign in" in answer.text.lower()


def test_what_was_typed_comes_back_with_the_error_at_its_field(anon, link, tools) -> None:
    anon.get(link)
    answer = anon.post("/setup", {**TYPED, "password": "short"})
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text
    assert "Ada Vermeer" in answer.text
    with tools.database.reading() as session:
        assert session.exec(select(UserRow)).all() == []
