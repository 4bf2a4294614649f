"""Settings > Platforms > X shows what is read per day, and lets an administrator set it."""

from dataclasses import replace

import pytest

from dashboard.db.quotas import take
from dashboard.domain.quotas import Quota, day_of
from tests.services.test_registrations import Guarded

PAGE = "/settings/platforms/fake"


class Paid(Guarded):
    about = replace(
        Guarded.about,
        quota=Quota(
            word="reads", source="test", largest=100, costs=("A check costs about one cent.",)
        ),
    )


@pytest.fixture
def database(sqlite_database):
    """What is tested here does not depend on the kind of database."""
    return sqlite_database


@pytest.fixture
def tools(tools):
    return replace(tools, platforms={"fake": Paid()})


@pytest.fixture
def browser(client_for, ada):
    """An administrator, once the platform is set up."""
    here = client_for(ada)
    here.post(PAGE, {"client_id": "id-1", "client_secret": "hush"})
    return here


def use(tools, number: int) -> None:
    with tools.database.writing() as unit:
        take(unit, "fake", day_of(tools.now()), lambda _: number)


def test_without_a_number_the_page_says_what_was_used_and_what_it_costs(tools, browser) -> None:
    use(tools, 1234)
    page = browser.get(PAGE).text
    assert "1,234 reads used today" in page
    assert "A check costs about one cent." in page


def test_used_and_left_are_words_and_a_bar(tools, browser) -> None:
    assert browser.post(f"{PAGE}/per-day", {"per_day": "400"}).status_code == 303
    use(tools, 100)
    page = browser.get(PAGE).text
    assert "100 of 400" in page
    assert "300 left" in page
    assert 'width="25.0"' in page


def test_a_number_that_starves_the_synchronisation_is_told(browser) -> None:
    browser.post(f"{PAGE}/per-day", {"per_day": "333"})
    assert "needs at least 334 a day" in browser.get(PAGE).text
    browser.post(f"{PAGE}/per-day", {"per_day": "334"})
    assert "needs at least" not in browser.get(PAGE).text


def test_used_up_is_told_on_the_page_and_to_everybody(tools, browser, client_for, alice) -> None:
    browser.post(f"{PAGE}/per-day", {"per_day": "10"})
    use(tools, 10)
    assert "used up" in browser.get(PAGE).text
    banner = client_for(alice).get("/settings/accounts").text
    assert "checked again from 25 November, 00:00 UTC" in banner


def test_a_wrong_number_is_told_at_the_field(browser) -> None:
    answer = browser.post(f"{PAGE}/per-day", {"per_day": "lots"})
    assert answer.status_code == 422
    assert "Enter a whole number" in answer.text
    assert 'value="lots"' in answer.text


def test_others_have_no_access(client_for, alice) -> None:
    assert client_for(alice).post(f"{PAGE}/per-day", {"per_day": "1"}).status_code == 403
