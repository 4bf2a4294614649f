"""Signing in and out, in the browser."""

import re

import pytest
from sqlmodel import col, select, update

from dashboard.db.tables import SessionRow, UserRow
from tests.pages.conftest import Browser

COOKIE = "linkkeeper"


def cookie_of(browser: Browser) -> str | None:
    found = browser.client.get_cookie(COOKIE, domain="127.0.0.1")
    return found.value if found else None


def signed_in(browser: Browser) -> bool:
    return browser.get("/").status_code == 200


def test_the_right_password_signs_alice_in(anon, alice) -> None:
    answer = anon.post("/sign-in", {"email": "Alice@example.org ", "password": alice.password})
    assert answer.status_code == 303
    assert signed_in(anon)


def test_after_signing_in_a_stranger_is_where_he_wanted_to_go(anon, alice) -> None:
    where = anon.get("/me").location
    answer = anon.post(where, {"email": alice.email, "password": alice.password})
    assert (where, answer.location) == ("/sign-in?next=/me", "/me")


def test_a_stranger_with_a_wrong_password_is_told_so_and_keeps_what_he_typed(anon, alice) -> None:
    answer = anon.post("/sign-in", {"email": alice.email, "password": "wrong"})
    assert answer.status_code == 422
    assert "do not belong together" in answer.text
    assert alice.email in answer.text
    assert not signed_in(anon)


def test_wrong_unknown_and_switched_off_get_the_same_answer(anon, alice, tools) -> None:
    """R7"""
    typed = {"email": "alice@example.org", "password": "wrong"}
    wrong = anon.post("/sign-in", typed)
    with tools.database.writing() as unit:
        unit.exec(update(UserRow).values(active=False))
    switched_off = anon.post("/sign-in", {**typed, "password": alice.password})
    with tools.database.writing() as unit:
        unit.exec(update(UserRow).values(email="moved@example.org"))
    unknown = anon.post("/sign-in", {**typed, "password": alice.password})
    assert _body(wrong) == _body(switched_off) == _body(unknown)
    assert wrong.status_code == switched_off.status_code == unknown.status_code


def test_a_password_of_a_megabyte_is_refused_at_once(anon, alice) -> None:
    """R1, R80"""
    answer = anon.post("/sign-in", {"email": alice.email, "password": "x" * 1_000_000})
    assert answer.status_code == 413


def test_signing_out_ends_the_session_for_good(client_for, alice) -> None:
    """R3"""
    browser = client_for(alice)
    saved = cookie_of(browser)
    assert browser.post("/sign-out").status_code == 303
    assert cookie_of(browser) is None
    browser.client.set_cookie(COOKIE, saved, domain="127.0.0.1")
    assert not signed_in(browser)


def test_the_cookie_before_signing_in_is_worth_nothing_after_it(anon, alice) -> None:
    """R3: nobody can plant a session before somebody signs in."""
    anon.client.set_cookie(COOKIE, "planted", domain="127.0.0.1")
    anon.post("/sign-in", {"email": alice.email, "password": alice.password})
    assert cookie_of(anon) not in {None, "planted"}
    assert signed_in(anon)


def test_a_user_who_is_switched_off_is_out_at_the_next_click(client_for, alice, tools) -> None:
    """R3"""
    browser = client_for(alice)
    with tools.database.writing() as unit:
        unit.exec(update(UserRow).where(col(UserRow.id) == alice.id).values(active=False))
    assert browser.get("/").location.startswith("/sign-in")


def test_an_idle_session_ends(client_for, alice, clock) -> None:
    """R4"""
    browser = client_for(alice)
    clock.advance(hours=11)
    assert signed_in(browser)
    clock.advance(hours=11)
    assert signed_in(browser)
    clock.advance(hours=12)
    assert not signed_in(browser)


def test_htmx_without_a_session_goes_to_sign_in_and_comes_back_to_its_page(anon) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1:8000/me?tab=2"}
    answer = anon.client.get("/", base_url="http://127.0.0.1:8000", headers=headers)
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/me?tab%3D2"
    assert answer.text == ""


def test_a_form_sent_without_a_session_changes_nothing_and_asks_to_sign_in(anon) -> None:
    answer = anon.post("/me/time-zone", {"time_zone": "UTC"})
    assert (answer.status_code, answer.location) == (303, "/sign-in")


def test_who_is_signed_in_need_not_sign_in(client_for, alice) -> None:
    assert client_for(alice).get("/sign-in").location == "/"


def test_reading_the_sign_in_page_stores_nothing(anon, tools) -> None:
    anon.get("/sign-in")
    with tools.database.reading() as session:
        assert session.exec(select(SessionRow)).all() == []


def _body(answer) -> str:
    """The form token carries the second in which it was made."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text)


@pytest.mark.parametrize("url", ["/sign-in", "/", "/me", "/forgotten-password"])
def test_a_forged_visitor_cookie_is_like_none(anon, url) -> None:
    anon.client.set_cookie("linkkeeper-visitor", "eyJhIjoxfQ.forged", domain="127.0.0.1")
    assert anon.get(url).status_code in {200, 303}


def test_what_was_said_to_a_stranger_is_said_once(client_for, alice) -> None:
    browser = client_for(alice)
    browser.post("/sign-out")
    assert "You are signed out." in browser.get("/sign-in").text
    assert "You are signed out." not in browser.get("/sign-in").text
