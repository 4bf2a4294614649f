"""What the page does in a real browser, under the strict content security policy (R20).

htmx 4 is newer than most of what is written about htmx: what we lean on is proven here.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import launch, served

pytestmark = pytest.mark.e2e

WATCH = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation",
        (event) => violations.push(event.violatedDirective + " " + event.blockedURI));
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(served_app: Flask) -> Iterator[str]:
    with served(served_app) as address:
        yield address


@pytest.fixture(scope="module")
def visitor(chromium: Browser, address: str) -> Iterator[BrowserContext]:
    """One browser for all tests: it keeps the style sheets, as browsers do."""
    context = chromium.new_context(base_url=address, timezone_id="Europe/Amsterdam")
    context.add_init_script(WATCH)
    yield context
    context.close()


@pytest.fixture
def tab(visitor: BrowserContext, frame: SimpleNamespace) -> Iterator[Page]:
    """A tab that fails its test for a policy violation or an error that the test did not make."""
    visitor.clear_cookies()
    page = visitor.new_page()
    page.set_default_timeout(5_000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    assert page.evaluate("window.violations") == []
    assert [line for line in said if "Failed to load resource" not in line] == []
    page.evaluate("localStorage.clear()")
    page.close()


def test_a_poll_morphs_the_row_and_leaves_an_open_menu_open(tab: Page, frame: SimpleNamespace):
    tab.goto("/live")
    tab.get_by_text("More", exact=True).click()
    frame.news = True
    expect(tab.locator("#row")).to_have_attribute("data-state", "expired")
    expect(tab.locator("#row span")).to_have_text("expired")
    expect(tab.locator("#menu")).to_have_attribute("open", "")


def test_a_poll_goes_on_from_where_the_last_answer_stood(tab: Page, frame: SimpleNamespace):
    frame.news = True
    tab.goto("/live")
    expect(tab.locator("#poller")).to_have_attribute("hx-get", "/changes?since=1")
    with tab.expect_request("**/changes?since=1"):
        pass


def test_a_search_keeps_the_other_filters_and_can_be_bookmarked(tab: Page):
    tab.goto("/live")
    tab.get_by_label("Search accounts").press_sequentially("bakery")
    expect(tab.locator("#found")).to_have_text("found bakery")
    expect(tab).to_have_url("/live?state=expired&q=bakery")
    expect(tab.get_by_label("Search accounts")).to_be_focused()


def test_a_wrong_form_comes_back_into_its_place_with_what_was_typed(tab: Page):
    tab.goto("/live")
    tab.get_by_label("Name").fill("nonsense")
    tab.locator("#form").get_by_role("button", name="Save").click()
    expect(tab.locator("#form")).to_contain_text("cannot be taken")
    expect(tab.get_by_label("Name")).to_have_value("nonsense")
    expect(tab.locator("#toasts p")).to_have_count(0)


def test_a_box_saves_itself_and_says_so(tab: Page):
    tab.goto("/live")
    tab.get_by_label("A box that is saved").check()
    expect(tab.get_by_text("Saved", exact=True)).to_be_visible()


def test_a_box_that_could_not_be_saved_goes_back_to_how_it_was(tab: Page):
    tab.goto("/live")
    tab.get_by_label("A box that fails").click()
    expect(tab.locator("#toasts")).to_contain_text("Nothing was changed")
    expect(tab.get_by_label("A box that fails")).not_to_be_checked()


def test_a_failed_request_changes_nothing_on_the_page(tab: Page):
    tab.goto("/live")
    tab.locator("#fail").click()
    expect(tab.locator("#toasts p")).to_have_count(1)
    expect(tab.locator("#fail")).to_have_text("Fail")


def test_a_message_from_the_server_is_shown_and_can_be_closed(tab: Page):
    tab.goto("/live")
    tab.locator("#tell").click()
    expect(tab.locator("#toasts")).to_have_text("Köln is told")
    tab.get_by_label("Close this message").click()
    expect(tab.locator("#toasts p")).to_have_count(0)


def test_a_plain_form_is_sent_once_however_often_it_is_clicked(tab: Page):
    tab.goto("/live")
    goes_out = """(form) => form.dispatchEvent(
        new Event("submit", {bubbles: true, cancelable: true}))"""
    form = tab.locator('form[action="/go"]')
    assert [form.evaluate(goes_out) for _ in range(3)] == [True, False, False]


def test_a_plain_form_ends_on_a_page_that_says_what_was_done(tab: Page):
    tab.goto("/live")
    tab.get_by_role("button", name="Go on").click()
    expect(tab.locator("#toasts")).to_have_text("It is done.")


def test_leaving_for_a_platform_needs_no_second_click(tab: Page):
    tab.goto("/live")
    tab.get_by_role("button", name="Leave").click()
    expect(tab).to_have_url(re.compile("/accounts[?]left$"))


def test_the_tab_counts_what_needs_the_viewer_and_goes_back_to_calm(
    tab: Page, frame: SimpleNamespace
):
    frame.needs_you = 2
    tab.goto("/accounts")
    expect(tab).to_have_title("(2) Accounts · Linkkeeper")
    assert "alarm" in tab.locator("link[rel=icon]").get_attribute("href")
    tab.evaluate(
        'document.getElementById("needs-you").dataset.needsYou = "0";'
        'document.dispatchEvent(new Event("htmx:after:swap"))'
    )
    expect(tab).to_have_title("Accounts · Linkkeeper")
    assert "alarm" not in tab.locator("link[rel=icon]").get_attribute("href")


def test_the_menu_works_by_keyboard(tab: Page):
    tab.goto("/accounts")
    summary = tab.locator(".profile-menu summary")
    summary.focus()
    summary.press("Enter")
    expect(tab.get_by_text("Administrator")).to_be_visible()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Escape")
    expect(tab.get_by_text("Administrator")).not_to_be_visible()
    expect(summary).to_be_focused()


def test_a_chosen_theme_is_kept_and_auto_follows_the_system(tab: Page):
    dark, light = "rgb(15, 21, 23)", "rgb(245, 244, 239)"
    tab.goto("/accounts")
    tab.locator(".profile-menu summary").click()
    tab.get_by_label("Dark").check()
    tab.goto("/overview")
    expect(tab.locator("body")).to_have_css("background-color", dark)
    tab.locator(".profile-menu summary").click()
    tab.get_by_label("Auto").check()
    expect(tab.locator("body")).to_have_css("background-color", light)
    tab.emulate_media(color_scheme="dark")
    expect(tab.locator("body")).to_have_css("background-color", dark)


def test_the_browser_writes_times_in_the_words_of_the_server(tab: Page, frame: SimpleNamespace):
    now = datetime.now(UTC)
    hours = (0.01, 0.21, 3.01, 30, 24 * 14.01, 24 * 20, 24 * 45, 24 * 100)
    frame.moments = [now + sign * timedelta(hours=span) for span in hours for sign in (1, -1)]
    tab.goto("/times")
    told = tab.eval_on_selector_all(".told", "found => found.map(each => each.dataset.told)")
    shown = tab.eval_on_selector_all(".told", "found => found.map(each => each.innerText)")
    assert shown == told
    assert "20" in tab.locator(".told time").first.get_attribute("title")


def test_without_javascript_the_page_is_whole(
    chromium: Browser, address: str, frame: SimpleNamespace
):
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    tab = context.new_page()
    tab.set_default_timeout(5_000)
    tab.goto("/live")
    expect(tab.get_by_role("button", name="Save").first).to_be_visible()
    tab.locator(".profile-menu summary").click()
    expect(tab.get_by_text("Administrator")).to_be_visible()
    tab.get_by_role("button", name="Go on").click()
    expect(tab.locator("#toasts")).to_contain_text("It is done.")
    context.close()
