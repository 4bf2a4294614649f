"""What a platform tells by itself, while a link works and when it does not, in a real browser."""

import hashlib
import hmac
import json
import time
from dataclasses import replace
from http import HTTPStatus

import pytest
from playwright.sync_api import expect

from dashboard.domain.causes import CAUSE_TEXTS, SURENESS_TEXTS, Cause, Sureness
from dashboard.domain.pushes import REASON_TEXTS, PushReason
from tests.e2e.at_platforms import SECRET, check_now, enter_registration, link_at
from tests.e2e.conftest import Place
from tests.e2e.rows import ROWS, Row
from tests.e2e.steps import account_id

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_what_a_platform_tells_by_itself_stands_on_the_card_once_a_check_has_found_it(
    place: Place,
) -> None:
    """R46: while the link works it is not believed."""
    page, tiktok = place.page, next(one for one in ROWS if one.key == "tiktok")
    museum = replace(
        tiktok,
        person="Chloé Martin",
        account="City Museum on TikTok",
        handle="tiktok_citymuseum",
        unticked="",
    )
    enter_registration(page, museum)
    link_at(page, museum)
    page.goto("/settings/accounts")
    page.goto(f"/settings/accounts/{account_id(page, museum.account)}")
    _push(place, museum, reason=4)
    check_now(page)
    expect(page.locator(".account-head")).to_have_attribute("data-state", "healthy")
    place.sandbox.press(museum.handle, "remove-app")
    _push(place, museum, reason=1)
    head, card = page.locator(".account-head"), page.locator("#what-to-do")
    expect(head).to_have_attribute("data-state", "expired")
    expect(head).to_contain_text(CAUSE_TEXTS[Cause.APP_REMOVED].title)
    expect(card).to_contain_text(SURENESS_TEXTS[Sureness.TOLD])
    expect(card).to_contain_text(REASON_TEXTS[PushReason.APP_REMOVED])


def _push(place: Place, platform: Row, *, reason: int) -> None:
    """As TikTok does, signed with our secret."""
    at = int(time.time())
    said = {
        "client_key": f"linkkeeper-{platform.key}",
        "event": "authorization.removed",
        "create_time": at,
        "user_openid": place.sandbox.id_of(platform.handle),
        "content": json.dumps({"reason": reason}),
    }
    body = json.dumps(said).encode()
    mac = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"TikTok-Signature": f"t={at},s={mac}", "Content-Type": "application/json"}
    answer = place.page.request.post(f"/push/{platform.key}", data=body, headers=headers)
    assert answer.status == HTTPStatus.OK, answer.text()
