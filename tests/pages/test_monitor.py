"""Media Monitor, as each person sees it."""

from datetime import timedelta

import pytest

from dashboard.db.mentions import take_mentions
from dashboard.domain.mentions import FoundMention
from tests.factories import make_account
from tests.fakes import START


@pytest.fixture
def database(sqlite_database):
    """What is tested here does not depend on the kind of database."""
    return sqlite_database


@pytest.fixture
def account(database):
    account_id = make_account(database)
    found = [
        FoundMention(
            remote_id=f"m{number}",
            author="<b>Cees</b>",
            text=f"Loaf {number}",
            url="javascript:alert(1)" if number == 0 else f"https://fake.example/{number}",
            at=START - timedelta(hours=number),
        )
        for number in range(60)
    ]
    with database.writing() as unit:
        take_mentions(unit, account_id, found, now=START)
    return account_id


def test_the_newest_stand_first_and_pages_can_be_turned(client_for, ada, account) -> None:
    page = client_for(ada).get("/monitor").text
    assert page.index("Loaf 0") < page.index("Loaf 49")
    assert "Loaf 50" not in page
    older = (START - timedelta(hours=49)).isoformat()
    following = client_for(ada).get("/monitor", query_string={"before": older}).text
    assert "Loaf 50" in following
    assert "Loaf 49<" not in following


def test_r21_what_strangers_wrote_stays_text(client_for, ada, account) -> None:
    page = client_for(ada).get("/monitor").text
    assert "&lt;b&gt;Cees" in page
    assert "javascript:" not in page


def test_without_mentions_the_page_says_when_they_come(client_for, ada) -> None:
    assert "after the next platform synchronisation" in client_for(ada).get("/monitor").text


def test_r14_nobody_sees_what_is_said_about_accounts_out_of_reach(
    client_for, alice, account
) -> None:
    assert "Loaf" not in client_for(alice).get("/monitor").text
