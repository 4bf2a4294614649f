"""A Mastodon server that we did not write, and a Bluesky service, both on loopback."""

import pytest
from playwright.sync_api import Page, expect

from dashboard.domain.causes import CAUSE_TEXTS, SURENESS_TEXTS, Cause
from tests.e2e.at_platforms import check_now
from tests.e2e.conftest import Place
from tests.e2e.foreign import ACTS, LIMITED_PROFILE, PROFILE, PUBLIC, SAYINGS, Act, Saying
from tests.e2e.steps import account_id, row

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
FLORIST = "Florist Peters"
CHEESE = "Cheese Corner"
_REST = 90_000  # milliseconds: a host that asked to wait is left alone for a minute


def test_mastodon_account_is_linked_and_every_cause_is_seen_and_healed(place: Place):
    page = place.page
    page.goto("/settings/accounts/add/mastodon")
    page.get_by_label("Your server").fill(place.mastodon.origin)
    page.get_by_role("button", name="Continue with Mastodon").click()
    page.get_by_role("button", name=FLORIST).click()
    _pick(page, FLORIST)
    page.goto("/settings/accounts")
    address = f"/settings/accounts/{account_id(page, FLORIST)}"
    place.mastodon.fail(PROFILE, status=200, body=_silenced(place))
    page.goto(address)
    check_now(page)
    expect(page.locator(".account-head")).to_have_attribute("data-state", "healthy")
    place.mastodon.forget_faults()

    for saying in SAYINGS:
        _say(place, saying)
        page.goto(address)
        check_now(page)
        _look(page, saying.state, saying.cause)
        if saying.missing:
            expect(page.locator("#capabilities")).to_contain_text(saying.missing)
        place.mastodon.forget_faults()
        if saying.revoked:
            page.goto(f"{address}/relink")
            page.get_by_role("button", name="Relink with Mastodon").click()
            page.get_by_role("button", name=FLORIST).click()
            heading = page.get_by_role("heading", name=f"{FLORIST} is linked again")
            expect(heading).to_be_visible()
            continue
        check_now(page)
        head = page.locator(".account-head")
        expect(head).to_have_attribute("data-state", "healthy", timeout=_REST)


def test_bluesky_account_by_app_password_is_linked_and_every_cause_is_seen_and_healed(
    place: Place,
):
    page, pds = place.page, place.pds
    page.goto("/settings/accounts/add/bluesky")
    _sign_in(place, pds.new_app_password())
    page.get_by_role("button", name="Link with an app password").click()
    _pick(page, CHEESE)
    page.goto("/settings/accounts")
    address = f"/settings/accounts/{account_id(page, CHEESE)}"
    for act in ACTS:
        _act(place, act)
        page.goto(address)
        check_now(page)
        _look(page, act.state, act.cause)
        pds.forget_faults()
        if act.undo:
            getattr(pds, act.undo)()
            check_now(page)
            head = page.locator(".account-head")
            expect(head).to_have_attribute("data-state", "healthy", timeout=_REST)
            continue
        page.goto(f"{address}/relink")
        _sign_in(place, pds.new_app_password())
        page.get_by_role("button", name="Relink with an app password").click()
        expect(page.get_by_role("heading", name=f"{CHEESE} is linked again")).to_be_visible()


def _silenced(place: Place) -> dict[str, object]:
    return {**place.mastodon.profile("florist"), **LIMITED_PROFILE}


def _say(place: Place, saying: Saying) -> None:
    if saying.revoked:
        place.mastodon.revoke("florist")
        return
    place.mastodon.fail(PROFILE, status=saying.status, body=saying.said)
    if saying.public:
        place.mastodon.fail(PUBLIC, status=200, body=saying.public)


def _act(place: Place, act: Act) -> None:
    getattr(place.pds, act.act)(**act.fault)
    if act.over:
        place.pds.expire_access()


def _look(page: Page, state: str, cause: Cause) -> None:
    """What is so, why, how sure that is, and what to do, where it was linked."""
    text, head = CAUSE_TEXTS[cause], page.locator(".account-head")
    expect(head).to_have_attribute("data-state", state)
    expect(head).to_contain_text(f"{text.title}. {text.meaning}")
    for said in (*text.steps, SURENESS_TEXTS[text.sure]):
        expect(page.locator("#what-to-do")).to_contain_text(said)


def _sign_in(place: Place, password: str) -> None:
    place.page.get_by_label("Handle").fill(place.pds.person.handle)
    place.page.get_by_label("App password").fill(password)
    place.page.get_by_label("Service").fill(place.pds.origin)


def _pick(page: Page, account: str) -> None:
    page.get_by_label(account).check()
    page.get_by_role("button", name="Link these accounts").click()
    expect(page.get_by_role("heading", name=account)).to_be_visible()
    page.goto("/settings/accounts")
    expect(row(page, account)).to_have_attribute("data-state", "healthy")
