from dataclasses import replace
from uuid import uuid4

from flask import Flask

from dashboard.domain.team import Right, RoleId, UserId, Viewer
from dashboard.web.navigation import nav_items, settings_items, url_if_exists

ADA = Viewer(
    user_id=UserId(uuid4()),
    name="Ada Vermeer",
    email="ada@example.org",
    role_id=RoleId(uuid4()),
    role_name="Administrator",
    rights=frozenset(Right),
)
BOB = replace(ADA, rights=frozenset())


def with_users(app: Flask) -> Flask:
    if "users.index" not in app.view_functions:
        app.add_url_rule("/users", endpoint="users.index", view_func=lambda: "")
    return app


def test_only_pages_that_exist_are_offered(small_app: Flask):
    with small_app.test_request_context("/overview"):
        assert [item.label for item in nav_items(ADA)] == ["Overview"]
        assert url_if_exists("calendar.index") is None


def test_the_entry_of_the_page_shown_is_marked(small_app: Flask):
    with small_app.test_request_context("/overview"):
        assert [item.current for item in nav_items(ADA)] == [True]
        assert [item.current for item in settings_items(ADA)] == [False]


def test_a_stranger_is_offered_nothing(small_app: Flask):
    with small_app.test_request_context("/overview"):
        assert nav_items(None) == settings_items(None) == []


def test_users_are_offered_to_administrators_only(small_app: Flask):
    with with_users(small_app).test_request_context("/overview"):
        assert "Users" in [item.label for item in settings_items(ADA)]
        assert "Users" not in [item.label for item in settings_items(BOB)]
