"""The list of accounts: broken first, counted truly, and only what the role may see."""

from datetime import timedelta

import pytest
from sqlmodel import col, select, update

from dashboard.db.counters import raise_counter
from dashboard.db.screens.accounts import (
    PAGE_SIZE,
    AccountsScreen,
    Filter,
    accounts_screen,
    changed_since,
)
from dashboard.db.tables import AccountRow, LinkRow, RoleAccountRow
from dashboard.domain.states import LinkState
from dashboard.domain.team import Right, RoleId, UserId, Viewer
from dashboard.services.ports import Tools
from tests.factories import make_account, make_publication, make_role, make_user
from tests.fakes import START


def viewer_with(tools: Tools, *, all_accounts: bool) -> Viewer:
    role_id = make_role(tools.database, all_accounts=all_accounts)
    user_id = make_user(tools.database, role_id=role_id)
    return Viewer(
        user_id=UserId(user_id),
        name="Anna",
        email="anna@example.org",
        role_id=RoleId(role_id),
        role_name="Editors",
        rights=frozenset({Right.LINK}),
    )


@pytest.fixture
def anna(tools: Tools) -> Viewer:
    return viewer_with(tools, all_accounts=True)


def screen(tools: Tools, viewer: Viewer, **wanted: object) -> AccountsScreen:
    with tools.database.reading() as session:
        return accounts_screen(session, viewer, Filter(**wanted))


def names(shown: AccountsScreen) -> list[str]:
    return [line.name for group in shown.groups for line in group.lines]


def test_what_needs_a_person_stands_first(tools: Tools, anna: Viewer) -> None:
    for state in LinkState:
        make_account(tools.database, name=state.value, state=state.value)
    shown = screen(tools, anna)
    assert [(group.key, group.count) for group in shown.groups] == [
        ("needs_you", 3),
        ("soon", 1),
        ("waiting", 1),
        ("fine", 2),
        ("paused", 1),
    ]
    assert names(shown)[:3] == ["expired", "blocked", "limited"]
    assert shown.needs_you == 3


def test_every_state_has_a_group(tools: Tools, anna: Viewer) -> None:
    for state in LinkState:
        make_account(tools.database, name=state.value, state=state.value)
    assert sorted(names(screen(tools, anna))) == sorted(LinkState)


def test_r14_only_accounts_of_the_role_are_listed_and_counted(tools: Tools) -> None:
    anna = viewer_with(tools, all_accounts=False)
    mine = make_account(tools.database, name="Mine", state="expired")
    make_account(tools.database, name="Theirs", state="expired")
    with tools.database.writing() as unit:
        unit.add(RoleAccountRow(role_id=anna.role_id, account_id=mine))
    shown = screen(tools, anna)
    assert names(shown) == ["Mine"]
    assert (shown.total, shown.everything, shown.needs_you) == (1, 1, 1)


def test_removed_accounts_are_not_listed(tools: Tools, anna: Viewer) -> None:
    account = make_account(tools.database)
    with tools.database.writing() as unit:
        unit.get(AccountRow, account).removed_at = START
    assert names(screen(tools, anna)) == []


def test_filters_combine_and_counts_stay_those_of_everything(tools: Tools, anna: Viewer) -> None:
    make_account(tools.database, name="Bakery", platform="mastodon", state="expired")
    make_account(tools.database, name="Museum", platform="mastodon")
    make_account(tools.database, name="Library", platform="bluesky", state="expired")
    shown = screen(tools, anna, states=(LinkState.EXPIRED,), platform="mastodon")
    assert names(shown) == ["Bakery"]
    assert shown.by_state == {LinkState.EXPIRED: 2, LinkState.HEALTHY: 1}
    assert shown.by_platform == {"mastodon": 2, "bluesky": 1}


@pytest.mark.parametrize("typed", ["bakery", "BAKERY jansen", "jansen  bak", "bakeryjansen"])
def test_search_finds_words_in_any_order_and_case(tools: Tools, anna: Viewer, typed: str) -> None:
    make_account(tools.database, name="Bakery Jansen")
    make_account(tools.database, name="Museum", handle="museum")
    with tools.database.writing() as unit:
        unit.exec(update(AccountRow).where(col(AccountRow.name) == "Museum").values(url=""))
    assert names(screen(tools, anna, search=typed)) == ["Bakery Jansen"]


@pytest.mark.parametrize("typed", ["%", "_", "\\", "'; drop table accounts; --"])
def test_search_takes_everything_literally(tools: Tools, anna: Viewer, typed: str) -> None:
    make_account(tools.database, name="Bakery")
    assert names(screen(tools, anna, search=typed)) == []


def test_pages_hold_fifty_and_a_page_too_far_is_the_last(tools: Tools, anna: Viewer) -> None:
    for number in range(PAGE_SIZE + 3):
        make_account(tools.database, name=f"Account {number:03}")
    assert len(names(screen(tools, anna))) == PAGE_SIZE
    last = screen(tools, anna, page=99)
    assert (last.page, last.pages, len(names(last))) == (2, 2, 3)


def test_pages_together_show_every_account_once_in_the_order_of_the_groups(
    tools: Tools, anna: Viewer
) -> None:
    states = ["expired"] * 7 + ["limited"] * 20 + ["expiring"] * 23 + ["healthy"] * 60
    for number, state in enumerate([*states, *["paused"] * 3]):
        make_account(tools.database, name=f"Account {number:03}", state=state)
    pages = [names(screen(tools, anna, page=page)) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 13]
    assert [name for page in pages for name in page] == [
        f"Account {number:03}" for number in range(113)
    ]


def test_a_row_says_what_waits_to_go_out(tools: Tools, anna: Viewer) -> None:
    account = make_account(tools.database, state="expired")
    for hours in (5, 2):
        make_publication(
            tools.database, account, at=START + timedelta(hours=hours), state="scheduled"
        )
    make_publication(tools.database, account, state="loaded")
    line = screen(tools, anna).groups[0].lines[0]
    assert (line.planned, line.next_due_at) == (2, START + timedelta(hours=2))


def test_a_poll_hears_of_changes_within_the_role_only(tools: Tools) -> None:
    anna = viewer_with(tools, all_accounts=False)
    mine, theirs = make_account(tools.database), make_account(tools.database)
    with tools.database.writing() as unit:
        unit.add(RoleAccountRow(role_id=anna.role_id, account_id=mine))
    cursor = screen(tools, anna).cursor
    heard = []
    for account in (theirs, mine):
        with tools.database.writing() as unit:
            link = unit.exec(select(LinkRow).where(LinkRow.account_id == account)).one()
            link.changed_seq = raise_counter(unit)
        with tools.database.reading() as session:
            heard.append(changed_since(session, anna, cursor))
    assert heard == [False, True]
