"""Adding and relinking accounts in the browser, without JavaScript."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlmodel import select

from dashboard.db.tables import AccountRow, AttemptRow, LinkRow
from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.checks import Works
from dashboard.domain.wire import NoAnswerError, Silence
from tests.factories import make_account
from tests.services.fake_platforms import SignInPlatform, identity, reaching

LIST = "/settings/accounts"


@pytest.fixture
def platform():
    return SignInPlatform()


@pytest.fixture
def tools(tools, platform):
    return replace(tools, platforms={"fake": platform})


def go(browser, url: str) -> str:
    """Press the button that leads to the platform; return the state it was sent with."""
    page = browser.post(url)
    assert page.status_code == 200, page.text
    target = page.text.split('http-equiv="refresh" content="0; url=')[1].split('"')[0]
    return parse_qs(urlsplit(target).query)["state"][0]


def back(browser, database, state: str, **answer: str):
    with database.reading() as session:
        app_id = session.exec(
            select(AttemptRow.app_id).order_by(AttemptRow.created_at.desc())
        ).first()
    query = "&".join(
        f"{key}={value}" for key, value in {"state": state, "code": "c0de", **answer}.items()
    )
    return browser.get(f"/link/back/{app_id}?{query}")


def test_from_the_platform_s_conditions_to_a_linked_account(
    database, client_for, alice, platform
) -> None:
    browser = client_for(alice)
    assert "Fakebook" in browser.get(f"{LIST}/add").text
    assert "Add a Fakebook page" in browser.get(f"{LIST}/add/fake").text
    came = back(browser, database, go(browser, f"{LIST}/add/fake"))
    assert came.status_code == 303
    choose = came.headers["Location"]
    page = browser.get(choose).text
    assert "Bakery Jansen" in page
    assert "Anna J." in page
    done = browser.post(choose, {"account": "page-1", "role": str(alice.role_id)})
    assert done.status_code == 303
    assert "Bakery Jansen" in browser.get(LIST).text


def test_nothing_picked_is_said_at_the_list(database, client_for, alice) -> None:
    browser = client_for(alice)
    came = back(browser, database, go(browser, f"{LIST}/add/fake"))
    answer = browser.post(came.headers["Location"], {"role": str(alice.role_id)})
    assert answer.status_code == 422
    assert "Pick at least one account" in answer.text


def test_consent_denied_says_so_and_changes_nothing(database, client_for, alice) -> None:
    browser = client_for(alice)
    answer = back(browser, database, go(browser, f"{LIST}/add/fake"), error="access_denied")
    assert answer.status_code == 422
    assert "You said no at Fakebook" in answer.text
    assert "Nothing was changed" in answer.text
    assert f'href="{LIST}/add/fake"' in answer.text, "try again begins at the same platform"


def test_a_relink_denied_at_the_platform_is_tried_again_from_its_own_page(
    database, client_for, ada
) -> None:
    account = make_account(database, remote_id="page-1", state="expired")
    browser = client_for(ada)
    answer = back(browser, database, go(browser, f"{LIST}/{account}/relink"), error="access_denied")
    assert answer.status_code == 422
    assert f'href="{LIST}/{account}/relink"' in answer.text


def test_a_replayed_callback_says_that_the_log_in_is_over(database, client_for, alice) -> None:
    browser = client_for(alice)
    state = go(browser, f"{LIST}/add/fake")
    back(browser, database, state)
    answer = back(browser, database, state)
    assert answer.status_code == 422
    assert "This log-in is over" in answer.text


def test_a_silent_platform_is_named_so(database, client_for, alice, platform) -> None:
    platform.granted = NoAnswerError(Silence.TIMEOUT, call="exchange")
    browser = client_for(alice)
    answer = back(browser, database, go(browser, f"{LIST}/add/fake"))
    assert "Fakebook does not answer" in answer.text


def test_a_relink_heals_and_says_what_was_done(database, client_for, ada) -> None:
    account = make_account(database, remote_id="page-1", state="expired", cause="password_changed")
    browser = client_for(ada)
    start = browser.get(f"{LIST}/{account}/relink").text
    assert "last time it was <strong>Anna</strong>" in start
    came = back(browser, database, go(browser, f"{LIST}/{account}/relink"))
    page = browser.get(came.headers["Location"]).text
    assert "is linked again" in page
    assert "The same account as before" in page
    with database.reading() as session:
        assert session.exec(select(LinkRow.state)).one() == "healthy"


def test_r28_another_identity_is_shown_side_by_side(database, client_for, ada, platform) -> None:
    account = make_account(database, remote_id="page-1", state="expired")
    reaching(platform, identity("page-2", "City Museum"))
    browser = client_for(ada)
    came = back(browser, database, go(browser, f"{LIST}/{account}/relink"))
    page = browser.get(came.headers["Location"]).text
    assert "That is another account" in page
    assert "Bakery Jansen" in page
    assert "City Museum" in page
    assert "Link it as a new account" in page
    with database.reading() as session:
        assert session.exec(select(LinkRow.state)).one() == "expired"


def test_the_other_identity_can_be_linked_as_a_new_account(
    database, client_for, ada, platform
) -> None:
    account = make_account(database, remote_id="page-1", state="expired")
    reaching(platform, identity("page-2", "City Museum"))
    browser = client_for(ada)
    came = back(browser, database, go(browser, f"{LIST}/{account}/relink"))
    attempt = came.headers["Location"].rsplit("/", 1)[1]
    browser.post(f"/link/{attempt}/choose", {"account": "page-2"})
    with database.reading() as session:
        assert set(session.exec(select(AccountRow.name)).all()) == {"Bakery Jansen", "City Museum"}


def test_log_in_as_somebody_else_asks_the_platform_for_it(
    client_for, ada, database, platform
) -> None:
    account = make_account(database, remote_id="page-1", state="expired")
    client_for(ada).post(f"{LIST}/{account}/relink", {"other_person": "1"})
    assert platform.started[0]["other"] is True


def test_bob_who_may_not_link_gets_nowhere(database, client_for, bob, platform) -> None:
    browser = client_for(bob)
    assert browser.get(f"{LIST}/add").status_code == 403
    assert browser.post(f"{LIST}/add/fake").status_code == 403
    assert platform.started == []


def test_an_unknown_platform_is_not_found(client_for, ada) -> None:
    assert client_for(ada).get(f"{LIST}/add/friendster").status_code == 404


NOT_GIVEN = Missing(
    capability=Capability.PUBLISH,
    kind=MissingKind.PERMISSION,
    what="write",
    label="Create content",
)


def test_what_was_not_allowed_is_said_right_after_linking(
    database, client_for, alice, platform
) -> None:
    platform.outcomes["page-1"] = Works(missing=(NOT_GIVEN,))
    browser = client_for(alice)
    choose = back(browser, database, go(browser, f"{LIST}/add/fake")).headers["Location"]
    done = browser.post(choose, {"account": "page-1", "role": str(alice.role_id)})
    page = browser.get(done.headers["Location"]).text
    assert "Linked, but not allowed: Create content." in page
    assert "not allowed when the account was linked" in page


def test_what_was_not_allowed_is_said_right_after_relinking(
    database, client_for, ada, platform
) -> None:
    account = make_account(database, remote_id="page-1", state="expired", cause="token_refused")
    platform.outcomes["page-1"] = Works(missing=(NOT_GIVEN,))
    browser = client_for(ada)
    came = back(browser, database, go(browser, f"{LIST}/{account}/relink"))
    page = browser.get(came.headers["Location"]).text
    assert "Linked, but you did not allow:" in page
    assert "Create content" in page
