"""Linking by the platform's own log-in, when it goes well and when it does not."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Home
from tests.e2e.steps import consent, link, row

pytestmark = pytest.mark.e2e


def test_consent_that_is_denied_is_said_and_changes_nothing(anna: Page):
    anna.goto("/settings/accounts/add/sandbox")
    anna.get_by_role("button", name="Continue with Sandbox").click()
    consent(anna, "Daan de Vries", button="Cancel")
    expect(anna.get_by_role("heading", name="You said no at Sandbox")).to_be_visible()
    expect(anna.get_by_text("Nothing was changed.")).to_be_visible()


def test_answer_of_the_platform_that_comes_twice_is_said_and_changes_nothing(anna: Page):
    """R25: an answer counts once."""
    anna.goto("/settings/accounts/add/sandbox")
    anna.get_by_role("button", name="Continue with Sandbox").click()
    with anna.expect_response("**/link/back/**") as came_back:
        consent(anna, "Daan de Vries")
    expect(anna.get_by_role("heading", name="Which accounts?")).to_be_visible()
    anna.goto(came_back.value.url)
    expect(anna.get_by_role("heading", name="This log-in is over")).to_be_visible()
    expect(anna.get_by_text("Nothing was changed.")).to_be_visible()


def test_editor_links_what_his_role_then_has_access_to(emil: Page, home: Home):
    link(emil, "Fatima El Amrani", ["Garden Centre Groenrijk"])
    expect(row(emil, "Garden Centre Groenrijk")).to_contain_text("groenrijk")
    assert home.letters.about("Groenrijk") == []
