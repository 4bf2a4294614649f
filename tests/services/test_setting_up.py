"""The first administrator is made by a link that the server prints, once (R2)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from dashboard.db.tables import OneTimeTokenRow, RoleRow, UserRow
from dashboard.domain.errors import InvalidInputError, NotFoundError
from dashboard.domain.team import Actor, Right
from dashboard.services.ports import Tools
from dashboard.services.sessions import Place, recognise
from dashboard.services.setting_up import FirstAdministrator, may_set_up, set_up, set_up_link
from tests.factories import make_role, make_user

FIRST = FirstAdministrator(name="Ada Vermeer", email="Ada@Example.org", password="a long sentence")


def use(tools: Tools, secret: str, first: FirstAdministrator = FIRST) -> str:
    return set_up(tools, secret, first, place=Place(), actor=Actor())


def new_secret(tools: Tools) -> str:
    link = set_up_link(tools)
    assert link is not None
    assert link.startswith("http://127.0.0.1:8000/setup/")
    return link.rpartition("/")[2]


def users(tools: Tools) -> list[UserRow]:
    with tools.database.reading() as session:
        return list(session.exec(select(UserRow)))


def test_the_link_makes_one_administrator_who_is_signed_in(tools: Tools) -> None:
    browser = recognise(tools, use(tools, new_secret(tools)))
    assert browser is not None
    assert browser.viewer.rights == frozenset(Right)
    assert browser.viewer.email == "ada@example.org"


def test_the_built_in_roles_are_there_afterwards(tools: Tools) -> None:
    use(tools, new_secret(tools))
    with tools.database.reading() as session:
        roles = {
            role.name: (role.rights, role.all_accounts) for role in session.exec(select(RoleRow))
        }
    assert roles == {
        "Administrator": (["link", "publish", "remove", "manage_users"], True),
        "Editor": (["link", "publish"], False),
        "Viewer": ([], False),
    }


def test_a_link_works_once(tools: Tools) -> None:
    secret = new_secret(tools)
    use(tools, secret)
    with pytest.raises(NotFoundError):
        use(tools, secret, FirstAdministrator(name="Eve", email="eve@evil.org", password="x" * 20))
    assert [user.name for user in users(tools)] == ["Ada Vermeer"]


def test_twenty_at_once_make_exactly_one_administrator(tools: Tools) -> None:
    secret = new_secret(tools)

    def attempt(number: int) -> bool:
        first = FirstAdministrator(name="X", email=f"x{number}@example.org", password="long enough")
        try:
            use(tools, secret, first)
        except NotFoundError:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        won = list(pool.map(attempt, range(20)))
    assert won.count(True) == 1
    assert len(users(tools)) == 1


def test_a_new_link_voids_the_one_before(tools: Tools) -> None:
    first, second = new_secret(tools), new_secret(tools)
    assert not may_set_up(tools, first)
    assert may_set_up(tools, second)


def test_a_link_is_dead_after_a_day(tools: Tools, clock) -> None:
    secret = new_secret(tools)
    clock.advance(hours=24)
    assert not may_set_up(tools, secret)
    with pytest.raises(NotFoundError):
        use(tools, secret)


def test_there_is_no_link_once_somebody_is_here(tools: Tools, database) -> None:
    secret = new_secret(tools)
    make_user(database, role_id=make_role(database))
    assert set_up_link(tools) is None
    assert not may_set_up(tools, secret)
    with pytest.raises(NotFoundError):
        use(tools, secret)


def test_a_guessed_link_opens_nothing(tools: Tools) -> None:
    new_secret(tools)
    assert not may_set_up(tools, "guessed")
    with pytest.raises(NotFoundError):
        use(tools, "")


def test_what_cannot_be_taken_does_not_use_the_link_up(tools: Tools) -> None:
    secret = new_secret(tools)
    for wrong in (
        FirstAdministrator(name=" ", email="ada@example.org", password="long enough"),
        FirstAdministrator(name="Ada", email="ada", password="long enough"),
        FirstAdministrator(name="Ada", email="ada@example.org", password="short"),
    ):
        with pytest.raises(InvalidInputError):
            use(tools, secret, wrong)
    assert may_set_up(tools, secret)


def test_the_database_holds_no_secret_of_the_link(tools: Tools) -> None:
    secret = new_secret(tools)
    with tools.database.reading() as session:
        stored = session.exec(select(OneTimeTokenRow)).one()
    assert secret not in repr(stored)
