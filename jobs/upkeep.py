"""Tidying that nobody waits for."""

from datetime import timedelta

from dashboard.services.deauthorising import forget_old_pushes
from dashboard.services.failures import forget_old_failures, put_crashed_aside
from dashboard.services.heartbeats import forget_old_heartbeats
from dashboard.services.linking import forget_old_attempts
from dashboard.services.one_time import forget_old_links
from dashboard.services.ports import Tools
from dashboard.services.quotas import forget_old_uses
from dashboard.services.sending import forget_old_mails
from dashboard.services.sessions import forget_ended_sessions
from dashboard.services.setup_troubles import watch_setup as look

_LONGEST_DEADLINE = timedelta(minutes=10)


def watch_setup(tools: Tools) -> None:
    """Tell administrators what troubles the installation itself, and when that is over."""
    look(tools)


def tidy(tools: Tools) -> None:
    """Report jobs that crashed for good, and drop rows that have had their day."""
    put_crashed_aside(tools, deadline=_LONGEST_DEADLINE)
    forget_old_failures(tools)
    forget_old_heartbeats(tools)
    forget_old_mails(tools)
    forget_ended_sessions(tools)
    forget_old_links(tools)
    forget_old_attempts(tools)
    forget_old_pushes(tools)
    forget_old_uses(tools)
