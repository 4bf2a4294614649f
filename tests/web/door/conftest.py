"""The real application, as in the tests of pages; SQL is not what is tested here."""

import pytest

from dashboard.db.engine import Database
from tests.pages.conftest import (
    ada,
    alice,
    anon,
    app,
    app_with,
    bob,
    build,
    built_app,
    built_apps,
    client_for,
    give_access,
)

__all__ = [
    "ada",
    "alice",
    "anon",
    "app",
    "app_with",
    "bob",
    "build",
    "built_app",
    "built_apps",
    "client_for",
    "give_access",
]


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database
