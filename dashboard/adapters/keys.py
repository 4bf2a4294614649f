"""The keys of this installation: one file beside the database, never inside it (R31).

`keys.json` holds a root, from which the secrets for sessions, jobs and tokens are derived, and the
keys that seal, oldest first. Turning the sealing key leaves the root alone, so nobody is signed out
by it. LINKKEEPER_SECRET_KEY, if set, takes the place of the root and of the newest sealing key;
a key file from before then still opens what it sealed.
"""

import fcntl
import hashlib
import json
import logging
import os
import secrets
import stat
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dashboard.adapters.cipher import Cipher
from dashboard.domain.errors import LinkkeeperError
from dashboard.settings import Settings

logger = logging.getLogger(__name__)

_FILE = "keys.json"
_KEY_BYTES = 32
_ID_BYTES = 8


class KeyFileError(LinkkeeperError):
    """The key file cannot be used; the sentence names it and says what to do."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"The key file {path} {what}")
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    """The keys themselves; `sealing` is ordered from the oldest to the newest."""

    root: bytes = field(repr=False)
    sealing: dict[bytes, bytes] = field(repr=False)


class KeyRing:
    """All keys of this installation; safe to use from many threads."""

    def __init__(self, path: Path, keys: _Keys, secret_key: str | None) -> None:
        self._path = path
        self._keys = keys
        self._secret_key = secret_key
        self._lock = Lock()

    @classmethod
    def load(cls, settings: Settings) -> "KeyRing":
        """Read the key file, or make it; raises KeyFileError."""
        path = settings.data_dir / _FILE
        if settings.secret_key is None:
            _create(path)
        return cls(path, _load(path, settings.secret_key), settings.secret_key)

    def cipher(self) -> Cipher:
        """What seals with the newest key and opens with all of them."""
        return Cipher(self)

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes that only this installation can know, always the same for `purpose`."""
        return _derived(self._keys.root, f"purpose {purpose}")

    def newest(self) -> tuple[bytes, bytes]:
        """Return id and key that seal."""
        return next(reversed(self._keys.sealing.items()))

    def find(self, key_id: bytes) -> bytes | None:
        """Return the key with this id; another process may have made it since we read the file."""
        if key_id not in self._keys.sealing:
            try:
                with self._lock:
                    self._keys = _load(self._path, self._secret_key)
            except KeyFileError:
                logger.exception("key file cannot be read again")
        return self._keys.sealing.get(key_id)

    def rotate(self) -> None:
        """Make a new sealing key; raises KeyFileError.

        What older keys sealed stays readable. Other processes seal with the new key after their
        next start, and open what it sealed at once.
        """
        if self._secret_key is not None:
            raise KeyFileError(
                self._path, "is not in use, as LINKKEEPER_SECRET_KEY is set: change that instead."
            )
        with self._lock, _alone(self._path):
            keys = _read(self._path)
            self._keys = replace(keys, sealing=keys.sealing | _new_key())
            _write(self._path, self._keys, replacing=True)


def _load(path: Path, secret_key: str | None) -> _Keys:
    if secret_key is None:
        return _read(path)
    older = _read(path).sealing if path.exists() else {}
    root = _derived(secret_key.encode(), "root")
    key_id = hashlib.sha256(_derived(root, "id")).digest()[:_ID_BYTES]
    return _Keys(root=root, sealing=older | {key_id: _derived(root, "sealing")})


def _create(path: Path) -> None:
    """Make the file unless it is there; of two processes at once, both use the same one."""
    if path.exists():
        return
    keys = _Keys(root=secrets.token_bytes(_KEY_BYTES), sealing=_new_key())
    _write(path, keys, replacing=False)


def _new_key() -> dict[bytes, bytes]:
    return {secrets.token_bytes(_ID_BYTES): secrets.token_bytes(_KEY_BYTES)}


def _read(path: Path) -> _Keys:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyFileError(path, f"can be read by others: run `chmod 600 {path}`.")
        content = json.loads(path.read_bytes())
        keys = _Keys(
            root=b64decode(content["root"], validate=True),
            sealing={
                bytes.fromhex(entry["id"]): b64decode(entry["key"], validate=True)
                for entry in content["sealing"]
            },
        )
    except OSError as error:
        raise KeyFileError(path, f"cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise KeyFileError(path, "is damaged: put it back from your backup.") from None
    lengths = {len(key) for key in (keys.root, *keys.sealing.values())}
    if lengths != {_KEY_BYTES} or not keys.sealing:
        raise KeyFileError(path, "is damaged: put it back from your backup.")
    return keys


def _write(path: Path, keys: _Keys, *, replacing: bool) -> None:
    """Write so that at any instant the file is whole: the old one, the new one or none."""
    content = {
        "root": b64encode(keys.root).decode(),
        "sealing": [
            {"id": key_id.hex(), "key": b64encode(key).decode()}
            for key_id, key in keys.sealing.items()
        ],
    }
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(content, indent=1).encode())
            file.flush()
            os.fsync(file.fileno())
        try:
            _put(draft, path, replacing=replacing)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise KeyFileError(path, f"cannot be written: {error.strerror}.") from None


def _put(draft: Path, path: Path, *, replacing: bool) -> None:
    if replacing:
        draft.replace(path)
        return
    try:
        path.hardlink_to(draft)  # unlike a rename, never takes the place of another's file
    except FileExistsError:
        return  # somebody else was faster: his file counts


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from turning the key at the same time: one of the two would be lost."""
    try:
        descriptor = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise KeyFileError(path, f"cannot be reached: {error.strerror}.") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _derived(secret: bytes, info: str) -> bytes:
    return HKDF(
        algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=f"linkkeeper {info}".encode()
    ).derive(secret)
