"""`./manage run`: everything on one machine under one parent, from nothing to the open page."""

import argparse

from dashboard.adapters import redis
from dashboard.cli.installation import Installation, keep
from dashboard.cli.place import listen, lock_data_dir, make_data_dir
from dashboard.cli.trouble import Trouble
from dashboard.settings import Settings, child_environment


def run(options: argparse.Namespace) -> int:
    """Start all parts, tell where to go, and keep them alive until told to stop."""
    return keep(settle(options, child_environment()))


def settle(options: argparse.Namespace, environ: dict[str, str]) -> Installation:
    """Take the data folder and the port before anything is started.

    Raises SettingsError for all faulty settings at once, and Trouble for what is in the way.
    """
    settings = Settings.from_env(environ)
    make_data_dir(settings.data_dir)
    lock = lock_data_dir(settings.data_dir)
    listener = listen(options.host, options.port)
    if not environ.get("LINKKEEPER_BASE_URL"):
        environ["LINKKEEPER_BASE_URL"] = _own_address(options.host, listener.getsockname()[1])
    if settings.redis_url is not None:
        _check_redis(settings.redis_url)
    return Installation(
        settings=Settings.from_env(environ),
        environ=environ,
        listener=listener,
        lock=lock,
        verbose=options.verbose,
    )


def _own_address(host: str, port: int) -> str:
    """How a browser on this machine reaches us, when nobody has told how others do."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _check_redis(url: str) -> None:
    try:
        redis.check(url)
    except redis.UnreachableError as error:
        raise Trouble(
            f"REDIS_URL cannot be used: {error.why}. Start that Redis or Valkey, or leave "
            "REDIS_URL empty: Linkkeeper brings its own."
        ) from None
