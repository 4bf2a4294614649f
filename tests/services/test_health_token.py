"""The secret for monitors: shown once, stored as a hash, ended by the next."""

import pytest

from dashboard.db.tables import AuditRow, SettingRow
from dashboard.domain.errors import NotAllowedError
from dashboard.domain.team import Viewer
from dashboard.services import health_token
from dashboard.services.ports import Tools
from tests.services.conftest import actor
from tests.services.happenings import rows


def test_without_a_secret_nothing_is_right(tools: Tools) -> None:
    assert not health_token.verify(tools, "")
    assert health_token.made(tools) is None


def test_the_secret_that_was_made_is_right_and_another_is_not(tools: Tools, ada: Viewer) -> None:
    token = health_token.create(tools, ada, actor(ada))
    assert health_token.verify(tools, token)
    assert not health_token.verify(tools, token[:-1])
    assert not health_token.verify(tools, "")


def test_a_new_secret_ends_the_one_before(tools: Tools, ada: Viewer) -> None:
    first = health_token.create(tools, ada, actor(ada))
    second = health_token.create(tools, ada, actor(ada))
    assert health_token.verify(tools, second)
    assert not health_token.verify(tools, first)


def test_a_removed_secret_is_not_right_any_more(tools: Tools, ada: Viewer) -> None:
    token = health_token.create(tools, ada, actor(ada))
    health_token.remove(tools, ada, actor(ada))
    assert not health_token.verify(tools, token)
    assert health_token.made(tools) is None


def test_the_secret_itself_is_stored_nowhere(tools: Tools, ada: Viewer) -> None:
    """R79: neither as a setting nor in the audit."""
    token = health_token.create(tools, ada, actor(ada))
    stored = repr([row.value for row in rows(tools, SettingRow)])
    audit = [(row.action, row.before, row.after) for row in rows(tools, AuditRow)]
    assert token not in stored
    assert audit == [("health_token.created", {}, {})]


def test_it_is_known_when_and_by_whom_it_was_made(tools: Tools, ada: Viewer) -> None:
    health_token.create(tools, ada, actor(ada))
    made = health_token.made(tools)
    assert made is not None
    assert (made.at, made.by) == (tools.now(), "Administrator")


def test_only_administrators_make_or_remove_it(tools: Tools, anna: Viewer) -> None:
    with pytest.raises(NotAllowedError):
        health_token.create(tools, anna, actor(anna))
    with pytest.raises(NotAllowedError):
        health_token.remove(tools, anna, actor(anna))
