"""Two ways to link one platform: which are offered, and what is said where one is not."""

from dataclasses import replace

import pytest
from sqlmodel import select

from dashboard.db.apps import note_app_problem
from dashboard.db.tables import AppRow
from dashboard.platforms.bluesky import Bluesky
from dashboard.web.current import work_with
from tests.factories import make_account
from tests.fakes import ScriptedHttp
from tests.pages.conftest import Browser
from tests.platforms.samples import answer
from tests.platforms.test_bluesky_own_log_in import HOME, NAME, OFFERS, offers, world

ADD = "/settings/accounts/add/bluesky"
DOCUMENT = "/link/bluesky/client-metadata.json"


@pytest.fixture
def tools(tools):
    http = ScriptedHttp(answers=world())
    return replace(tools, platforms={"bluesky": Bluesky(clock=tools.now)}, http=http)


@pytest.fixture
def move_to(app):
    """Give the installation another address for the rest of the test."""
    as_it_was = app.extensions["linkkeeper"]

    def move(base_url: str) -> None:
        tools = as_it_was.tools
        settings = replace(tools.settings, base_url=base_url)
        work_with(app, replace(as_it_was, tools=replace(tools, settings=settings)))

    yield move
    work_with(app, as_it_was)


def test_both_ways_are_offered_and_each_says_what_it_needs(client_for, alice) -> None:
    page = client_for(alice).get(ADD).text
    assert "Continue with Bluesky" in page
    assert "Link with an app password" in page
    assert "Linkkeeper sees no password" in page
    assert page.count('id="login-which"') == page.count('id="login-handle"') == 1


def test_people_are_led_to_the_server_of_the_account(client_for, alice) -> None:
    page = client_for(alice).post(ADD, {"own_log_in": "1", "which": f"@{NAME}"})
    assert page.status_code == 200
    assert "https://log-in.example/oauth/authorize?client_id=" in page.text


def test_a_name_that_nobody_knows_is_said_at_its_field(client_for, alice, tools) -> None:
    tools.http.answers[HOME] = answer(404, {})
    page = client_for(alice).post(ADD, {"own_log_in": "1", "which": NAME})
    assert page.status_code == 422
    assert "No account with this name can be found" in page.text
    assert f'value="{NAME}"' in page.text


def test_a_server_that_cannot_be_trusted_is_said_with_the_way_that_remains(
    client_for, alice, tools
) -> None:
    tools.http.answers[OFFERS] = answer(200, offers(issuer="https://evil.example"))
    page = client_for(alice).post(ADD, {"own_log_in": "1", "which": NAME})
    assert page.status_code == 422
    assert "This server has no log-in for Linkkeeper" in page.text
    assert "with an app password instead" in page.text


def test_a_relink_asks_for_no_name_and_offers_both_ways(client_for, ada, database) -> None:
    account = make_account(database, platform="bluesky", state="expired", cause="token_refused")
    page = client_for(ada).get(f"/settings/accounts/{account}/relink").text
    assert "Relink with Bluesky" in page
    assert "Relink with an app password" in page
    assert 'id="login-which"' not in page


def test_without_a_public_address_the_pages_say_which_way_remains(
    client_for, ada, database, move_to
) -> None:
    move_to("http://linkkeeper.lan:8000")
    account = make_account(database, platform="bluesky", state="expired", cause="token_refused")
    browser = client_for(ada)
    page = browser.get(ADD).text
    assert "The log-in of Bluesky cannot be used here" in page
    assert "Continue with Bluesky" not in page
    assert "Link with an app password" in page
    page = browser.get(f"/settings/accounts/{account}/relink").text
    assert "Relink with Bluesky" not in page
    assert "An app password works all the same" in page
    answer = browser.post(ADD, {"own_log_in": "1", "which": NAME})
    assert answer.status_code == 422
    assert "The log-in of Bluesky cannot be used here" in answer.text


def test_the_document_about_us_is_public_once_a_log_in_has_begun(
    client_for, alice, app, move_to
) -> None:
    move_to("https://linkkeeper.example")
    stranger = Browser(app.test_client())
    assert stranger.get(DOCUMENT).status_code == 404
    client_for(alice).post(ADD, {"own_log_in": "1", "which": NAME})
    told = stranger.get(DOCUMENT)
    assert told.status_code == 200
    assert told.mimetype == "application/json"
    assert told.json["client_id"] == f"https://linkkeeper.example{DOCUMENT}"
    assert told.json["redirect_uris"] == ["https://linkkeeper.example/link/back/bluesky"]
    assert not any("d" in key for key in told.json["jwks"]["keys"])


def test_the_page_of_an_account_and_the_list_of_platforms_tell_of_the_usual_way(
    client_for, ada, database, move_to
) -> None:
    account = make_account(database, platform="bluesky", state="expired", cause="token_refused")
    browser = client_for(ada)
    log_in, password = "Log in as the account", "A new app password is needed"
    page = browser.get(f"/settings/accounts/{account}").text
    assert log_in in page
    assert password not in page
    assert "Linkkeeper sees no password" in browser.get("/settings/accounts/add").text
    move_to("http://linkkeeper.lan:8000")
    page = browser.get(f"/settings/accounts/{account}").text
    assert log_in not in page
    assert password in page
    assert "You need an app password" in browser.get("/settings/accounts/add").text


def test_administrators_read_where_servers_learn_who_we_are(client_for, ada, move_to) -> None:
    browser = client_for(ada)
    place = "/settings/platforms/bluesky"
    assert "lasts two weeks" in browser.get(place).text
    move_to("http://linkkeeper.lan:8000")
    assert "accounts are linked by app password" in browser.get(place).text
    move_to("https://linkkeeper.example")
    assert f"https://linkkeeper.example{DOCUMENT}" in browser.get(place).text


def test_what_servers_say_against_us_is_told_to_administrators(
    client_for, ada, tools, move_to
) -> None:
    move_to("https://linkkeeper.example")
    browser = client_for(ada)
    browser.post(ADD, {"own_log_in": "1", "which": NAME})
    with tools.database.writing() as unit:
        app_id = unit.execute(select(AppRow.id)).scalar_one()
        note_app_problem(unit, app_id, "Unable to obtain client metadata", now=tools.now())
    page = browser.get("/settings/platforms/bluesky").text
    assert "Unable to obtain client metadata" in page
    assert "No account is to blame" in page


def test_r13_on_this_computer_there_is_nothing_to_read(client_for, alice, app) -> None:
    client_for(alice).post(ADD, {"own_log_in": "1", "which": NAME})
    assert Browser(app.test_client()).get(DOCUMENT).status_code == 404
