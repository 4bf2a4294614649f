"""Sealing of secrets at rest with AES-256-GCM; each is bound to the place where it is stored (R31).

A sealed value is: version (1 byte), key id (8), nonce (12), ciphertext with its tag.
"""

import json
import secrets
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dashboard.domain.errors import CannotDecryptError

_VERSION = b"\x01"
_ID_END = 9
_NONCE_BYTES = 12
_HEADER_END = _ID_END + _NONCE_BYTES
_TAG_BYTES = 16


class Keys(Protocol):
    """Where the keys come from."""

    def newest(self) -> tuple[bytes, bytes]: ...

    def find(self, key_id: bytes) -> bytes | None: ...


class Cipher:
    """Implements `domain.credentials.Sealer`."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def seal(self, plain: bytes, *, table: str, row: str, column: str) -> bytes:
        """Return `plain` sealed with the newest key, to be opened for the same place only."""
        key_id, key = self._keys.newest()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, plain, _place(table, row, column))
        return _VERSION + key_id + nonce + sealed

    def open(self, sealed: bytes, *, table: str, row: str, column: str) -> bytes:
        """Return what was sealed for this place; raises CannotDecryptError."""
        if sealed[:1] != _VERSION or len(sealed) < _HEADER_END + _TAG_BYTES:
            raise CannotDecryptError("this was not sealed by Linkkeeper, or it is cut short")
        key = self._keys.find(sealed[1:_ID_END])
        if key is None:
            raise CannotDecryptError("it was sealed with a key that is not here")
        nonce, rest = sealed[_ID_END:_HEADER_END], sealed[_HEADER_END:]
        try:
            return AESGCM(key).decrypt(nonce, rest, _place(table, row, column))
        except InvalidTag:
            pass  # told below, where the new error does not carry this one and its frame along
        raise CannotDecryptError("it was sealed for another place, or altered")


def _place(table: str, row: str, column: str) -> bytes:
    # JSON, as a plain join would take ("a|b", "c") and ("a", "b|c") for the same place.
    return json.dumps([table, row, column]).encode()
