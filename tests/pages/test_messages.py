"""Ticking boxes under Messages & communication, with and without JavaScript."""

import re

import pytest
from sqlmodel import select

from dashboard.db.tables import AuditRow, EventRow, PreferenceRow, UserRow

BROKEN = "link_broken"


def address(person) -> str:
    return f"/settings/users/{person.id}/messages"


def stored(tools, table=PreferenceRow) -> list:
    with tools.database.reading() as session:
        return list(session.exec(select(table)).all())


def untick(browser, person, **more):
    return browser.post(address(person), {"box": BROKEN, "version": "0", **more})


def test_a_stranger_is_sent_to_sign_in(anon, alice, tools) -> None:
    assert untick(anon, alice).location.startswith("/sign-in")
    assert stored(tools) == []


def test_alice_unticks_her_own_box_without_javascript(client_for, alice, tools) -> None:
    answer = untick(client_for(alice), alice, next="/me")
    assert (answer.status_code, answer.location) == (303, "/me#messages")
    assert [(row.kind, row.wanted) for row in stored(tools)] == [(BROKEN, False)]


def test_alice_unticks_her_own_box_and_goes_on_with_the_new_version(
    client_for, alice, tools
) -> None:
    browser = client_for(alice)
    answer = browser.post(address(alice), {"box": BROKEN, "version": "0"}, htmx=True)
    assert answer.status_code == 200
    version = re.search(r'value="(\d+)" id="box-link_broken-version"', answer.text)
    assert version is not None
    again = {"box": BROKEN, BROKEN: "on", "version": version[1]}
    assert browser.post(address(alice), again, htmx=True).status_code == 200
    assert stored(tools) == []


def test_alice_cannot_touch_the_boxes_of_bob(client_for, alice, bob, tools) -> None:
    """R16"""
    assert untick(client_for(alice), bob).status_code == 403
    assert stored(tools) == []


def test_ada_unticks_a_box_of_alice_who_is_told(client_for, alice, ada, tools) -> None:
    """R16"""
    assert untick(client_for(ada), alice).status_code == 303
    assert [row.user_id for row in stored(tools)] == [alice.id]
    assert [(row.user_id, row.actor_id) for row in stored(tools, EventRow)] == [(alice.id, ada.id)]


def test_only_the_user_in_the_address_is_changed(client_for, alice, bob, ada, tools) -> None:
    """R15, R16: whatever else the form says."""
    before = [(row.id, row.role_id, row.active) for row in stored(tools, UserRow)]
    untick(
        client_for(ada),
        alice,
        user_id=str(bob.id),
        id=str(bob.id),
        role="admin",
        role_id=str(ada.role_id),
        is_admin="1",
        active="",
        wanted="off",
    )
    assert [(row.user_id, row.kind) for row in stored(tools)] == [(alice.id, BROKEN)]
    assert [(row.id, row.role_id, row.active) for row in stored(tools, UserRow)] == before


def test_of_two_administrators_one_gets_a_conflict(client_for, alice, ada, tools) -> None:
    """R16, R68"""
    untick(client_for(alice), alice)
    late = untick(client_for(ada), alice)
    assert late.status_code == 409
    assert "Somebody else changed this box" in late.text
    assert len(stored(tools, AuditRow)) == 1


def test_a_conflict_makes_htmx_load_the_page_again(client_for, alice, ada) -> None:
    untick(client_for(alice), alice)
    browser = client_for(ada)
    late = browser.post(address(alice), {"box": BROKEN, "version": "0"}, htmx=True)
    assert (late.status_code, late.headers["HX-Refresh"]) == (409, "true")
    page = browser.get(f"/settings/users/{alice.id}").text
    assert "The page shows what holds now." in page


@pytest.mark.parametrize("box", ["", "settings_changed", "nonsense", "../etc"])
def test_there_is_no_other_box(client_for, alice, tools, box: str) -> None:
    answer = client_for(alice).post(address(alice), {"box": box, "version": "0"})
    assert answer.status_code == 422
    assert stored(tools) == []


@pytest.mark.parametrize("wanted", ["//evil.com", "https://evil.com/", "/sign-out", "/\\evil"])
def test_the_way_back_stays_here(client_for, alice, wanted: str) -> None:
    """R23"""
    assert untick(client_for(alice), alice, next=wanted).location == "/#messages"


def test_alice_finds_her_boxes_among_her_settings(client_for, alice) -> None:
    text = client_for(alice).get("/me").text
    assert "Messages &amp; communication" in text
    assert text.count('class="setting-box"') == 7
    assert "0 accounts now." in text
    assert "is told about" not in text


def test_ada_finds_the_boxes_of_alice_and_reads_that_she_is_told(client_for, alice, ada) -> None:
    text = client_for(ada).get(f"/settings/users/{alice.id}").text
    assert f'action="{address(alice)}"' in text
    assert "Alice Smit is told about what you change here." in text
