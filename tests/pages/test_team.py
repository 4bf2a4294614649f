"""Settings > Users and Settings > Roles, as each person sees them."""

import re
from dataclasses import replace

from sqlmodel import select

from dashboard.db.tables import AccountRow, EventRow, RoleAccountRow, RoleRow, UserRow
from tests.factories import make_account
from tests.fakes import START
from tests.pages.conftest import serving
from tests.services.letter_box import LetterBox

USERS = "/settings/users"
ROLES = "/settings/roles"


def test_only_the_administrator_gets_in(client_for, anon, alice, bob, ada) -> None:
    for path in (USERS, ROLES, f"{USERS}/{ada.id}", f"{ROLES}/{ada.role_id}", f"{USERS}/add"):
        assert anon.get(path).status_code == 303
        assert client_for(alice).get(path).status_code == 403
        assert client_for(bob).get(path).status_code == 403
        assert client_for(ada).get(path).status_code == 200


def test_the_list_shows_who_is_mailed_about_what(client_for, ada, alice) -> None:
    page = client_for(ada).get(USERS).text
    assert "Alice Smit" in page
    assert "alice@example.org" in page
    assert "An account is not connected properly: on" in page


def test_a_new_user_s_link_is_shown_once(client_for, ada, alice) -> None:
    browser = client_for(ada)
    form = {"name": "Carla Mol", "email": "carla@example.org", "role_id": str(alice.role_id)}
    page = browser.post(f"{USERS}/add", form).text
    assert "/welcome/" in page
    assert "/welcome/" not in browser.get(USERS).text


def test_where_mail_is_set_up_a_new_user_s_link_is_mailed_and_not_shown(
    app, client_for, ada, alice, tools
) -> None:
    serving(app, replace(tools, mailer=LetterBox()))
    browser = client_for(ada)
    form = {"name": "Carla Mol", "email": "carla@example.org", "role_id": str(alice.role_id)}
    answer = browser.post(f"{USERS}/add", form)
    assert "A mail with a link is on its way to carla@example.org" in browser.get(USERS).text
    assert answer.status_code == 303
    carla = answer.location
    assert browser.post(f"{carla}/invite-by-mail").location == carla
    with tools.database.reading() as session:
        kinds = session.exec(select(EventRow.kind).order_by(EventRow.seq)).all()
    assert kinds == ["invited", "invited"]


def test_the_administrator_signs_somebody_out_everywhere(client_for, ada, alice) -> None:
    """R12"""
    phone, laptop = client_for(alice), client_for(alice)
    answer = client_for(ada).post(f"{USERS}/{alice.id}/sign-out")
    assert answer.location == f"{USERS}/{alice.id}"
    assert phone.get("/").status_code == 303
    assert laptop.get("/").status_code == 303


def test_a_link_in_the_place_of_a_password_is_good_for_an_hour(
    client_for, ada, alice, clock
) -> None:
    """R8"""
    page = client_for(ada).post(f"{USERS}/{alice.id}/invite").text
    assert "for one hour" in page
    link = page.partition('value="http://127.0.0.1:8000')[2].partition('"')[0]
    hers = client_for(alice)
    hers.get(link)
    clock.advance(minutes=59)
    assert hers.get("/welcome").status_code == 200
    clock.advance(minutes=1)
    assert hers.get("/welcome").status_code == 404


def test_wrong_input_is_said_at_its_field_and_nothing_typed_is_lost(client_for, ada, alice) -> None:
    form = {"name": "Carla Mol", "email": "alice@example.org", "role_id": str(alice.role_id)}
    answer = client_for(ada).post(f"{USERS}/add", form)
    assert answer.status_code == 422
    assert "here already" in answer.text
    assert 'value="Carla Mol"' in answer.text


def test_the_administrator_edits_name_and_role(database, client_for, ada, alice, bob) -> None:
    form = {
        "name": "Alice Jansen",
        "email": "alice@example.org",
        "role_id": str(bob.role_id),
        "active": "y",
        "version": "1",
    }
    assert client_for(ada).post(f"{USERS}/{alice.id}", form).status_code == 303
    with database.reading() as session:
        row = session.get(UserRow, alice.id)
    assert (row.name, row.role_id, row.active) == ("Alice Jansen", bob.role_id, True)


def test_r15_fields_that_are_not_in_the_form_change_nothing(
    database, client_for, ada, alice
) -> None:
    form = {
        "name": "Alice Smit",
        "email": "alice@example.org",
        "role_id": str(alice.role_id),
        "active": "y",
        "version": "1",
        "id": str(ada.id),
        "user_id": str(ada.id),
        "password_hash": "plain:owned",
        "is_admin": "1",
    }
    client_for(ada).post(f"{USERS}/{alice.id}", form)
    with database.reading() as session:
        assert session.get(UserRow, alice.id).password_hash != "plain:owned"
        assert session.get(UserRow, ada.id).name == "Ada Vermeer"


def test_removing_the_last_administrator_is_refused_in_words(client_for, ada, alice) -> None:
    form = {
        "name": "Ada Vermeer",
        "email": "ada@example.org",
        "role_id": str(alice.role_id),
        "active": "y",
        "version": "1",
    }
    answer = client_for(ada).post(f"{USERS}/{ada.id}", form)
    assert answer.status_code == 422
    assert "nobody could manage users" in answer.text


def test_a_role_s_rights_and_accounts_are_edited(database, client_for, ada, alice) -> None:
    account = make_account(database)
    browser = client_for(ada)
    form = {
        "name": "Editor",
        "right": ["link", "remove"],
        "reach": "chosen",
        "account": str(account),
        "version": "1",
    }
    assert browser.post(f"{ROLES}/{alice.role_id}", form).status_code == 303
    with database.reading() as session:
        assert session.get(RoleRow, alice.role_id).rights == ["link", "remove"]
    assert "Bakery Jansen" in client_for(alice).get("/settings/accounts").text


def test_a_stale_role_form_says_so_and_keeps_what_was_typed(client_for, ada, alice) -> None:
    form = {"name": "Editors of webcare", "reach": "chosen", "version": "7"}
    answer = client_for(ada).post(f"{ROLES}/{alice.role_id}", form)
    assert answer.status_code == 422
    assert "Somebody else changed this" in answer.text
    assert 'value="Editors of webcare"' in answer.text


def test_a_role_is_added_and_removed(database, client_for, ada) -> None:
    browser = client_for(ada)
    browser.post(f"{ROLES}/add", {"name": "Interns", "reach": "all"})
    with database.reading() as session:
        role = session.exec(select(RoleRow).where(RoleRow.name == "Interns")).one()
    assert role.all_accounts
    assert browser.post(f"{ROLES}/{role.id}/remove").status_code == 303
    browser.get(ROLES)  # reads the messages
    assert "Interns" not in browser.get(ROLES).text


def ticked(page: str) -> set[str]:
    return {found[1] for found in re.finditer(r'name="account" value="([^"]+)"[^>]*checked', page)}


def hidden(page: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]+)"', page)


def test_a_role_form_shows_a_hundred_accounts_and_finds_the_others(
    database, client_for, ada, alice, give_access
) -> None:
    """Looking for accounts saves nothing and forgets nothing; what is not shown stays as it is."""
    numbered = [make_account(database, name=f"Account {number:03}") for number in range(103)]
    give_access(alice, *numbered[:2], numbered[102])
    browser, address = client_for(ada), f"{ROLES}/{alice.role_id}"
    first = browser.get(address).text
    assert len(hidden(first, "shown")) == 100
    assert ticked(first) == {str(numbered[0]), str(numbered[1]), str(numbered[102])}

    form = {"name": "Editor", "right": "link", "reach": "chosen", "version": "1"}
    kept = {"shown": hidden(first, "shown"), "account": [str(numbered[1]), str(numbered[5])]}
    second = browser.post(address, form | kept | {"search": "account 101", "find": "1"}).text
    assert hidden(second, "shown") == [str(numbered[101])]
    assert hidden(second, "added") == [str(numbered[5])]
    assert set(hidden(second, "dropped")) == {str(numbered[0]), str(numbered[102])}

    last = {name: hidden(second, name) for name in ("shown", "added", "dropped")}
    browser.post(address, form | last | {"account": [str(numbered[101])]})
    with database.reading() as session:
        rows = session.exec(select(RoleAccountRow.account_id)).all()
    assert set(rows) == {numbered[1], numbered[5], numbered[101]}


def test_a_removed_account_is_still_the_role_s_when_it_comes_back(
    database, client_for, ada, alice, give_access
) -> None:
    gone = make_account(database)
    give_access(alice, gone)
    with database.writing() as unit:
        unit.get(AccountRow, gone).removed_at = START
    client_for(ada).post(f"{ROLES}/{alice.role_id}", {"name": "Editor", "version": "1"})
    with database.reading() as session:
        assert session.exec(select(RoleAccountRow.account_id)).all() == [gone]
