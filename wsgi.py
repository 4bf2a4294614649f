"""The web process's entry: `build()` returns the WSGI application."""

from flask import Flask

from dashboard.app import create_app
from dashboard.runtime import build_runtime
from dashboard.settings import Settings
from jobs.queues import RedisJobs


def build(settings: Settings | None = None) -> Flask:
    """The application, set up from the environment; the database has to be migrated before."""
    return create_app(build_runtime(settings or Settings.from_env(), jobs=RedisJobs))
