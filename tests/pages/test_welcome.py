"""Choosing a password by a single-use link (R8)."""

import pytest

from dashboard.domain.team import Actor
from dashboard.services.people import invite

PASSWORD = "another long sentence"


@pytest.fixture
def link(tools, alice) -> str:
    return invite(tools, alice.id, Actor()).removeprefix("http://127.0.0.1:8000")


def test_a_stranger_with_the_link_chooses_a_password_and_is_signed_in(anon, alice, link) -> None:
    assert anon.get(link).location == "/welcome"
    assert alice.email in anon.get("/welcome").text
    assert anon.post("/welcome", {"password": PASSWORD}).location == "/"
    assert alice.name in anon.get("/").text


def test_opening_it_twice_costs_nothing_using_it_twice_fails(anon, link, app) -> None:
    other = type(anon)(app.test_client())
    for browser in (anon, other):
        browser.get(link)
        browser.get("/welcome")
    assert anon.post("/welcome", {"password": PASSWORD}).status_code == 303
    assert other.post("/welcome", {"password": "of somebody else"}).status_code == 404


def test_the_link_is_passed_on_to_nobody(anon, link) -> None:
    assert anon.get(link).headers["Referrer-Policy"] == "no-referrer"


def test_a_stranger_without_a_link_is_told_how_to_get_one(anon) -> None:
    answer = anon.get("/welcome")
    assert answer.status_code == 404
    assert "/forgotten-password" in answer.text


def test_a_weak_password_is_refused_at_its_field(anon, link) -> None:
    anon.get(link)
    answer = anon.post("/welcome", {"password": "short"})
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text


def test_bob_who_opens_the_link_of_alice_becomes_alice_and_is_bob_no_more(
    client_for, alice, bob, link
) -> None:
    browser = client_for(bob)
    saved = browser.client.get_cookie("linkkeeper", domain="127.0.0.1").value
    browser.get(link)
    browser.post("/welcome", {"password": PASSWORD})
    assert alice.name in browser.get("/").text
    browser.client.set_cookie("linkkeeper", saved, domain="127.0.0.1")
    assert browser.get("/").status_code == 303
