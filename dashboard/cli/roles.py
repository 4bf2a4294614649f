"""`./manage worker` and `./manage scheduler`: one part each, on machines of their own.

They share one database and one Redis with the web part, so both have to be named.
"""

import argparse
import importlib
import os

from dashboard.cli.trouble import Trouble
from dashboard.settings import Settings

_ALL = ("quick", "checks", "long", "syncs")


def worker(options: argparse.Namespace) -> int:
    """Be one of the workers until told to stop; a job at hand is finished first."""
    settings = shared_settings()
    queues = options.queues or _ALL
    if unknown := set(queues) - set(_ALL):
        raise Trouble(
            f"There is no queue {', '.join(sorted(unknown))}: name any of {', '.join(_ALL)}."
        )
    return int(
        importlib.import_module("jobs.worker").work_on(settings, f"worker-{os.getpid()}", queues)
    )


def scheduler(options: argparse.Namespace) -> int:  # noqa: ARG001 - every command has this signature
    """Be one of the schedulers until told to stop; any number may run."""
    return int(importlib.import_module("jobs.schedule").keep_schedule(shared_settings()))


def shared_settings() -> Settings:
    """Settings that several machines can share; raises Trouble when they cannot."""
    settings = Settings.from_env()
    if settings.redis_url is None or settings.database_url.startswith("sqlite"):
        raise Trouble(
            "A part alone needs DATABASE_URL (PostgreSQL) and REDIS_URL, which all parts share. "
            "On one machine ./manage run starts everything."
        )
    if settings.secret_key is None and not (settings.data_dir / "keys.json").exists():
        raise Trouble(
            "All parts need the same keys: set LINKKEEPER_SECRET_KEY to the same value everywhere."
        )
    return settings
