"""What people change about themselves."""

import pytest

from tests.pages.conftest import ORIGIN


def change(browser, alice, **typed):
    form = {"old": alice.password, "password": "another long sentence", **typed}
    return browser.post("/me/password", form)


def test_alice_sees_her_browsers_and_which_one_this_is(client_for, alice) -> None:
    client_for(alice)
    text = client_for(alice).get("/me").text
    assert text.count("this browser") == 1
    assert text.count(">End<") == 1


def test_alice_ends_her_other_browser(client_for, alice, tools) -> None:
    """R12"""
    other, here = client_for(alice), client_for(alice)
    text = here.get("/me").text
    session = text.partition('name="session" value="')[2].partition('"')[0]
    assert here.post("/me/sessions/end", {"session": session}).location == "/me"
    assert other.get("/").status_code == 303
    assert here.get("/").status_code == 200


def test_bob_cannot_end_a_browser_of_alice(client_for, alice, bob) -> None:
    """R14: a foreign session is like a missing one."""
    hers, his = client_for(alice), client_for(bob)
    client_for(alice)
    session = hers.get("/me").text.partition('name="session" value="')[2].partition('"')[0]
    foreign = his.post("/me/sessions/end", {"session": session})
    missing = his.post("/me/sessions/end", {"session": "0" * 64})
    assert foreign.status_code == missing.status_code == 404
    assert hers.get("/").status_code == 200


def test_a_new_password_signs_alice_out_everywhere_but_here(client_for, alice) -> None:
    """R3"""
    other, here = client_for(alice), client_for(alice)
    before = here.client.get_cookie("linkkeeper", domain="127.0.0.1").value
    assert change(here, alice).location == "/me"
    assert here.client.get_cookie("linkkeeper", domain="127.0.0.1").value != before
    assert "Your password is changed" in here.get("/me").text
    assert other.get("/", htmx=True).headers["HX-Redirect"].startswith("/sign-in")


@pytest.mark.parametrize(
    ("typed", "field"), [({"old": "guess"}, "old"), ({"password": "short"}, "password")]
)
def test_a_wrong_password_is_said_at_its_field(client_for, alice, typed, field) -> None:
    browser = client_for(alice)
    answer = change(browser, alice, **typed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert browser.get("/").status_code == 200


def test_alice_sets_her_time_zone(client_for, alice) -> None:
    browser = client_for(alice)
    assert browser.post("/me/time-zone", {"time_zone": "Europe/Amsterdam"}).status_code == 303
    assert 'selected value="Europe/Amsterdam"' in browser.get("/me").text


def test_a_zone_that_does_not_exist_is_refused(client_for, alice) -> None:
    answer = client_for(alice).post("/me/time-zone", {"time_zone": "Mars/Olympus"})
    assert answer.status_code == 422


def test_nobody_becomes_administrator_by_sending_more_fields(client_for, alice) -> None:
    """R15"""
    browser = client_for(alice)
    more = {
        "role_id": "x",
        "is_admin": "1",
        "user_id": "1",
        "active": "0",
        "rights": "manage_users",
    }
    browser.post("/me/time-zone", {"time_zone": "UTC", **more})
    assert change(browser, alice, **more).status_code == 303
    assert "Editor" in browser.get("/").text


def test_guessing_the_present_password_is_limited(client_for, alice) -> None:
    """R6"""
    browser = client_for(alice)
    codes = [change(browser, alice, old=f"guess {number}").status_code for number in range(12)]
    assert codes == [422] * 10 + [429] * 2


def test_a_stranger_sees_nothing(anon) -> None:
    assert anon.client.get("/me", base_url=ORIGIN).location == "/sign-in?next=/me"
