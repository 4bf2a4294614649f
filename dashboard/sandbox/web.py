"""What all routes share: the running sandbox, pages, strict headers, and who may come in at all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Response, current_app, g, make_response, render_template, request
from werkzeug.exceptions import BadRequest, Forbidden

from dashboard.sandbox.clock import Clock
from dashboard.sandbox.faults import Fault
from dashboard.sandbox.store import Store

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_MACHINE_PATHS = ("/api/", "/oauth/token", "/oauth/revoke")
_DIALECTS = "/dialects/"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_SOON = 90  # seconds that still count as "just now"
_DAYS_IN_WORDS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """The running platform. `hosts` are the host names it answers to; None means any.

    `disturbances` says by key how each dialect tells that it cannot answer now.
    """

    store: Store
    clock: Clock
    hosts: frozenset[str] | None
    disturbances: Mapping[str, Callable[[Fault], Response]] = field(default_factory=dict)


def here() -> Sandbox:
    """The sandbox that serves this request."""
    return cast(Sandbox, current_app.extensions["sandbox"])


def now() -> datetime:
    """The present instant by the sandbox's clock."""
    return here().clock()


def page(template: str, *, status: int = 200, **context: Any) -> Response:
    """Render a page of the platform."""
    return make_response(render_template(template, now=now(), **context), status)


def is_machine_call() -> bool:
    """Whether an app is asking, not a person with a browser."""
    return request.path.startswith(_MACHINE_PATHS) or (is_dialect_call() and not _is_for_people())


def is_dialect_call() -> bool:
    """Whether the request is in another platform's dialect."""
    return request.path.startswith(_DIALECTS)


def is_token_call() -> bool:
    """Whether an app asks about tokens; in a dialect the view is then called token or revoke."""
    view = (request.endpoint or "").rpartition(".")[2]
    return request.path.startswith("/oauth/") or (
        is_dialect_call() and view.startswith(("token", "revoke"))
    )


def wants_json() -> bool:
    """Whether the answer should be data: an app asks, or a test says so with `Accept`."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return is_machine_call() or best == "application/json"


def words(value: Any) -> list[str]:
    """What a caller sent as a list of words, or as one text with spaces; nothing for nonsense."""
    if isinstance(value, list):
        return [str(word) for word in value]
    return value.split() if isinstance(value, str) else []


def refuse_strangers() -> None:
    """Keep other web sites out: a host name that is not ours (rebinding), a cross-site form."""
    hosts = here().hosts
    if hosts is not None and urlsplit(f"//{request.host}").hostname not in hosts:
        raise BadRequest("This address is not one of Sandbox.")
    unsafe = request.method not in {"GET", "HEAD", "OPTIONS"}
    if unsafe and not is_machine_call() and _comes_from_elsewhere():
        raise Forbidden("This form was sent from another web site. Nothing was changed.")


def allow_form_target(uri: str) -> None:
    """Let the forms of this page end at `uri`: browsers apply form-action to redirects too."""
    parts = urlsplit(uri)
    g.form_target = f" {parts.scheme}://{parts.netloc}"


def add_headers(response: Response) -> Response:
    """Nothing inline, nothing from elsewhere, in no frame; nothing kept but pictures and styles."""
    target = g.get("form_target", "")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none';"
        f" frame-ancestors 'none'; form-action 'self'{target}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Not "no-referrer": that makes browsers send `Origin: null` with our own forms.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def ago(at: datetime, present: datetime) -> str:
    """How long since `at` (or until it), in the largest unit that fits."""
    seconds = (present - at).total_seconds()
    if seconds < 0:
        return f"in {_length(-seconds)}"
    if seconds < _SOON:
        return "just now"
    if seconds > _DAYS_IN_WORDS * _DAY:
        return f"{at.day} {at:%B %Y}"
    return f"{_length(seconds)} ago"


def _length(seconds: float) -> str:
    if seconds < _HOUR:
        return f"{max(1, round(seconds / _MINUTE))} min"
    if seconds < 2 * _DAY:
        return f"{round(seconds / _HOUR)} h"
    return f"{round(seconds / _DAY)} days"


def _is_for_people() -> bool:
    """The consent page of a dialect: the only thing there that a browser opens."""
    return (request.endpoint or "").endswith(".authorize")


def _comes_from_elsewhere() -> bool:
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("Origin")
    return origin is not None and origin != request.host_url.rstrip("/")
