"""A Mastodon server that we did not write, and a Bluesky service, both on loopback."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Home
from tests.e2e.steps import row

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
FLORIST = "Florist Peters"
CHEESE = "Cheese Corner"


def test_mastodon_account_is_linked_revoked_there_noticed_here_and_relinked(anna: Page, home: Home):
    anna.goto("/settings/accounts/add/mastodon")
    anna.get_by_label("Your server").fill(home.mastodon.origin)
    anna.get_by_role("button", name="Continue with Mastodon").click()
    anna.get_by_role("button", name=FLORIST).click()
    _pick(anna, FLORIST)

    home.mastodon.revoke("florist")
    expect(row(anna, FLORIST)).to_have_attribute("data-state", "expired")
    row(anna, FLORIST).locator(".relink-mark").click()
    anna.get_by_role("button", name="Relink with Mastodon").click()
    anna.get_by_role("button", name=FLORIST).click()
    expect(anna.get_by_role("heading", name=f"{FLORIST} is linked again")).to_be_visible()


def test_bluesky_account_is_linked_revoked_there_noticed_here_and_relinked(anna: Page, home: Home):
    password = home.pds.new_app_password()
    anna.goto("/settings/accounts/add/bluesky")
    _sign_in(anna, home, password)
    anna.get_by_role("button", name="Link with an app password").click()
    _pick(anna, CHEESE)

    home.pds.delete_app_passwords()
    home.pds.expire_access()
    expect(row(anna, CHEESE)).to_have_attribute("data-state", "expired")
    row(anna, CHEESE).locator(".relink-mark").click()
    _sign_in(anna, home, home.pds.new_app_password())
    anna.get_by_role("button", name="Relink with an app password").click()
    expect(anna.get_by_role("heading", name=f"{CHEESE} is linked again")).to_be_visible()


def _sign_in(page: Page, home: Home, password: str) -> None:
    page.get_by_label("Handle").fill(home.pds.person.handle)
    page.get_by_label("App password").fill(password)
    page.get_by_label("Service").fill(home.pds.origin)


def _pick(page: Page, account: str) -> None:
    page.get_by_label(account).check()
    page.get_by_role("button", name="Link these accounts").click()
    expect(page.get_by_role("heading", name=account)).to_be_visible()
    page.goto("/settings/accounts")
    expect(row(page, account)).to_have_attribute("data-state", "healthy")
