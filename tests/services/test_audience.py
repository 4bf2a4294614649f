"""Who will be told, as the account's page shows it."""

from uuid import UUID, uuid4

import pytest

from dashboard.db.tables import PreferenceRow, RoleAccountRow
from dashboard.domain.errors import NotFoundError
from dashboard.domain.notices import NoticeKind
from dashboard.domain.team import RoleId, UserId, Viewer
from dashboard.services.audience import who_is_told
from dashboard.services.ports import Tools
from dashboard.settings import Settings
from tests.factories import make_account, make_role, make_user
from tests.fakes import START


def viewer(user_id: UUID, role_id: UUID) -> Viewer:
    return Viewer(
        user_id=UserId(user_id),
        name="V",
        email="v@example.org",
        role_id=RoleId(role_id),
        role_name="R",
        rights=frozenset(),
    )


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings.from_env(
        {
            "LINKKEEPER_DATA_DIR": str(tmp_path),
            "LINKKEEPER_MAIL_URL": "smtp://127.0.0.1:25?tls=none",
        }
    )


def untick(tools: Tools, user_id: UUID, kind: NoticeKind) -> None:
    with tools.database.writing() as unit:
        unit.add(PreferenceRow(user_id=user_id, kind=kind.value, wanted=False, changed_at=START))


def test_people_are_listed_by_name_with_what_they_hear_of(tools: Tools) -> None:
    role_id = make_role(tools.database)
    bob = make_user(tools.database, role_id=role_id, name="Bob")
    anna = make_user(tools.database, role_id=role_id, name="Anna")
    untick(tools, bob, NoticeKind.LINK_BROKEN)
    account_id = make_account(tools.database)
    told = who_is_told(tools, viewer(anna, role_id), account_id)
    assert [(one.name, one.hears_of_breaks) for one in told.people] == [
        ("Anna", True),
        ("Bob", False),
    ]
    assert not told.nobody


def test_nobody_is_told_when_every_box_is_unticked(tools: Tools) -> None:
    """R58"""
    role_id = make_role(tools.database)
    anna = make_user(tools.database, role_id=role_id)
    untick(tools, anna, NoticeKind.LINK_BROKEN)
    account_id = make_account(tools.database)
    assert who_is_told(tools, viewer(anna, role_id), account_id).nobody


def test_an_account_out_of_reach_is_like_one_that_does_not_exist(tools: Tools) -> None:
    """R14"""
    role_id = make_role(tools.database, all_accounts=False)
    anna = make_user(tools.database, role_id=role_id)
    account_id = make_account(tools.database)
    for asked in (account_id, uuid4()):
        with pytest.raises(NotFoundError):
            who_is_told(tools, viewer(anna, role_id), asked)
    with tools.database.writing() as unit:
        unit.add(RoleAccountRow(role_id=role_id, account_id=account_id))
    assert not who_is_told(tools, viewer(anna, role_id), account_id).nobody


def test_without_a_mail_server_nobody_is_told(tools: Tools) -> None:
    from dataclasses import replace

    role_id = make_role(tools.database)
    anna = make_user(tools.database, role_id=role_id)
    account_id = make_account(tools.database)
    mute = replace(tools, settings=replace(tools.settings, mail_server=None))
    assert who_is_told(mute, viewer(anna, role_id), account_id).nobody
