"""Where a renewed credential goes: into its row, else into salvage, and from there into its row.

It is durable before anything else happens, and never dropped (R34). Salvage holds what was sealed
for the row of the grant, so putting it in place is a plain copy.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime

from dashboard.adapters.salvage import SalvageFolder
from dashboard.db.apps import clear_app_problems
from dashboard.db.credentials import open_credential, seal_credential
from dashboard.db.engine import UnitOfWork
from dashboard.db.grants import (
    Lease,
    StoredGrant,
    adopt_salvaged,
    hand_over,
    load_grants,
    store_renewed,
)
from dashboard.db.salvage import add_salvage, drop_salvage, find_salvage
from dashboard.domain.credentials import Credential, refresh_due
from dashboard.domain.errors import StorageError
from dashboard.domain.faults import point
from dashboard.domain.rota import draw_lot
from dashboard.services.ports import Tools
from dashboard.services.renewals import Gone, Renewal, Renewed

log = logging.getLogger(__name__)

PAUSES = (0.1, 0.5, 2.0, 5.0)
"""Seconds between two tries to store something."""

_LONGEST_PAUSE = 30.0


def salvage_folder(tools: Tools) -> SalvageFolder:
    return SalvageFolder(tools.settings.data_dir / "salvage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Safe:
    """Stores for one grant, as it was read before the renewal."""

    tools: Tools
    grant: StoredGrant

    async def keep(self, lease: Lease, credential: Credential) -> Renewal:
        """Store the new credential, whatever it takes."""
        sealed = seal_credential(self.tools.cipher, self.grant.id, credential)
        for tries in range(1_000_000):
            try:
                return await asyncio.to_thread(self.store, lease, credential, sealed)
            except StorageError as error:
                self._report("renewed credential not stored", error)
            except Exception:
                # Whatever nobody foresaw: the only copy must not go with it (R34).
                await asyncio.to_thread(self._to_file, sealed)
                raise
            if tries >= len(PAUSES) and await asyncio.to_thread(self._to_file, sealed):
                break
            await asyncio.sleep(PAUSES[tries] if tries < len(PAUSES) else _LONGEST_PAUSE)
        return self._renewed(credential)

    def store(self, lease: Lease, credential: Credential, sealed: bytes) -> Renewal:
        """Put it in place under the lease; what comes too late for that is kept beside."""
        now = self.tools.now()

        def store(unit: UnitOfWork) -> bool:
            point("refresh.before_store")
            stored = store_renewed(
                unit,
                lease,
                sealed=sealed,
                credential=credential,
                due_at=self._due_at(credential, now),
                now=now,
            )
            if stored and self.grant.app_id is not None:
                clear_app_problems(unit, [self.grant.app_id])
            point("refresh.before_commit")
            return stored

        if self.tools.database.write(store):
            point("refresh.after_commit")
            return self._renewed(credential)
        return self._overtaken(lease, credential, sealed)

    def adopt(self) -> Renewed | None:
        """Put in place what an earlier renewal of this generation obtained and could not store."""
        sealed = self.salvaged()
        return None if sealed is None else self._put_in_place(sealed, self.open(sealed))

    def as_it_is(self) -> Renewed | None:
        """The credential that is in place now."""
        with self.tools.database.reading() as session:
            grant = load_grants(session, [self.grant.id]).get(self.grant.id)
        if grant is None:
            return None
        return Renewed(credential=self.open(grant.sealed), generation=grant.generation)

    def salvaged(self) -> bytes | None:
        """What was obtained with this generation and is not in place."""
        return self._find(self.grant.generation)

    def spare(self) -> bytes | None:
        """As `salvaged`; else what somebody obtained beside the present one and came too late."""
        return self.salvaged() or self._find(self.grant.generation - 1)

    def open(self, sealed: bytes) -> Credential:
        return open_credential(self.tools.cipher, self.grant.id, sealed)

    def _overtaken(self, lease: Lease, credential: Credential, sealed: bytes) -> Renewal:
        """Our lease had lapsed: keep both credentials, and use the one that is in place."""

        def keep_both(unit: UnitOfWork) -> bool:
            if hand_over(unit, lease, sealed=sealed):
                return False
            if self.grant.id not in load_grants(unit, [self.grant.id]):
                return False
            add_salvage(
                unit,
                grant_id=self.grant.id,
                generation=self.grant.generation,
                sealed=sealed,
                why="the lease had lapsed",
                now=self.tools.now(),
            )
            return True

        if not self.tools.database.write(keep_both):
            log.info("renewed while it went out of use", extra={"grant": str(self.grant.id)})
            return Gone()
        log.error("a renewal came too late for its lease", extra={"grant": str(self.grant.id)})
        return self._put_in_place(sealed, credential) or self.as_it_is() or Gone()

    def _find(self, generation: int) -> bytes | None:
        with self.tools.database.reading() as session:
            sealed = find_salvage(session, grant_id=self.grant.id, generation=generation)
        return sealed or salvage_folder(self.tools).find(self.grant.id, generation)

    def _put_in_place(self, sealed: bytes, credential: Credential) -> Renewed | None:
        now = self.tools.now()
        generation = self.grant.generation

        def put(unit: UnitOfWork) -> bool:
            adopted = adopt_salvaged(
                unit,
                self.grant,
                sealed=sealed,
                credential=credential,
                due_at=self._due_at(credential, now),
                now=now,
            )
            if adopted:
                drop_salvage(unit, grant_id=self.grant.id, generation=generation)
            return adopted

        if not self.tools.database.write(put):
            return None
        salvage_folder(self.tools).drop(self.grant.id, generation)
        log.warning("salvaged credential put in place", extra={"grant": str(self.grant.id)})
        return self._renewed(credential)

    def _to_file(self, sealed: bytes) -> bool:
        kept = salvage_folder(self.tools).keep(self.grant.id, self.grant.generation, sealed)
        if kept:
            log.error("renewed credential salvaged to a file", extra={"grant": str(self.grant.id)})
        return kept

    def _due_at(self, credential: Credential, now: datetime) -> datetime | None:
        return refresh_due(credential, obtained_at=now, spread=draw_lot(self.grant.id, now))

    def _renewed(self, credential: Credential) -> Renewed:
        return Renewed(credential=credential, generation=self.grant.generation + 1)

    def _report(self, what: str, error: StorageError) -> None:
        log.error(what, extra={"grant": str(self.grant.id), "trouble": error.trouble.value})
