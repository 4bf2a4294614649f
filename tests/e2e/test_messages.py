"""Messages & communication: an administrator sets what another user is mailed about."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Home
from tests.e2e.steps import ANNA, EMIL, link

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
BOX = "Send me an email if an account (my role has access to) is not connected properly"
CHANGED = "Anna changed your settings"
ACCOUNT = "Energy Co-op Zonnig"


def test_box_unticked_for_somebody_saves_itself_tells_him_and_ends_his_mails(
    anna: Page, anna_without_javascript: Page, emil: Page, home: Home
):
    link(anna, "Daan de Vries", [ACCOUNT])
    _settings_of_emil(anna)
    anna.get_by_label(BOX).uncheck()
    expect(anna.get_by_text("Saved", exact=True)).to_be_visible()

    home.sandbox.press("zonnigenergy", "end-grant")
    home.letters.wait(CHANGED, to=EMIL)
    home.letters.wait(ACCOUNT, "lost", to=ANNA)
    assert home.letters.about(ACCOUNT, to=EMIL) == []

    page = anna_without_javascript
    _settings_of_emil(page)
    expect(page.get_by_label(BOX)).not_to_be_checked()
    page.get_by_label(BOX).check()
    page.locator(".setting-box").filter(has=page.get_by_label(BOX)).get_by_role("button").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    emil.goto("/me")
    expect(emil.get_by_label(BOX)).to_be_checked()


def _settings_of_emil(page: Page) -> None:
    page.goto("/settings/users")
    page.get_by_role("link", name="Edit Emil").click()
    expect(page.get_by_role("heading", name="Messages & communication")).to_be_visible()
