"""Checking links and renewing permissions: each looks in SQL for what is due, hints may be lost."""

from dashboard.services import checking, refreshing
from dashboard.services.ports import Tools


def check_due(tools: Tools) -> None:
    """Check the links that are due; when there are more than one run takes, ask for the next."""
    checking.check_due(tools)
    if not tools.stopping.is_set() and checking.anything_due(tools):
        tools.jobs.hint("check_due")


def refresh_due(tools: Tools) -> None:
    """Renew the permissions that are due, and put in place what was salvaged."""
    refreshing.refresh_due(tools)
    refreshing.forget_old_salvage(tools)
