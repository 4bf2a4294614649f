"""Every platform that the Sandbox stands in for, driven through every cause in a real browser.

What differs between platforms is data: a file per platform in the folder `platforms`.
"""

import base64
import re
from dataclasses import replace

import pytest
from playwright.sync_api import FilePayload, Page, expect

from dashboard.domain.causes import CAUSE_TEXTS, SURENESS_TEXTS
from dashboard.domain.causes import Cause as CauseOfState
from tests.e2e.at_platforms import check_now, enter_registration, link_at, relink_at
from tests.e2e.conftest import Place
from tests.e2e.rows import DISTURBANCES, ROWS, Cause, Row
from tests.e2e.steps import account_id, consent, in_calendar, row, synchronise

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
_REST = 60_000  # milliseconds: a host that was silent too often is left alone for a while
WRITTEN = "Written in Linkkeeper, read everywhere."


@pytest.mark.parametrize("platform", ROWS, ids=lambda row: row.key)
def test_platform_is_set_up_linked_broken_by_every_cause_healed_read_and_published_to(
    place: Place, platform: Row
) -> None:
    page = place.page
    if platform.registered:
        enter_registration(page, platform)
    link_at(page, platform)
    _read_what_is_there(page, platform)
    _publish(page, platform)
    _disturb(place, platform)
    _refuse_the_app(place, platform)
    for cause in platform.causes:
        _break_and_heal(place, platform, cause)
    _refuse_a_stranger(page, platform)
    _remove(place, platform)


@pytest.mark.parametrize("platform", ROWS, ids=lambda row: row.key)
def test_a_platform_that_asks_us_to_wait_is_told_as_such_and_accuses_nobody(
    place: Place, platform: Row
) -> None:
    """After all else, as nothing is asked there before the time is over."""
    page, plain = place.page, replace(platform, unticked="", needed="")
    if plain.registered:
        enter_registration(page, plain)
    link_at(page, plain)
    page.goto("/settings/accounts")
    address = f"/settings/accounts/{account_id(page, plain.account)}"
    page.goto(address)
    if plain.posts:  # else it may be the synchronisation that is asked to wait
        expect(page.locator("#publications")).to_contain_text("Last synchronisation")
    place.sandbox.disturb(plain.handle, "429")
    check_now(page)
    # What was asked to wait meanwhile for something else is asked again in a minute.
    expect(page.locator(".account-head")).to_have_attribute(
        "data-state", "unreachable", timeout=2 * _REST
    )
    _look_at_the_silence(page, CauseOfState.RATE_LIMITED)
    place.sandbox.calm()


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
    """An outage is told as what it is; nobody is told to relink, and it is over by itself."""
    page = place.page
    page.goto("/settings/accounts")
    address = f"/settings/accounts/{account_id(page, platform.account)}"
    for kind, cause in DISTURBANCES.items():
        if cause is CauseOfState.RATE_LIMITED:
            continue
        place.sandbox.disturb(platform.handle, kind)
        page.goto(address)
        check_now(page)
        _look_at_the_silence(page, cause)
        place.sandbox.calm()
        check_now(page)
        head = page.locator(".account-head")
        expect(head).to_have_attribute("data-state", platform.calm, timeout=_REST)
    expect(page.locator('#history .moment [data-state="expired"]')).to_have_count(0)


def _look_at_the_silence(page: Page, cause: CauseOfState) -> None:
    """Not answering: why, that nothing is known of the link, and that nothing is to be done."""
    head, text = page.locator(".account-head"), CAUSE_TEXTS[cause]
    expect(head).to_have_attribute("data-state", "unreachable")
    expect(head).to_contain_text(text.title)
    expect(head).to_contain_text("This says nothing about your link.")
    expect(head.get_by_role("link", name="Relink")).to_have_count(0)
    for said in (*text.steps, SURENESS_TEXTS[text.sure]):
        expect(page.locator("#what-to-do")).to_contain_text(said)


def _refuse_the_app(place: Place, platform: Row) -> None:
    """Our registration is at fault, and no link: it stays as it is until that is put right."""
    page, client_id = place.page, f"linkkeeper-{platform.key}"
    page.goto("/settings/accounts")
    address = f"/settings/accounts/{account_id(page, platform.account)}"
    said = page.get_by_text(f"{platform.label} refuses Linkkeeper's own registration")
    for way in platform.app_is_refused:
        if way == "secret":
            place.sandbox.spoil_secret(client_id)
            place.sandbox.press(platform.handle, "expire-access")
        else:
            place.sandbox.disturb(platform.handle, "refuse_app")
        page.goto(address)
        check_now(page)
        expect(said).to_be_visible()
        expect(page.locator(".account-head")).to_have_attribute("data-state", platform.calm)
        place.sandbox.mend_secret(client_id)
        place.sandbox.calm()
        if platform.registered and not platform.app_is_proven:
            page.goto(f"/settings/platforms/{platform.key}")
            page.get_by_role("button", name="Test this app").click()
            expect(page.get_by_text(platform.test_says)).to_be_visible()
        if not platform.registered:
            place.sandbox.press(platform.handle, "expire-access")  # a renewal proves it
        page.goto(address)
        check_now(page)
        expect(said).to_have_count(0)
        expect(page.locator(".account-head")).to_have_attribute("data-state", platform.calm)


def _break_and_heal(place: Place, platform: Row, cause: Cause) -> None:
    """The right state and words where people look, then healed."""
    page = place.page
    page.goto("/settings/accounts")
    address = f"/settings/accounts/{account_id(page, platform.account)}"
    _break(place, platform, cause, address)
    page.goto("/settings/accounts")
    mine = row(page, platform.account)
    state = platform.calm if cause.state == "healthy" else cause.state
    expect(mine).to_have_attribute("data-state", state)
    page.goto(address)
    expect(page.locator(".account-head")).to_have_attribute("data-state", state)
    if cause.state == "healthy":
        expect(page.locator("#what-to-do")).to_have_count(int(platform.calm == "expiring"))
        return
    _look_at_the_cause(page, cause)
    if cause.state in {"expired", "expiring"}:
        expect(page.locator("#what-to-do")).to_contain_text(
            f"Before you relink at {platform.label}"
        )
    if cause.lift:
        place.sandbox.press(platform.handle, cause.lift)
    if cause.heal != "relink":
        place.sandbox.press(platform.handle, cause.heal, **cause.fields)
        page.get_by_role("button", name="Check now").first.click()
    else:
        relink_at(page, platform, address)
    page.goto("/settings/accounts")
    expect(mine).not_to_contain_text(cause.text.title)
    for account in filter(None, (platform.account, platform.sibling)):
        expect(row(page, account)).to_have_attribute("data-state", platform.calm)


def _break(place: Place, platform: Row, cause: Cause, address: str) -> None:
    """Press the button, and have it looked at; what Linkkeeper mends itself was renewed."""
    renewed = place.sandbox.renewals(platform.handle)
    if cause.fault:
        place.sandbox.disturb(platform.handle, cause.fault, count=1, calls="token")
    place.sandbox.press(platform.handle, cause.press, **cause.fields)
    place.page.goto(address)
    if cause.anew:
        relink_at(place.page, platform, address)
    else:
        check_now(place.page)
    if cause.state == "healthy":
        place.sandbox.wait_until_renewed(platform.handle, renewed)


def _look_at_the_cause(page: Page, cause: Cause) -> None:
    """What it is, how sure, what was asked first, what it is not, what to do, who linked last."""
    head, card = page.locator(".account-head"), page.locator("#what-to-do")
    expect(head).to_contain_text(f"{cause.text.title}. {cause.text.meaning}")
    first = () if cause.state == "expiring" else ("First seen",)
    asked = ("when Linkkeeper asked to",) if cause.state in {"expired", "blocked"} else ()
    sure = SURENESS_TEXTS[cause.text.sure]
    for said in (*cause.text.steps, *first, *asked, cause.ruled_out, "by Anna, "):
        expect(card).to_contain_text(said)
    if "documentation does not explain" not in card.inner_text():
        expect(card).to_contain_text(sure)
    if cause.state == "expiring":
        expect(head).to_contain_text(re.compile(r"The date is \d"))
    if cause.state == "limited":
        table = page.locator("#capabilities")
        expect(table).to_contain_text(f"{cause.missing} is missing")
        expect(table).to_contain_text(f"To give it: {cause.grant_at}")


def _refuse_a_stranger(page: Page, platform: Row) -> None:
    """Who reaches another account heals nothing and takes nothing over (R28)."""
    page.goto("/settings/accounts")
    address = f"/settings/accounts/{account_id(page, platform.account)}"
    page.goto(f"{address}/relink")
    page.get_by_role("button", name=f"Relink with {platform.label}").click()
    consent(page, platform.stranger)
    expect(page.get_by_role("heading", name="That is another account")).to_be_visible()
    page.goto("/settings/accounts")
    expect(row(page, platform.account)).to_have_attribute("data-state", platform.calm)


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
