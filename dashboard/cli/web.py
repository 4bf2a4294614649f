"""The web part: gunicorn with threads, set up here and nowhere else."""

import argparse
import os
from collections.abc import Callable
from typing import Any

from gunicorn import glogging
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.http import wsgi as answering

import wsgi
from dashboard.adapters.lifeline import die_with
from dashboard.adapters.logs import set_up_logging
from dashboard.cli.place import listen
from dashboard.cli.roles import shared_settings
from dashboard.settings import Settings

_GRACE = 3  # seconds for requests under way when stopping
_STUCK = 60  # seconds without a sign of life of the process, not of a request
_BANNER = "Server:"


class _NoBanner(answering.Response):  # type: ignore[misc]  # gunicorn carries no types
    """Strangers need not know what answers them (R22)."""

    def default_headers(self) -> list[str]:
        return [line for line in super().default_headers() if not line.startswith(_BANNER)]


class _Logger(glogging.Logger):  # type: ignore[misc]  # likewise
    """gunicorn's own words go where all others go."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn carries no types
    """gunicorn, told what to do by us instead of by a file, the environment or its command line."""

    def __init__(self, bind: str, settings: Settings, ready: Callable[[], None] | None) -> None:
        self._ready = ready
        self._bind = bind
        self._settings = settings
        answering.Response = _NoBanner
        super().__init__()

    def load_config(self) -> None:
        chosen: dict[str, Any] = {
            "bind": [self._bind],
            "worker_class": "gthread",
            "threads": self._settings.web_threads,
            "graceful_timeout": _GRACE,
            "timeout": _STUCK,
            "keepalive": 15,
            "control_socket_disable": True,
            "secure_scheme_headers": {},  # proxies are the application's business
            "forwarded_allow_ips": "",
            "loglevel": "warning",
            "logger_class": _Logger,
            "post_fork": _after_fork,
            "post_worker_init": lambda _worker: self._ready and self._ready(),
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Build the application in the process that serves: threads do not survive a fork."""
        return wsgi.build(self._settings)


def web(options: argparse.Namespace) -> int:
    """`./manage web`: serve on an address until told to stop."""
    settings = shared_settings()
    listener = listen(options.host, options.port)
    return serve(f"fd://{listener.fileno()}", settings)


def serve(bind: str, settings: Settings, *, ready: Callable[[], None] | None = None) -> int:
    """Serve on `host:port` or `fd://number` until told to stop; `ready` is told when it does."""
    set_up_logging("web")
    Arbiter(Server(bind, settings, ready)).run()
    return 0


def _after_fork(_arbiter: Any, _worker: Any) -> None:
    die_with(os.getppid())
