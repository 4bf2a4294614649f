"""The main story: linked, broken, noticed at once, relinked in place, and nothing lost."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Home
from tests.e2e.steps import ANNA, EMIL, account_id, consent, in_calendar, link, row, synchronise

pytestmark = pytest.mark.e2e
BAKERY, MARKET = "Bakery Jansen", "Saturday Market"
RELINK = "Relink Sandbox page Bakery Jansen"
MEANWHILE = "Baked while nobody was looking."


@pytest.mark.usefixtures("vera")
def test_broken_link_is_seen_told_and_relinked_and_the_calendar_is_intact(
    anna: Page, emil: Page, home: Home
):
    link(anna, "Anna Jansen", [BAKERY, MARKET])
    synchronise(anna, BAKERY)
    before = in_calendar(anna, BAKERY)
    assert before
    emil.goto("/settings/accounts")

    home.sandbox.press("bakeryjansen", "change-password")
    home.sandbox.post("bakeryjansen", MEANWHILE)
    expect(emil.locator(".relink-mark").and_(emil.get_by_label(RELINK))).to_be_visible()
    expect(row(emil, BAKERY)).to_contain_text("The password was changed")
    expect(emil).to_have_title(re.compile(r"^\([1-9]\d*\) Accounts"))

    letters = home.letters.wait(BAKERY, "lost", count=2)
    assert sorted(one.to for one in letters) == [[ANNA], [EMIL]]
    # Both hang on one log-in: the mail has one link that heals both, to either of them.
    healer = next(
        name for name in (BAKERY, MARKET) if f"/{account_id(emil, name)}/relink" in letters[0].text
    )
    relink_page = letters[0].link(f"/{account_id(emil, healer)}/relink")

    emil.goto(relink_page)
    emil.get_by_role("button", name="Relink with Sandbox").click()
    consent(emil, "Daan de Vries")
    expect(emil.get_by_role("heading", name="That is another account")).to_be_visible()
    expect(emil.get_by_role("region", name="Linked here")).to_contain_text(healer)
    found = emil.get_by_role("region", name="What you logged in with")
    expect(found).to_contain_text("Energy Co-op Zonnig")
    anna.goto("/settings/accounts")
    expect(row(anna, BAKERY)).to_have_attribute("data-state", "expired")

    emil.get_by_role("button", name="Try again with the right log-in").click()
    consent(emil, "Anna Jansen")
    expect(emil.get_by_role("heading", name=f"{healer} is linked again")).to_be_visible()
    for account in (BAKERY, MARKET):
        expect(row(anna, account)).to_have_attribute("data-state", "healthy")

    recovered = home.letters.wait("again", BAKERY, count=2)
    assert sorted(one.to for one in recovered) == [[ANNA], [EMIL]]
    synchronise(anna, BAKERY)
    after = in_calendar(anna, BAKERY)
    assert before < after
    assert len(after) == len(before) + 1
    anna.goto("/publish/calendar?view=list")
    expect(anna.get_by_text(MEANWHILE)).to_be_visible()
    assert len(home.letters.about(BAKERY, "lost")) == 2


@pytest.mark.slow
def test_relink_from_the_mail_works_without_javascript(
    anna: Page, anna_without_javascript: Page, home: Home
):
    link(anna, "Chloé Martin", ["Library Waterhoven"])
    home.sandbox.press("libwaterhoven", "remove-app")
    letter = home.letters.wait("Library Waterhoven", "lost", to=ANNA)[0]
    page = anna_without_javascript
    page.goto(letter.link("/relink"))
    page.get_by_role("button", name="Relink with Sandbox").click()
    consent(page, "Chloé Martin")
    expect(page.get_by_role("heading", name="Library Waterhoven is linked again")).to_be_visible()
    page.goto("/settings/accounts")
    expect(row(page, "Library Waterhoven")).to_have_attribute("data-state", "healthy")


@pytest.mark.slow
def test_missing_permission_is_named_and_healed_without_a_relink(anna: Page, home: Home):
    link(anna, "Ben Okafor", ["FC Waterhoven"])
    home.sandbox.press("fcwaterhoven", "withdraw", scope="posts:write")
    club = row(anna, "FC Waterhoven")
    expect(club).to_have_attribute("data-state", "limited")
    expect(club).to_contain_text("publish posts is missing")
    expect(club.locator(".relink-mark")).to_have_count(0)
    club.get_by_role("link", name="How to grant what is missing").click()
    expect(anna.get_by_text("To give it: Sandbox > control panel")).to_be_visible()

    home.sandbox.press("fcwaterhoven", "restore", scope="posts:write")
    anna.get_by_role("button", name="Check now").click()
    expect(anna.locator(".account-head")).to_have_attribute("data-state", "healthy")


@pytest.mark.slow
def test_account_is_removed_with_its_numbers_known_and_brought_back_whole(anna: Page):
    name = "Cycling Club Het Wiel"
    link(anna, "Daan de Vries", [name])
    synchronise(anna, name)
    before = in_calendar(anna, name)
    anna.goto("/settings/accounts")
    address = f"/settings/accounts/{account_id(anna, name)}"
    anna.goto(f"{address}/remove")
    said = f"{len(before)} publications will disappear from the calendar."
    expect(anna.get_by_text(said)).to_be_visible()
    expect(anna.get_by_text("0 would be gone for good")).to_be_visible()
    anna.get_by_label("Type the name of the account").fill(name)
    anna.get_by_role("button", name=f"Remove {name}").click()

    expect(anna.get_by_role("heading", name="Removed accounts")).to_be_visible()
    anna.goto("/publish/calendar?view=list")
    expect(anna.get_by_text(name)).to_have_count(0)
    anna.goto("/settings/accounts/removed")
    anna.get_by_role("button", name=f"Undo the removal of {name}").click()
    expect(anna.get_by_role("heading", name=name)).to_be_visible()
    assert in_calendar(anna, name) == before
