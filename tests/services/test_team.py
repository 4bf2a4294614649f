"""Administrators change users and roles; the last one stays, and whoever is changed is told."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from dashboard.db.tables import AuditRow, EventRow, RoleAccountRow, RoleRow, SessionRow, UserRow
from dashboard.db.team import RoleFacts, UserFacts
from dashboard.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from dashboard.domain.team import Right, Viewer
from dashboard.services.people import NewUser
from dashboard.services.ports import Tools
from dashboard.services.team import (
    change_role,
    change_user,
    create_role,
    create_user,
    remove_role,
)
from tests.factories import make_account, make_user
from tests.fakes import START
from tests.services.conftest import actor

EDITORS = RoleFacts(
    name="Webcare team", rights=frozenset({Right.LINK}), all_accounts=False, accounts=frozenset()
)


def facts(tools: Tools, user_id: UUID) -> UserFacts:
    with tools.database.reading() as session:
        row = session.get(UserRow, user_id)
        return UserFacts(name=row.name, email=row.email, role_id=row.role_id, active=row.active)


def change(tools: Tools, viewer: Viewer, user_id: UUID, **what: object) -> None:
    wanted = replace(facts(tools, user_id), **what)
    with tools.database.reading() as session:
        version = session.get(UserRow, user_id).version
    change_user(tools, viewer, actor(viewer), user_id, wanted, version=version)


def test_a_new_user_gets_a_link_to_choose_a_password(
    tools: Tools, ada: Viewer, anna: Viewer
) -> None:
    new = NewUser(email="Bram@Example.org", name="Bram", role_id=anna.role_id)
    user_id, link = create_user(tools, ada, actor(ada), new)
    assert link.startswith(f"{tools.settings.base_url}/welcome/")
    assert facts(tools, user_id).email == "bram@example.org"
    with tools.database.reading() as session:
        assert session.get(UserRow, user_id).password_hash == ""


@pytest.mark.parametrize(
    ("what", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"email": "a@x.org\r\nBcc: b@x.org"}, "email"),
        ({"name": " "}, "name"),
        ({"role_id": uuid4()}, "role_id"),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field(
    tools: Tools, ada: Viewer, anna: Viewer, what: dict, field: str
) -> None:
    with pytest.raises(InvalidInputError) as error:
        change(tools, ada, anna.user_id, **what)
    assert error.value.field == field


def test_an_address_belongs_to_one_user(tools: Tools, ada: Viewer, anna: Viewer) -> None:
    make_user(tools.database, role_id=anna.role_id, email="taken@example.org")
    with pytest.raises(InvalidInputError, match="here already"):
        change(tools, ada, anna.user_id, email="Taken@example.org")


def test_only_administrators_change_people(tools: Tools, anna: Viewer, victor: Viewer) -> None:
    for viewer in (anna, victor):
        with pytest.raises(NotAllowedError):
            change(tools, viewer, victor.user_id, name="X")
        with pytest.raises(NotAllowedError):
            create_role(tools, viewer, actor(viewer), EDITORS)


def test_who_is_switched_off_is_signed_out_at_once(tools: Tools, ada: Viewer, anna: Viewer) -> None:
    with tools.database.writing() as unit:
        unit.add(
            SessionRow(
                id_hash="h", user_id=anna.user_id, created_at=START, used_at=START, expires_at=START
            )
        )
    change(tools, ada, anna.user_id, active=False)
    with tools.database.reading() as session:
        assert session.exec(select(SessionRow)).all() == []


def test_r16_the_person_is_told_and_the_books_say_who_did_it(
    tools: Tools, ada: Viewer, anna: Viewer
) -> None:
    change(tools, ada, anna.user_id, name="Anna Bos", role_id=ada.role_id)
    with tools.database.reading() as session:
        event = session.exec(select(EventRow)).one()
        line = session.exec(select(AuditRow)).one()
    assert (event.kind, event.user_id, event.actor_id) == (
        "settings_changed",
        anna.user_id,
        ada.user_id,
    )
    assert [change["what"] for change in event.data["changes"]] == ["Name", "Role"]
    assert line.before["Name"] == "Editor"
    assert line.after["Name"] == "Anna Bos"


def test_who_changes_himself_is_not_mailed_about_it(tools: Tools, ada: Viewer) -> None:
    change(tools, ada, ada.user_id, name="Ada de Boss")
    with tools.database.reading() as session:
        assert session.exec(select(EventRow)).all() == []


def test_r68_a_stale_form_changes_nothing(tools: Tools, ada: Viewer, anna: Viewer) -> None:
    seen = facts(tools, anna.user_id)
    change(tools, ada, anna.user_id, name="First")
    with pytest.raises(ConflictError):
        change_user(tools, ada, actor(ada), anna.user_id, replace(seen, name="Second"), version=1)
    assert facts(tools, anna.user_id).name == "First"


def test_r18_the_last_administrator_stays(tools: Tools, ada: Viewer, anna: Viewer) -> None:
    for what in ({"active": False}, {"role_id": anna.role_id}):
        with pytest.raises(ConflictError, match="nobody could manage"):
            change(tools, ada, ada.user_id, **what)
    with pytest.raises(ConflictError, match="nobody could manage"):
        change_role(tools, ada, actor(ada), ada.role_id, EDITORS, version=1)
    assert facts(tools, ada.user_id).active


def test_r18_two_administrators_cannot_demote_each_other_at_once(
    tools: Tools, ada: Viewer, anna: Viewer
) -> None:
    second = make_user(tools.database, role_id=ada.role_id)
    first = ada.user_id

    def demote(user_id: UUID) -> None:
        with contextlib.suppress(ConflictError):  # which of the two loses is not the point
            change(tools, ada, user_id, role_id=anna.role_id)

    for _ in range(10):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(demote, (first, second)))
        with tools.database.writing() as unit:
            admins = [
                row
                for row in unit.exec(select(UserRow)).all()
                if row.role_id == ada.role_id and row.active
            ]
            assert admins, "nobody is administrator any more"
            for user_id in (first, second):
                unit.get(UserRow, user_id).role_id = ada.role_id


def test_a_role_reaches_the_chosen_accounts(tools: Tools, ada: Viewer) -> None:
    account = make_account(tools.database)
    chosen = replace(EDITORS, accounts=frozenset({account, uuid4()}))
    role_id = create_role(tools, ada, actor(ada), chosen)
    with tools.database.reading() as session:
        assert session.exec(select(RoleAccountRow.account_id)).all() == [account]
    change_role(tools, ada, actor(ada), role_id, EDITORS, version=1)
    with tools.database.reading() as session:
        assert session.exec(select(RoleAccountRow)).all() == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\0b", "Administrators"])
def test_a_role_has_a_name_of_its_own(tools: Tools, ada: Viewer, name: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        create_role(tools, ada, actor(ada), replace(EDITORS, name=name))
    assert error.value.field == "name"


def test_a_role_goes_only_when_nobody_has_it(tools: Tools, ada: Viewer, anna: Viewer) -> None:
    with pytest.raises(ConflictError):
        remove_role(tools, ada, actor(ada), anna.role_id)
    role_id = create_role(tools, ada, actor(ada), EDITORS)
    remove_role(tools, ada, actor(ada), role_id)
    with tools.database.reading() as session:
        assert session.get(RoleRow, role_id) is None
    with pytest.raises(NotFoundError):
        remove_role(tools, ada, actor(ada), role_id)
