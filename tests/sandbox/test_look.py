"""The pages in a real browser: fit for everybody, wide and narrow, and the way back to an app."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import launch, served
from tests.sandbox.driving import Driver

pytestmark = pytest.mark.e2e
pytestmark = pytest.mark.slow
LOOKS = [("light", 1280), ("dark", 360)]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def address(app: Flask, driver: Driver) -> Iterator[str]:
    driver.link("bakeryjansen", "cinemalumen", "theatredekade")
    driver.press("withdraw", scope="posts:write")
    driver.press("renew-by", days="7")
    driver.press("ask-security-check", handle="cinemalumen")
    driver.press("suspend", handle="theatredekade")
    driver.link("fcwaterhoven", person="ben")
    driver.press("end-grant", handle="fcwaterhoven")
    driver.account("nonsense")
    driver.disturb("429", seconds="5", account="bakeryjansen")
    with served(app) as origin:
        yield origin


@pytest.fixture
def back() -> Iterator[str]:
    """The app's own site, on another port: where people come back to."""
    app = Flask("app")
    app.add_url_rule("/oauth/sandbox/callback", "callback", lambda: "welcome back")
    with served(app) as origin:
        yield f"{origin}/oauth/sandbox/callback"


def _log_in(page: Page, address: str) -> None:
    page.goto(f"{address}/login?who=anna")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Anna Jansen")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_is_fit_for_everybody(chromium, address, driver, back, scheme, width):
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=address
    )
    page = context.new_page()
    page.goto("/login")
    found = {"/login": _faults(page, width)}
    _log_in(page, address)
    for path in (
        "/control",
        "/control/accounts/bakeryjansen",
        "/control/accounts/fcwaterhoven",
        "/control/platform",
        "/control/requests",
        "/explore",
        "/@bakeryjansen",
        "/@theatredekade",
        "/me",
        f"/oauth/authorize?{urlencode(driver.question(redirect_uri=back))}",
        "/oauth/authorize",
    ):
        page.goto(path)
        found[path] = _faults(page, width)
    context.close()
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize("button", ["Allow", "Cancel"])
def test_person_is_led_back_to_the_app_through_the_strict_policy(
    chromium, address, driver, back, button
):
    """Browsers apply form-action to the redirect after a form, too."""
    page = chromium.new_page()
    page.goto(f"{address}/oauth/authorize?{urlencode(driver.question(redirect_uri=back))}")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text("welcome back")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["state"] == ["st&te"]
    page.context.close()


def test_button_of_the_panel_works_in_a_browser(chromium, address):
    page = chromium.new_page()
    page.goto(f"{address}/control")
    page.get_by_role("link", name="Bakery Jansen").click()
    page.get_by_role("button", name="End the grant: token run out for good").click()
    expect(page.get_by_role("status")).to_contain_text("The permission has run out for good.")
    page.context.close()


def _faults(page: Page, width: int) -> list[str]:
    """What axe finds, and whether the page is wider than its window."""
    found = [violation["id"] for violation in Axe().run(page).response["violations"]]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("wider than the window")
    return found
