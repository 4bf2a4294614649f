"""Sealed credentials in files, for when the database takes nothing (R34, F15).

A reserve file is kept beside them, so that there is room for one more when the disk is full.
"""

import logging
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

_RESERVE = 65_536  # bytes; a sealed credential takes a few thousand
_MODE = 0o600

log = logging.getLogger(__name__)


class SalvageFolder:
    """One file per grant and generation; a file is either whole or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self) -> None:
        """Make the folder and its reserve; a disk that is full already is no reason not to run."""
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._reserve.exists():
                _write(self._reserve, b"\0" * _RESERVE)

    def keep(self, grant_id: UUID, generation: int, sealed: bytes) -> bool:
        """Store durably; False when not even the reserve helps."""
        self.prepare()
        place = self._file(grant_id, generation)
        for _ in range(2):
            try:
                _write(place, sealed)
            except OSError as error:
                log.error("salvage not written", extra={"errno": error.errno})  # noqa: TRY400  # no trace: the number says it
                with suppress(OSError):
                    self._reserve.unlink()
            else:
                return True
        return False

    def find(self, grant_id: UUID, generation: int) -> bytes | None:
        """What was kept for this generation of the grant."""
        try:
            return self._file(grant_id, generation).read_bytes()
        except OSError:
            return None

    def drop(self, grant_id: UUID, generation: int) -> None:
        """Forget what is in its place now."""
        with suppress(OSError):
            self._file(grant_id, generation).unlink()

    def drop_all(self, grant_id: UUID) -> None:
        """Forget all that was kept for a grant that is out of use (R38)."""
        for place in self._folder.glob(f"{grant_id}.*.sealed"):
            with suppress(OSError):
                place.unlink()

    def forget(self, before: datetime) -> None:
        """Forget what nobody has needed since then."""
        for place in self._kept():
            with suppress(OSError):
                if place.stat().st_mtime < before.timestamp():
                    place.unlink()

    def grants(self) -> list[UUID]:
        """The grants for which something is kept here."""
        with suppress(OSError):
            return sorted({UUID(path.name.split(".")[0]) for path in self._kept()})
        return []

    @property
    def _reserve(self) -> Path:
        return self._folder / "reserve"

    def _file(self, grant_id: UUID, generation: int) -> Path:
        return self._folder / f"{grant_id}.{generation}.sealed"

    def _kept(self) -> list[Path]:
        return list(self._folder.glob("*.sealed"))


def _write(place: Path, content: bytes) -> None:
    part = place.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
