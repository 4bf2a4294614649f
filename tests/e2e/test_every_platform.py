"""Every platform that the Sandbox stands in for, driven through every cause in a real browser.

What differs between platforms is data: a file per platform in the folder `platforms`. One
installation, one Sandbox and one browser serve them all.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from dashboard.domain.causes import CAUSE_TEXTS, SURENESS_TEXTS
from tests.cli.running import Installation
from tests.e2e.around import SandboxProcess
from tests.e2e.rows import ROWS, Cause, Row
from tests.e2e.steps import Window, account_id, consent, in_calendar, row, set_up, synchronise

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
SECRET = "sandbox-only-not-a-secret"
WRITTEN = "Written in Linkkeeper, read everywhere."


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The Sandbox, and a page of the administrator of an installation that talks to it."""

    sandbox: SandboxProcess
    page: Page


@pytest.fixture(scope="module")
def window(
    tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> Iterator[tuple[SandboxProcess, Window]]:
    folder = tmp_path_factory.mktemp("platforms")
    with SandboxProcess(folder / "sandbox", "--dialects") as sandbox:
        linkkeeper = Installation(
            folder / "var",
            LINKKEEPER_SANDBOX_URL=sandbox.origin,
            LINKKEEPER_SANDBOX_DIALECTS="yes",
            LINKKEEPER_ALLOW_PRIVATE_HOSTS=sandbox.place,
            LINKKEEPER_CHECK_EVERY="5",
            LINKKEEPER_PINTEREST_READS_PER_DAY="1000000",  # at this pace a day's worth is soon used
            LINKKEEPER_YOUTUBE_READS_PER_DAY="1000000",
        )
        try:
            with Window.open(chromium, linkkeeper.address) as window:
                set_up(window.page, linkkeeper.said)
                yield sandbox, window
        finally:
            linkkeeper.stop()
            linkkeeper.end()


@pytest.fixture
def place(window: tuple[SandboxProcess, Window]) -> Iterator[Place]:
    sandbox, opened = window
    for page in opened.fresh():
        yield Place(sandbox=sandbox, page=page)


@pytest.mark.parametrize("platform", ROWS, ids=lambda row: row.key)
def test_platform_is_set_up_linked_broken_by_every_cause_healed_read_and_published_to(
    place: Place, platform: Row
) -> None:
    page = place.page
    if not platform.typed:
        _enter_registration(page, platform)
    _link(page, platform)
    _read_what_is_there(page, platform)
    _publish(page, platform)
    _disturb(place, platform)
    for cause in platform.causes:
        _break_and_heal(place, platform, cause)
    _remove(place, platform)


def _enter_registration(page: Page, platform: Row) -> None:
    page.goto(f"/settings/platforms/{platform.key}")
    page.locator("#client_id").fill(f"linkkeeper-{platform.key}")
    page.locator("#client_secret").fill(SECRET)
    for name, value in platform.options:
        page.locator(f"#{name}").fill(value)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Test this app").click()
    expect(page.get_by_text(platform.test_says)).to_be_visible()


def _link(page: Page, platform: Row) -> None:
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
        _relink(page, platform, f"/settings/accounts/{account_id(page, platform.account)}")
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


def _read_what_is_there(page: Page, platform: Row) -> None:
    if not platform.posts:
        return
    synchronise(page, platform.account)
    assert in_calendar(page, platform.account)
    if platform.mentions:
        page.goto("/monitor")
        expect(page.locator(".mention").filter(has_text=platform.account).first).to_be_visible()


def _publish(page: Page, platform: Row) -> None:
    """Said by the page of the post, whose address leads to the platform."""
    if not platform.publishes:
        return
    page.goto("/publish/new")
    page.get_by_label(platform.account, exact=True).check()
    page.get_by_label("Text").fill(WRITTEN)
    counted = page.locator(".lengths li").filter(has_text=platform.account)
    expect(counted).to_contain_text(f"{len(WRITTEN)} of ")
    for name, words in (("title", platform.title), ("target", platform.target)):
        if words:
            page.locator(f"#{name}").fill(words)
    if platform.picture:
        page.locator("#picture").set_input_files(_picture(page, platform.picture_type))
        page.get_by_label("What the picture shows").fill(platform.picture)
    page.get_by_role("button", name="Plan the post").click()
    page.goto("/publish/calendar?view=list")
    mine = page.locator(".publications a").filter(has_text=platform.account)
    mine.filter(has_text="Written in Linkkeeper").first.click()
    expect(page.get_by_text(WRITTEN)).to_be_visible()
    for _ in range(40):
        if page.get_by_text("In the calendar since").is_visible() and _is_out(page):
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(page.locator("main").inner_text())


def _picture(page: Page, kind: str) -> FilePayload:
    """A small picture, drawn by the browser."""
    drawn = f"""() => {{
        const canvas = document.createElement("canvas");
        canvas.getContext("2d").fillRect(10, 10, 100, 100);
        return canvas.toDataURL("image/{kind}");
    }}"""
    data = base64.b64decode(page.evaluate(drawn).partition(",")[2])
    return FilePayload(name=f"bread.{kind}", mimeType=f"image/{kind}", buffer=data)


def _is_out(page: Page) -> bool:
    return "Published" in page.locator(".platform-head .lead").inner_text()


def _disturb(place: Place, platform: Row) -> None:
    """Outages and a refused registration are no trouble of the link: nobody is told to relink."""
    page = place.page
    for kind in platform.disturbances:
        place.sandbox.disturb_once(platform.handle, kind)
    page.goto("/settings/accounts")
    address = f"/settings/accounts/{account_id(page, platform.account)}"
    expect(row(page, platform.account)).to_have_attribute("data-state", platform.calm)
    page.goto(address)
    expect(page.locator("#what-to-do")).to_have_count(int(platform.calm == "expiring"))
    _check_now(page)
    if not platform.tells_of_app:
        return
    client_id = f"linkkeeper-{platform.key}"
    place.sandbox.spoil_secret(client_id)
    place.sandbox.press(platform.handle, "expire-access")
    _check_now(page)
    said = page.get_by_text(f"{platform.label} refuses Linkkeeper's own registration")
    expect(said).to_be_visible()
    expect(page.locator(".account-head")).to_have_attribute("data-state", platform.calm)
    place.sandbox.mend_secret(client_id)
    page.goto(f"/settings/platforms/{platform.key}")
    page.get_by_role("button", name="Test this app").click()
    expect(page.get_by_text(platform.test_says)).to_be_visible()
    page.goto(address)
    _check_now(page)
    expect(said).to_have_count(0)
    expect(page.locator(".account-head")).to_have_attribute("data-state", platform.calm)


def _check_now(page: Page) -> None:
    """On the page of an account: whatever is waited for, look at once."""
    page.get_by_role("button", name="Check now").first.click()
    expect(page.get_by_text("The check is under way.").first).to_be_visible()


def _break_and_heal(place: Place, platform: Row, cause: Cause) -> None:
    """The right state and words where people look, the wrong person refused, then healed."""
    page = place.page
    renewed = place.sandbox.renewals(platform.handle)
    place.sandbox.press(platform.handle, cause.press, **cause.fields)
    if cause.state == "healthy":
        place.sandbox.wait_until_renewed(platform.handle, renewed)
    page.goto("/settings/accounts")
    mine = row(page, platform.account)
    state = platform.calm if cause.state == "healthy" else cause.state
    expect(mine).to_have_attribute("data-state", state)
    expect(mine).to_contain_text(cause.words)
    address = f"/settings/accounts/{account_id(page, platform.account)}"
    page.goto(address)
    expect(page.locator(".account-head")).to_have_attribute("data-state", state)
    if cause.state == "healthy":
        expect(page.locator("#what-to-do")).to_have_count(int(platform.calm == "expiring"))
        return
    _look_at_the_cause(page, cause)
    if cause.state == "expired":
        expect(page.locator("#what-to-do")).to_contain_text(
            f"Before you relink at {platform.label}"
        )
    if cause.heal != "relink":
        place.sandbox.press(platform.handle, cause.heal, **cause.fields)
        page.get_by_role("button", name="Check now").first.click()
    else:
        _relink(page, platform, address)
    page.goto("/settings/accounts")
    for account in filter(None, (platform.account, platform.sibling)):
        expect(row(page, account)).to_have_attribute("data-state", platform.calm)


def _look_at_the_cause(page: Page, cause: Cause) -> None:
    """What it is, how sure, what was asked first, what it is not, what to do, who linked last."""
    title = page.locator(".account-verdict strong").first.inner_text().removesuffix(".")
    text = next(one for one in CAUSE_TEXTS.values() if one.title == title)
    card = page.locator("#what-to-do")
    for said in (
        *text.steps,
        SURENESS_TEXTS[text.sure],
        "First seen",
        "" if cause.state == "limited" else "when Linkkeeper asked to",
        cause.ruled_out,
        "by Anna, ",
    ):
        expect(card).to_contain_text(said)
    if cause.state == "limited":
        table = page.locator("#capabilities")
        expect(table).to_contain_text(f"{cause.missing or cause.words} is missing")
        expect(table).to_contain_text(f"To give it: {cause.grant_at}")


def _relink(page: Page, platform: Row, address: str) -> None:
    if platform.stranger:
        page.goto(f"{address}/relink")
        page.get_by_role("button", name=f"Relink with {platform.label}").click()
        consent(page, platform.stranger)
        expect(page.get_by_role("heading", name="That is another account")).to_be_visible()
    page.goto(f"{address}/relink")
    page.get_by_role("button", name=f"Relink with {platform.label}").click()
    consent(page, platform.person)
    expect(page.get_by_role("heading", name=f"{platform.account} is linked again")).to_be_visible()


def _remove(place: Place, platform: Row) -> None:
    """The permission is given back with the last account that hangs on it."""
    page = place.page
    for account in filter(None, (platform.sibling, platform.account)):
        page.goto("/settings/accounts")
        page.goto(f"/settings/accounts/{account_id(page, account)}/remove")
        page.get_by_label("Type the name of the account").fill(account)
        page.get_by_role("button", name=f"Remove {account}").click()
        expect(page.get_by_role("heading", name="Removed accounts")).to_be_visible()
    if platform.revokes:
        place.sandbox.wait_until_unlinked(platform.handle)
