"""Settings > Platforms, as administrators see it and others do not."""

from dataclasses import replace

import pytest
from sqlmodel import select

from dashboard.db.tables import AppRow
from tests.factories import make_account
from tests.fakes import START
from tests.services.test_registrations import Guarded

PAGE = "/settings/platforms/fake"


@pytest.fixture
def database(sqlite_database):
    """What is tested here does not depend on the kind of database."""
    return sqlite_database


@pytest.fixture
def tools(tools):
    return replace(tools, platforms={"fake": Guarded()})


def test_the_list_says_what_is_set_up(client_for, ada) -> None:
    browser = client_for(ada)
    assert "Not yet" in browser.get("/settings/platforms").text
    browser.post(PAGE, {"client_id": "id-1", "client_secret": "hush"})
    assert "Not yet" not in browser.get("/settings/platforms").text


def test_guide_and_exact_redirect_address_stand_on_the_page(client_for, ada) -> None:
    page = client_for(ada).get(PAGE).text
    assert "Make an app." in page
    assert "http://127.0.0.1:8000/link/back/fake" in page


def test_r32_the_secret_is_never_shown_again(client_for, ada) -> None:
    browser = client_for(ada)
    browser.post(PAGE, {"client_id": "id-1", "client_secret": "hush-hush"})
    page = browser.get(PAGE).text
    assert "id-1" in page
    assert "hush-hush" not in page
    wrong = browser.post(PAGE, {"client_id": "", "client_secret": "hush-hush"})
    assert wrong.status_code == 422
    assert "hush-hush" not in wrong.text


def test_the_test_is_told_in_plain_words(client_for, ada) -> None:
    browser = client_for(ada)
    browser.post(PAGE, {"client_id": "id-1", "client_secret": "hush"})
    assert "The test worked" in browser.post(f"{PAGE}/test").text


def test_who_wants_to_link_before_is_told_who_can_help(client_for, ada, alice) -> None:
    add = "/settings/accounts/add"
    assert "an administrator can do that" in client_for(alice).get(add).text
    assert "Ask an administrator" in client_for(alice).get(f"{add}/fake").text
    assert "Set up Fakebook" in client_for(ada).get(f"{add}/fake").text


def test_others_have_no_access(client_for, alice) -> None:
    assert client_for(alice).get("/settings/platforms").status_code == 403
    assert client_for(alice).post(PAGE, {"client_id": "x"}).status_code == 403


def test_a_registration_can_be_removed_and_the_page_says_what_hangs_on_it(
    database, client_for, ada
) -> None:
    make_account(database)
    browser = client_for(ada)
    browser.post(PAGE, {"client_id": "id-1", "client_secret": "hush"})
    assert "1 account hangs on it." in browser.get(PAGE).text
    assert browser.post(f"{PAGE}/remove").status_code == 303
    assert "Not set up yet" in browser.get(PAGE).text
    assert browser.post(f"{PAGE}/remove").status_code == 404


def test_since_when_the_platform_refuses_the_registration_is_said(
    database, client_for, ada
) -> None:
    browser = client_for(ada)
    browser.post(PAGE, {"client_id": "id-1", "client_secret": "hush"})
    with database.writing() as unit:
        app = unit.exec(select(AppRow)).one()
        app.problem, app.problem_since = "invalid_client", START
    for place in (PAGE, "/settings/platforms"):
        assert "since <time" in browser.get(place).text
