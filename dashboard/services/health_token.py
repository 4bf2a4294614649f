"""The secret with which a monitor may ask how the accounts stand; only its hash is stored."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dashboard.db.audit import add_audit
from dashboard.db.general import delete_setting, read_setting, replace_setting
from dashboard.db.tidings import name_of_user
from dashboard.domain.errors import ConflictError, NotAllowedError
from dashboard.domain.team import Actor, Viewer
from dashboard.services.ports import Tools

_NAME = "health_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """When the present secret was made, and by whom (empty for who is gone)."""

    at: datetime
    by: str


def create(tools: Tools, viewer: Viewer, actor: Actor) -> str:
    """Make a new secret, which ends the one before; it is returned this once and never again."""
    _only_administrators(viewer)
    token = secrets.token_urlsafe(32)
    now = tools.now()
    value = {"hash": _hash(token), "at": now.isoformat(), "by": str(viewer.user_id)}
    with tools.database.writing() as unit:
        seen = read_setting(unit, _NAME)
        if not replace_setting(unit, _NAME, value, seen=seen):
            raise ConflictError("Somebody else made a new one at the same moment.")
        add_audit(unit, at=now, actor=actor, action="health_token.created")
    return token


def remove(tools: Tools, viewer: Viewer, actor: Actor) -> None:
    """No secret is right any more."""
    _only_administrators(viewer)
    with tools.database.writing() as unit:
        if delete_setting(unit, _NAME):
            add_audit(unit, at=tools.now(), actor=actor, action="health_token.removed")


def verify(tools: Tools, token: str) -> bool:
    """Whether this is the present secret; False when there is none."""
    with tools.database.reading() as session:
        stored = read_setting(session, _NAME)
    return stored is not None and hmac.compare_digest(stored.value["hash"], _hash(token))


def made(tools: Tools) -> Made | None:
    """None when there is no secret."""
    with tools.database.reading() as session:
        stored = read_setting(session, _NAME)
        if stored is None:
            return None
        return Made(
            at=datetime.fromisoformat(stored.value["at"]),
            by=name_of_user(session, UUID(stored.value["by"])),
        )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _only_administrators(viewer: Viewer) -> None:
    if not viewer.is_administrator:
        raise NotAllowedError
