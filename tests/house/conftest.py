"""The same application and people as in the tests of pages."""

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
