"""Starts Sandbox as a process of its own: python -m dashboard.sandbox --data-dir D --port P."""

import argparse
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

from werkzeug.serving import WSGIRequestHandler, make_server

from dashboard.sandbox.app import create_app
from dashboard.sandbox.web import LOOPBACK_HOSTS

_ANY_HOST = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


class _QuietHandler(WSGIRequestHandler):
    """Writes no line per request: the control panel has a better list."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; 1 if the address cannot be had."""
    given = _arguments(argv)
    signal.signal(signal.SIGTERM, _stop)
    try:
        line = socket.create_server(
            (given.host, given.port),
            family=socket.AF_INET6 if ":" in given.host else socket.AF_INET,
            backlog=128,
        )
    except OSError as error:
        why = (error.strerror or "").partition(" (")[0].lower()
        sys.stderr.write(f"Sandbox cannot listen at {given.host}:{given.port}: {why}.\n")
        return 1
    with line:
        port = line.getsockname()[1]
        hosts = None if given.host in _ANY_HOST else LOOPBACK_HOSTS | {given.host}
        app = create_app(given.data_dir, seed=given.seed, with_dialects=given.dialects, hosts=hosts)
        server = make_server(
            given.host,
            port,
            app,
            threaded=True,
            request_handler=_QuietHandler,
            fd=line.fileno(),
        )
        shown = f"[{given.host}]" if ":" in given.host else given.host
        sys.stdout.write(f"Sandbox, a make-believe platform: http://{shown}:{port}/\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dashboard.sandbox", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="folder for the database")
    parser.add_argument("--port", type=int, required=True, help="port, 0 for any free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
    parser.add_argument("--seed", action="store_true", help="fill an empty database")
    parser.add_argument(
        "--dialects", action="store_true", help="with --seed: also accounts on other networks"
    )
    return parser.parse_args(argv)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """Leave at once; threads that serve slow answers are not waited for."""
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
