"""The page that says what a removal costs, and the way back."""

from datetime import timedelta

import pytest
from sqlmodel import select

from dashboard.db.tables import AccountRow
from tests.factories import make_account, make_publication
from tests.fakes import START

LIST = "/settings/accounts"


@pytest.fixture
def account(database):
    account_id = make_account(database)
    for days in (1, 30, 100, 200):
        make_publication(database, account_id, at=START - timedelta(days=days))
    return account_id


def test_the_loss_is_told_in_numbers_after_the_better_ways(client_for, ada, account) -> None:
    page = client_for(ada).get(f"{LIST}/{account}/remove").text
    assert "4 publications will disappear from the calendar. 2 of them lie within" in page
    assert "2 would be gone for good" in page
    assert page.index("Relink instead") < page.index("gone for good") < page.index("Type the name")


def test_a_wrong_name_removes_nothing_and_keeps_what_was_typed(
    database, client_for, ada, account
) -> None:
    answer = client_for(ada).post(f"{LIST}/{account}/remove", {"name": "Bakery"})
    assert answer.status_code == 422
    assert 'value="Bakery"' in answer.text
    assert "Type the name exactly" in answer.text
    with database.reading() as session:
        assert session.get(AccountRow, account).removed_at is None


def test_a_removal_can_be_undone_with_one_button(database, client_for, ada, account) -> None:
    browser = client_for(ada)
    browser.post(f"{LIST}/{account}/remove", {"name": "Bakery Jansen"})
    page = browser.get(f"{LIST}/removed").text
    assert "Bakery Jansen" in page
    assert "Can be undone until" in page
    browser.post(f"{LIST}/{account}/restore")
    with database.reading() as session:
        assert session.exec(select(AccountRow.removed_at)).one() is None


def test_alice_without_the_right_cannot_remove(client_for, alice, give_access, account) -> None:
    give_access(alice, account)
    browser = client_for(alice)
    assert "/remove" not in browser.get(f"{LIST}/{account}").text
    for path in (f"{LIST}/{account}/remove", f"{LIST}/removed"):
        assert browser.get(path).status_code == 403
    assert browser.post(f"{LIST}/{account}/remove", {"name": "Bakery Jansen"}).status_code == 403
