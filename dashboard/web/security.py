"""What holds for every request and every answer: where it may come from, which headers it carries.

R19 (forms), R20 and R22 (headers), R57 (host), R80 (sizes). Static files get theirs in `assets`.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from dashboard.runtime import Runtime
from dashboard.settings import Settings

View = TypeVar("View", bound=Callable[..., Any])

_POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data:; "  # never a platform's pictures: they would see who looks at them
    "font-src 'self'; "
    "connect-src 'self'; "
    "manifest-src 'self'; "
    "form-action 'self'; "
    "frame-ancestors 'none'; "
    "base-uri 'none'; "
    "object-src 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",  # no-referrer would make our own forms look foreign
    "Cache-Control": "no-store",
}
_TWO_YEARS = 63_072_000  # seconds
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_MAX_BODY = 256 * 1024  # bytes; the longest form but for those that take a picture
_MAX_FIELDS = 1_000
_ONE_CLICK = "dashboard.pages.stop.stop"  # sent by mail programs, which have no token (RFC 8058)
_PUSH = "dashboard.pages.push.receive"  # sent by platforms, which sign instead (R46)
_FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", ""}


def add_security(app: Flask, runtime: Runtime) -> None:
    """Refuse what does not come from our own pages, and put the headers on every answer."""
    settings = runtime.tools.settings
    app.config |= {
        "MAX_CONTENT_LENGTH": _MAX_BODY,
        "MAX_FORM_MEMORY_SIZE": _MAX_BODY,
        "MAX_FORM_PARTS": _MAX_FIELDS,
        "TRUSTED_HOSTS": [_host_of(settings.base_url), *_LOOPBACK],
        "WTF_CSRF_TIME_LIMIT": None,  # it lives as long as the session
        "WTF_CSRF_SSL_STRICT": False,  # the origin is checked here, with and without https
    }
    origins = _own_origins(settings)
    app.before_request(_allow_size)
    app.before_request(lambda: _refuse_strangers(origins))
    app.before_request(_refuse_unstorable)
    csrf = CSRFProtect(app)
    for name in (_ONE_CLICK, _PUSH):
        csrf.exempt(name)
    app.after_request(lambda response: _harden(response, secure=settings.secure))


def takes_files(most: int) -> Callable[[View], View]:
    """Let the view take a body of up to `most` bytes; everywhere else much less is enough."""

    def declare(view: View) -> View:
        view.largest_body = most  # type: ignore[attr-defined]  # read by `_allow_size`
        return view

    return declare


def from_machines(view: View) -> View:
    """The view is for programs, which send no forms of ours: it must verify by itself."""
    view.from_machines = True  # type: ignore[attr-defined]  # read by `_is_for_machines`
    return view


def _is_for_machines() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "from_machines", False)


def sit_behind_proxies(app: Flask, count: int) -> None:
    """Believe the `X-Forwarded-*` headers of exactly `count` proxies in front of us (R6)."""
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]  # how Werkzeug's documentation wraps an app


def _allow_size() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    most = getattr(view, "largest_body", None)
    if most is not None and request.method not in _SAFE_METHODS:
        request.max_content_length = most


def _refuse_strangers(origins: frozenset[str]) -> None:
    """Refuse an unsafe request that another site made the browser send (R19).

    Beside the form token, not instead of it: `Sec-Fetch-Site` is missing without https.
    """
    if request.method in _SAFE_METHODS or request.routing_exception is not None:
        return
    if _is_for_machines():
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        abort(HTTPStatus.FORBIDDEN)
    origin = request.headers.get("Origin")
    if origin is not None and origin not in origins:
        abort(HTTPStatus.FORBIDDEN)
    if request.mimetype not in _FORM_TYPES:
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def _refuse_unstorable() -> None:
    """Refuse NUL, which no page of ours sends and PostgreSQL does not store."""
    sent = [request.path, *request.args.values()]
    if request.method not in _SAFE_METHODS and not _is_for_machines():
        sent += [value for values in request.form.listvalues() for value in values]
    if any("\0" in value for value in sent):
        abort(HTTPStatus.BAD_REQUEST)


def _harden(response: Response, *, secure: bool) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if secure:
        response.headers["Strict-Transport-Security"] = f"max-age={_TWO_YEARS}"
    response.vary.update(("Cookie", "HX-Request"))
    return response


def _own_origins(settings: Settings) -> frozenset[str]:
    """Where our own pages can come from; on loopback under each of its names."""
    parts = urlsplit(settings.base_url)
    origins = {settings.base_url}
    if _host_of(settings.base_url) in _LOOPBACK:
        port = f":{parts.port}" if parts.port else ""
        origins |= {f"{parts.scheme}://{name}{port}" for name in _LOOPBACK}
    return frozenset(origins)


def _host_of(url: str) -> str:
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host
