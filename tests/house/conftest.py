"""The same application and people as in the tests of pages."""

from tests.pages.conftest import (
    ada,
    alice,
    anon,
    app,
    app_with,
    bob,
    built_app,
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
    "built_app",
    "client_for",
    "give_access",
]
