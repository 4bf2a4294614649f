"""An account as the team sees it, with what is known of its link at one moment."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dashboard.domain.links import Identity, LinkHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account and its link. `version` is the link's: what is written must still find it."""

    id: UUID
    link_id: UUID
    platform: str
    server: str
    identity: Identity
    health: LinkHealth
    grant_id: UUID | None
    version: int
    removed_at: datetime | None = None
    purge_at: datetime | None = None

    @property
    def name(self) -> str:
        return self.identity.name or self.identity.handle or self.identity.remote_id
