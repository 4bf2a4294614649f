"""Platform synchronisation: who is due gets a hint of his own, so that workers share the work."""

from uuid import UUID

from dashboard.services import syncing
from dashboard.services.ports import Tools

_ALONE = 5  # accounts one run takes while the queue is away; the next tick takes the next


def sync_account(tools: Tools, account_id: str) -> None:
    """Synchronise one account, unless it is not due or another worker has it."""
    syncing.sync_account(tools, UUID(account_id))


def sync_due(tools: Tools) -> None:
    """Pass on each account that is due; while the queue is away, do a few here."""
    alone = 0
    for account_id in syncing.due(tools):
        if tools.stopping.is_set() or alone == _ALONE:
            return
        if not tools.jobs.hint("sync_account", str(account_id)):
            syncing.sync_account(tools, account_id)
            alone += 1
