"""The rules of the domain, filled in from the settings."""

from dashboard.domain.transitions import Patience
from dashboard.settings import Settings


def patience(settings: Settings) -> Patience:
    """How long silence is borne on this installation."""
    return Patience(misses_allowed=settings.misses_allowed, silence_allowed=settings.patience)
