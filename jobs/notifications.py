"""Telling people: events become deliveries, deliveries become mails. Both may run at any time."""

from dashboard.services import notifying, reminding, sending
from dashboard.services.ports import Tools


def gather(tools: Tools) -> None:
    """Turn what happened into deliveries, once what happens together had time to happen."""
    reminding.remind_due(tools)
    notifying.gather(tools)


def send_mails(tools: Tools) -> None:
    """Send what is due."""
    sending.send_due(tools)
