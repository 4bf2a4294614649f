"""The audit trail: written in the transaction of the act, never changed (R79)."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dashboard.db.tables import AuditRow
from dashboard.domain.team import Actor


def add_audit(
    session: Session,
    *,
    at: datetime,
    actor: Actor,
    action: str,
    target: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add a line; `before` and `after` hold no secrets."""
    session.add(
        AuditRow(
            at=at,
            actor_id=actor.user_id,
            action=action,
            target=target,
            before=before or {},
            after=after or {},
            ip=actor.ip,
            request_id=actor.request_id,
        )
    )
