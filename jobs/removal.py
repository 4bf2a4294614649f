"""After a removal: the platform is told, and when the days of grace are over the rows go."""

from dashboard.services.giving_back import give_back_access
from dashboard.services.ports import Tools
from dashboard.services.removal import purge_due


def give_back(tools: Tools) -> None:
    """Revoke at the platforms what is no longer wanted."""
    give_back_access(tools)


def purge(tools: Tools) -> None:
    """Delete what nobody brought back."""
    purge_due(tools)
