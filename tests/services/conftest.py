"""People and a platform for the service tests."""

from dataclasses import replace

import pytest

from dashboard.domain.team import Actor, Right, RoleId, UserId, Viewer
from dashboard.services.log_ins import Browser
from dashboard.services.ports import Tools
from tests.factories import make_role, make_user
from tests.services.fake_platforms import SignInPlatform


@pytest.fixture
def platform() -> SignInPlatform:
    return SignInPlatform()


@pytest.fixture
def linking(tools: Tools, platform: SignInPlatform) -> Tools:
    return replace(tools, platforms={"fake": platform})


@pytest.fixture
def window() -> Browser:
    return Browser(session_hash="window-1")


@pytest.fixture
def anna(tools: Tools) -> Viewer:
    """An editor whose role has access to chosen accounts only."""
    return make_viewer(tools, "Editors", {Right.LINK, Right.PUBLISH}, all_accounts=False)


@pytest.fixture
def ada(tools: Tools) -> Viewer:
    """An administrator."""
    return make_viewer(tools, "Administrators", set(Right), all_accounts=True)


@pytest.fixture
def victor(tools: Tools) -> Viewer:
    """May look at everything and do nothing."""
    return make_viewer(tools, "Viewers", set(), all_accounts=True)


def make_viewer(tools: Tools, role: str, rights: set[Right], *, all_accounts: bool) -> Viewer:
    role_id = make_role(
        tools.database,
        name=role,
        rights=[right.value for right in rights],
        all_accounts=all_accounts,
    )
    user_id = make_user(tools.database, role_id=role_id, name=role.rstrip("s"))
    return Viewer(
        user_id=UserId(user_id),
        name=role.rstrip("s"),
        email="someone@example.org",
        role_id=RoleId(role_id),
        role_name=role,
        rights=frozenset(rights),
    )


def actor(viewer: Viewer) -> Actor:
    return Actor(user_id=viewer.user_id)
