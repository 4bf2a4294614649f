"""Who may use what: denied unless an endpoint says otherwise (R13)."""

import pytest
from flask import Flask

from dashboard.domain.team import Right
from dashboard.web.access import does_not_keep_awake, needs, public, signed_in
from tests.pages.conftest import Browser, serving

ANSWER = "made it"


@pytest.fixture(scope="module")
def app_with_endpoints(build) -> Flask:
    app = build()
    for name, policy in {
        "forgotten": lambda view: view,
        "public": public,
        "members": signed_in,
        "publishers": needs(Right.PUBLISH),
        "both": needs(Right.PUBLISH, Right.MANAGE_USERS),
        "poll": lambda view: signed_in(does_not_keep_awake(view)),
    }.items():

        def view() -> str:
            return ANSWER

        app.add_url_rule(f"/{name}", name, policy(view), methods=["GET", "POST"])
    return app


@pytest.fixture
def app(app_with_endpoints: Flask, tools) -> Flask:
    """With some endpoints of our own."""
    return serving(app_with_endpoints, tools)


def may(browser: Browser, url: str) -> bool:
    return browser.get(url).text == ANSWER


def test_an_endpoint_without_policy_is_refused_to_everybody(anon, client_for, ada) -> None:
    assert anon.get("/forgotten").status_code == 403
    assert client_for(ada).get("/forgotten").status_code == 403
    assert client_for(ada).post("/forgotten").status_code == 403


def test_a_public_endpoint_is_for_everybody(anon, client_for, bob) -> None:
    assert may(anon, "/public")
    assert may(client_for(bob), "/public")


def test_a_stranger_is_sent_to_sign_in(anon) -> None:
    assert anon.get("/members").location == "/sign-in?next=/members"
    assert anon.get("/publishers").location == "/sign-in?next=/publishers"


def test_bob_without_rights_may_what_everybody_signed_in_may(client_for, bob) -> None:
    browser = client_for(bob)
    assert may(browser, "/members")
    assert browser.get("/publishers").status_code == 403


def test_alice_needs_every_right_that_is_asked(client_for, alice) -> None:
    browser = client_for(alice)
    assert may(browser, "/publishers")
    assert browser.get("/both").status_code == 403


def test_a_right_that_is_taken_away_is_gone_at_the_next_request(client_for, alice, tools) -> None:
    """R17"""
    from sqlmodel import update

    from dashboard.db.tables import RoleRow

    browser = client_for(alice)
    assert may(browser, "/publishers")
    with tools.database.writing() as unit:
        unit.exec(update(RoleRow).values(rights=["link"]))
    assert browser.get("/publishers").status_code == 403


def test_an_open_tab_that_polls_does_not_keep_a_session_awake(client_for, alice, clock) -> None:
    """R4"""
    browser = client_for(alice)
    for _ in range(11):
        clock.advance(hours=1)
        assert may(browser, "/poll")
    clock.advance(hours=1)
    assert browser.get("/poll", htmx=True).headers["HX-Redirect"].startswith("/sign-in")
