"""A Mastodon server that we did not write, and a Bluesky service, both on loopback."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Home
from tests.e2e.steps import row

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
FLORIST = "Florist Peters"
PROFILE, PUBLIC = "/api/v1/accounts/verify_credentials", "/api/v1/accounts/[0-9]*"
DISABLED = {"error": "Your login is currently disabled"}
MOVED = {"id": "1", "username": "florist", "moved": {"id": "9", "acct": "florist@new.example"}}
SUSPENDED = {"id": "1", "username": "florist", "suspended": True}
SAYINGS: tuple[tuple[int, object, object, str, str], ...] = (
    (403, DISABLED, None, "blocked", "The account is suspended"),
    (403, DISABLED, SUSPENDED, "blocked", "The account is suspended"),
    (403, DISABLED, MOVED, "blocked", "The account cannot be found"),
    (
        403,
        {"error": "Your login is missing a confirmed e-mail address"},
        None,
        "blocked",
        "The platform asks for a security check",
    ),
    (410, "<!doctype html><title>Gone</title>", None, "blocked", "The account cannot be found"),
    (
        403,
        {"error": "This action is outside the authorized scopes"},
        None,
        "limited",
        "see whose account it is is missing",
    ),
)
"""What a server says to the read of the profile and, to anybody, of the account; what is seen."""
CHEESE = "Cheese Corner"


def test_mastodon_account_is_linked_and_every_cause_is_seen_and_healed(anna: Page, home: Home):
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
    for status, said, public, state, words in SAYINGS:
        home.mastodon.fail(PROFILE, status=status, body=said)
        if public:
            home.mastodon.fail(PUBLIC, status=200, body=public)
        anna.goto("/settings/accounts")
        expect(row(anna, FLORIST)).to_have_attribute("data-state", state)
        expect(row(anna, FLORIST)).to_contain_text(words)
        home.mastodon.forget_faults()
        row(anna, FLORIST).get_by_role("link", name=FLORIST, exact=True).click()
        anna.get_by_role("button", name="Check now").first.click()
        expect(anna.locator(".account-head")).to_have_attribute("data-state", "healthy")


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
