"""Whose certificates are believed: the system's authorities, or Mozilla's where it has none.

A bare container and Python's own build for macOS come without; every platform would then seem to
be out of reach.
"""

import functools
import ssl
from pathlib import Path

import certifi


@functools.cache  # a megabyte and a half; made before parts are forked, all of them share it
def verifying_context(paths: ssl.DefaultVerifyPaths | None = None) -> ssl.SSLContext:
    """Return a context that verifies certificate and name, from TLS 1.2 on; nobody changes it."""
    context = ssl.create_default_context()
    if not _has_authorities(paths or ssl.get_default_verify_paths()):
        context.load_verify_locations(certifi.where())
    return context


def _has_authorities(paths: ssl.DefaultVerifyPaths) -> bool:
    # Both are None, not "", where the system has no such file or folder.
    if paths.cafile and Path(paths.cafile).stat().st_size:
        return True
    return bool(paths.capath) and any(Path(paths.capath).iterdir())
