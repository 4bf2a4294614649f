"""Workers and schedulers say that they are at work; the health page reads it."""

from datetime import timedelta

from dashboard.db import heartbeats
from dashboard.services.ports import Tools

WORKER = "worker"
SCHEDULER = "scheduler"

_KEEP = timedelta(days=1)


def beat(tools: Tools, name: str, kind: str) -> None:
    """Said by a process that has just got something done, or has looked and found nothing to do."""
    with tools.database.writing() as unit:
        heartbeats.write(unit, name=name, kind=kind, at=tools.now())


def say_goodbye(tools: Tools, name: str) -> None:
    """The process ends on purpose."""
    with tools.database.writing() as unit:
        heartbeats.forget(unit, name)


def forget_old_heartbeats(tools: Tools) -> None:
    """Processes that were killed leave their last heartbeat behind; after a day it goes."""
    with tools.database.writing() as unit:
        heartbeats.forget_before(unit, tools.now() - _KEEP)
