"""What the request at hand works with: the tools, who is asking, and its number."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from flask import Flask, current_app, request
from flask_login import current_user

from dashboard.adapters.logs import log_context
from dashboard.domain.errors import NotAllowedError
from dashboard.domain.team import Actor, Viewer
from dashboard.runtime import Runtime
from dashboard.services.ports import Tools

if TYPE_CHECKING:  # these exist for type checkers only
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_EXTENSION = "linkkeeper"
_NUMBER = "linkkeeper.request_id"


def add_current(app: Flask, runtime: Runtime) -> None:
    """Let requests of `app` have a number and work with `runtime`."""
    work_with(app, runtime)
    app.wsgi_app = _numbered(app.wsgi_app)  # type: ignore[assignment,method-assign]  # how Flask wraps an app


def work_with(app: Flask, runtime: Runtime) -> None:
    """Make `runtime` the one that requests of `app` work with from now on."""
    app.extensions[_EXTENSION] = runtime


def runtime() -> Runtime:
    return cast("Runtime", current_app.extensions[_EXTENSION])


def tools() -> Tools:
    return runtime().tools


def viewer() -> Viewer:
    """Who is asking, with role and accounts as they are now; raises NotAllowedError for nobody."""
    found = viewer_or_none()
    if found is None:
        raise NotAllowedError
    return found


def viewer_or_none() -> Viewer | None:
    found = cast("Any", current_user)  # Flask-Login's stand-in for whoever it is
    return found.viewer if found.is_authenticated else None


def actor() -> Actor:
    """Who acts, for the audit trail; a visitor has no user id."""
    found = viewer_or_none()
    return Actor(user_id=found.user_id if found else None, ip=client_ip(), request_id=request_id())


def client_ip() -> str:
    return request.remote_addr or ""


def request_id() -> str:
    """The number of this request, made by us; people read it on error pages, we in the log."""
    return cast("str", request.environ.get(_NUMBER, ""))


def _numbered(application: "WSGIApplication") -> "WSGIApplication":
    """Give each request a number, which all that is logged meanwhile carries."""

    def numbered(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        number = uuid4().hex[:12]
        environ[_NUMBER] = number
        with log_context(request_id=number):
            return application(environ, start_response)

    return numbered
