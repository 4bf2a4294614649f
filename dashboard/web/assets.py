"""Our static files under names that carry their content, so that browsers keep them for ever.

No build step: names are computed from `static/` when first asked for, compressed copies are made at
start in a cache folder. Nothing here knows what is in the files.
"""

import gzip
import hashlib
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from wsgiref.headers import Headers

import brotli
from flask import Flask
from whitenoise import WhiteNoise

STATIC = Path(__file__).resolve().parents[2] / "static"

_PREFIX = "/static/"
_DIGITS = 12
# A hash in the name, or a vendored file, which has its version in the name.
_IMMUTABLE = rf"\.[0-9a-f]{{{_DIGITS}}}\.|^{_PREFIX}vendor/"
_COMPRESSIBLE = {".css", ".js", ".svg"}
_WORTH_COMPRESSING = 1_024  # bytes


def asset_url(name: str) -> str:
    """Return the address of `static/<name>`; raises KeyError if there is no such file."""
    return _PREFIX + _names()[name]


@cache
def platform_icons() -> frozenset[str]:
    """Keys of the platforms that have a picture; an account may outlive its platform here."""
    return frozenset(path.stem for path in (STATIC / "img" / "platforms").glob("*.svg"))


def serve_static(app: Flask, *, cache_dir: Path) -> None:
    """Serve `static/` in front of `app`, compressed copies kept in `cache_dir`.

    Several processes may do this at once: files are moved into place whole.
    """
    for name, hashed in _names().items():
        _store(STATIC / name, cache_dir / hashed)
    files = WhiteNoise(
        app.wsgi_app,
        allow_all_origins=False,
        immutable_file_test=_IMMUTABLE,
        add_headers_function=_harden,
    )
    files.add_files(str(STATIC), _PREFIX)
    files.add_files(str(cache_dir), _PREFIX)
    app.wsgi_app = files  # type: ignore[method-assign]  # how Flask's documentation wraps an app


@cache
def _names() -> Mapping[str, str]:
    """Return each file of `static/` with the name under which it may be kept for ever."""
    names = {}
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            name = PurePosixPath(path.relative_to(STATIC).as_posix())
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:_DIGITS]
            # The style sheets name vendored files by their plain address: these keep their name.
            vendored = name.parts[0] == "vendor"
            hashed = name if vendored else name.with_suffix(f".{digest}{name.suffix}")
            names[str(name)] = str(hashed)
    return MappingProxyType(names)


def _store(source: Path, target: Path) -> None:
    """Copy `source` and, where it pays, its gzip and brotli forms, unless that was done before."""
    if target.exists():
        return
    content = source.read_bytes()
    if source.suffix in _COMPRESSIBLE and len(content) > _WORTH_COMPRESSING:
        _write(target.with_name(target.name + ".gz"), gzip.compress(content, mtime=0))
        _write(target.with_name(target.name + ".br"), brotli.compress(content, quality=9))
    _write(target, content)  # last: its presence says that the others are there


def _write(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f"{place.name}.{os.getpid()}.new")
    fresh.write_bytes(content)
    fresh.replace(place)


def _harden(headers: Headers, _path: str, _url: str) -> None:
    """Static files never pass Flask's after_request hooks, so they get their headers here (R20)."""
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
