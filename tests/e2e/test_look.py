"""Every page in a real browser: fit for everybody, wide and narrow, without a complaint (R20)."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Home
from tests.e2e.steps import Window, link, row

pytestmark = pytest.mark.e2e
WIDE = pytest.param("light", 1280, marks=pytest.mark.slow)  # the narrow walk meets more trouble
LOOKS = [WIDE, ("dark", 360)]
PAGES = (
    "/",
    "/settings/accounts",
    "/settings/accounts?q=nothing+fits",
    "/settings/accounts/add",
    "/settings/accounts/add/sandbox",
    "/settings/accounts/add/bluesky",
    "/settings/accounts/add/mastodon",
    "/settings/accounts/removed",
    "/publish/calendar",
    "/publish/calendar?view=week",
    "/publish/calendar?view=list",
    "/settings/users",
    "/settings/users/add",
    "/settings/roles",
    "/settings/roles/add",
    "/settings/platforms",
    "/settings/platforms/linkedin",
    "/settings/general/mail",
    "/settings/general/jobs",
    "/settings/general/health",
    "/me",
    "/no/such/page",
    "/settings/accounts?state=nonsense",
    "/link/back/00000000-0000-0000-0000-000000000000?state=x&code=y",
)
FOR_STRANGERS = (
    "/sign-in",
    "/forgotten-password",
    "/setup/nonsense",
    "/welcome/nonsense",
    "/no/such/page",
)


@pytest.fixture(scope="module")
def account(administrator: Window) -> str:
    """The address of an account's page."""
    page = administrator.page
    link(page, "Fatima El Amrani", ["Brewery De Anker"])
    row(page, "Brewery De Anker").get_by_role("link", name="Brewery De Anker").click()
    expect(page.get_by_role("heading", name="Brewery De Anker")).to_be_visible()
    return page.url


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_of_an_administrator_is_fit_for_everybody(
    administrator: Window, account, scheme, width
):
    page = administrator.context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    paths = (*PAGES, *_inner(page, account))
    found = {path: _faults(administrator, page, path, width) for path in paths}
    page.close()
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_of_a_stranger_is_fit_for_everybody(
    chromium: Browser, home: Home, administrator: Window, scheme, width
):
    with Window.open(chromium, home.address) as window:
        page = window.page
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        found = {path: _faults(window, page, path, width) for path in FOR_STRANGERS}
        assert {path: faults for path, faults in found.items() if faults} == {}


def _inner(page: Page, account: str) -> list[str]:
    """Pages whose addresses only other pages know."""
    page.goto("/settings/users")
    user = page.get_by_role("link", name=re.compile("^Edit ")).first.get_attribute("href")
    page.goto("/settings/roles")
    role = page.locator("main a[href*='/settings/roles/']:not([href$='add'])").first
    return [
        account,
        f"{account}/relink",
        f"{account}/remove",
        str(user),
        str(role.get_attribute("href")),
    ]


def _faults(window: Window, page: Page, path: str, width: int) -> list[str]:
    """What the browser complains about, what axe finds, and whether the page is too wide."""
    window.troubles.clear()
    page.goto(path)
    found = list(window.troubles)  # axe itself makes the browser complain
    found += [
        f"{violation['id']}: {violation['nodes'][0]['html'][:120]}"
        for violation in Axe().run(page).response["violations"]
    ]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("wider than the window")
    return found
