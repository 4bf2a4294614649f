"""Publishing: posts whose time has come go out, once; of others it is asked what became."""

from dashboard.services import fates, publishing
from dashboard.services.ports import Tools


def publish_due(tools: Tools) -> None:
    """Publish what is due; what a dead worker left behind is settled first."""
    publishing.publish_due(tools)
    fates.ask_what_became(tools)
