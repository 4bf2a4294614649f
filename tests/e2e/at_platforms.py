"""What an administrator does for a platform as its row says: sets it up, links, relinks, checks."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.rows import Row
from tests.e2e.steps import account_id, consent, row

SECRET = "sandbox-only-not-a-secret"


def enter_registration(page: Page, platform: Row) -> None:
    page.goto(f"/settings/platforms/{platform.key}")
    page.locator("#client_id").fill(f"linkkeeper-{platform.key}")
    page.locator("#client_secret").fill(SECRET)
    for name, value in platform.options:
        page.locator(f"#{name}").fill(value)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Test this app").click()
    expect(page.get_by_text(platform.test_says)).to_be_visible()


def link_at(page: Page, platform: Row) -> None:
    """By one log-in, with the picker; what was not given is said at once, a relink brings it."""
    _to_the_picker(page, platform)
    for account in filter(None, (platform.account, platform.sibling)):
        page.get_by_label(account, exact=True).check()
    page.get_by_role("button", name="Link these accounts").click()
    expect(page).not_to_have_url(re.compile("/choose$"))
    if platform.unticked:
        expect(page.get_by_text("Linked, but not allowed")).to_be_visible()
        page.goto("/settings/accounts")
        expect(row(page, platform.account)).to_have_attribute("data-state", "limited")
        relink_at(page, platform, f"/settings/accounts/{account_id(page, platform.account)}")
    page.goto("/settings/accounts")
    for account in filter(None, (platform.account, platform.sibling)):
        expect(row(page, account)).to_have_attribute("data-state", platform.calm)


def _to_the_picker(page: Page, platform: Row) -> None:
    if platform.needed:
        page.goto(f"/settings/accounts/add/{platform.key}")
        page.get_by_role("button", name=f"Continue with {platform.label}").click()
        consent(page, platform.person, without=platform.needed)
        told = f"Not everything was allowed at {platform.label}"
        expect(page.get_by_role("heading", name=told)).to_be_visible()
    page.goto(f"/settings/accounts/add/{platform.key}")
    if platform.typed:
        page.get_by_label("Which account").fill(platform.typed)
    page.get_by_role("button", name=f"Continue with {platform.label}").click()
    consent(page, platform.person, without=platform.unticked)
    expect(page.get_by_role("heading", name="Which accounts?")).to_be_visible()


def relink_at(page: Page, platform: Row, address: str) -> None:
    page.goto(f"{address}/relink")
    page.get_by_role("button", name=f"Relink with {platform.label}").click()
    consent(page, platform.person)
    expect(page.get_by_role("heading", name=f"{platform.account} is linked again")).to_be_visible()


def check_now(page: Page) -> None:
    """On the page of an account: whatever is waited for, look at once."""
    page.get_by_role("button", name="Check now").first.click()
    expect(page.get_by_text("The check is under way.").first).to_be_visible()
