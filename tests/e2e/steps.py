"""What people do in their browsers, as the tests say it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

PASSWORD = "a sentence that nobody guesses"
ANNA = "anna@team.example"
EMIL = "emil@team.example"
VERA = "vera@team.example"
_SET_UP = re.compile(r"http://\S+/setup/\S+")


class Window:
    """One person's browser. Whatever goes wrong in its pages fails the test at hand."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.troubles: list[str] = []
        context.on("console", lambda said: self._note(said.type, said.text))
        context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        self.page = context.new_page()

    @classmethod
    @contextmanager
    def open(cls, browser: Browser, address: str) -> Iterator[Self]:
        context = browser.new_context(base_url=address, timezone_id="Europe/Amsterdam")
        context.set_default_timeout(20_000)
        yield cls(context)
        context.close()

    def fresh(self) -> Iterator[Page]:
        """A tab for one test: nothing was refused by the policy and no script failed (R20)."""
        self.troubles.clear()
        page = self.context.new_page()
        yield page
        page.close()
        assert self.troubles == []

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and "Failed to load resource" not in text:
            self.troubles.append(text)


def set_up(page: Page, said: str) -> None:
    """Follow the one-time link in what `./manage run` said, and become the administrator."""
    found = _SET_UP.search(said)
    assert found is not None, said
    page.goto(found.group())
    page.get_by_label("Name").fill("Anna")
    page.get_by_label("E-mail").fill(ANNA)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Set up Linkkeeper").click()
    expect(page.locator(".profile-name")).to_have_text("Anna")
    page.goto("/settings/accounts")
    expect(page.get_by_role("heading", name="Add your first account")).to_be_visible()


def invite(page: Page, name: str, email: str, role: str) -> None:
    """Add a user; he is mailed a link with which he chooses a password."""
    page.goto("/settings/users")
    page.get_by_role("link", name="Add user").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Role").select_option(label=role)
    page.get_by_role("button", name="Add user").click()
    expect(page.get_by_text(f"on its way to {email}")).to_be_visible()


def accept(page: Page, invitation: str, name: str) -> None:
    """Choose a password by the link in the mail; one is signed in then."""
    page.goto(invitation)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Set password and sign in").click()
    expect(page.locator(".profile-name")).to_have_text(name)


def link(page: Page, person: str, accounts: Sequence[str], *, role: str = "Editor") -> None:
    """Link pages of the Sandbox by the log-in of one of its people; all of them are healthy."""
    page.goto("/settings/accounts/add")
    page.get_by_role("link", name="Sandbox").click()
    page.get_by_role("button", name="Continue with Sandbox").click()
    consent(page, person)
    expect(page.get_by_role("heading", name="Which accounts?")).to_be_visible()
    for account in accounts:
        page.get_by_label(account, exact=True).check()
    page.get_by_label(role, exact=True).check()
    page.get_by_role("button", name="Link these accounts").click()
    expect(page).not_to_have_url(re.compile("/choose$"))
    page.goto("/settings/accounts")
    for account in accounts:
        expect(row(page, account)).to_have_attribute("data-state", "healthy")


def consent(page: Page, person: str, *, button: str = "Allow", without: str = "") -> None:
    """At the Sandbox: be this person, whoever was there before, and decide.

    `without` is the permission that is not given.
    """
    arrived = re.compile("^Log in to Sandbox$|asks for your permission$")
    expect(page.get_by_role("heading", name=arrived)).to_be_visible()
    if page.get_by_role("link", name="Log in as somebody else").is_visible():
        page.get_by_role("link", name="Log in as somebody else").click()
    page.get_by_role("link", name=person).click()
    page.get_by_role("button", name="Log in").click()
    if without:
        page.locator(f'input[name="granted"][value="{without}"]').uncheck()
    page.get_by_role("button", name=button, exact=True).click()


def row(page: Page, account: str) -> Locator:
    """The account in Settings > Accounts."""
    name = page.get_by_role("link", name=account, exact=True)
    return page.locator(".account-row").filter(has=name)


def account_id(page: Page, account: str) -> str:
    """Of an account in the open Settings > Accounts."""
    return str(row(page, account).get_attribute("id")).removeprefix("account-")


def synchronise(page: Page, account: str) -> None:
    """Load what was posted at the platform, and see that it was."""
    page.goto("/publish/calendar")
    page.get_by_label("Account to synchronise").select_option(label=account)
    page.get_by_role("button", name="Platform synchronisation").click()
    expect(page.locator("#sync-runs")).to_contain_text("Platform synchronisation:")


def in_calendar(page: Page, account: str) -> set[str]:
    """The addresses of all publications of an account, of this month and the two before."""
    page.goto("/publish/calendar?view=list")
    page.get_by_label("Account", exact=True).select_option(label=account)
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("account="))
    found: set[str] = set()
    for _ in range(3):
        entries = page.locator(".publications a").all()
        found |= {str(entry.get_attribute("href")) for entry in entries}
        page.goto(str(page.get_by_role("link", name="Earlier").get_attribute("href")))
    return found
