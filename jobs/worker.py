"""`python -m jobs.worker`: a worker with all that its jobs need."""

import argparse
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence

from dashboard.adapters.keys import KeyRing
from dashboard.adapters.logs import set_up_logging
from dashboard.adapters.redis import connect
from dashboard.adapters.valkey import address_of
from dashboard.runtime import build_runtime
from dashboard.services.heartbeats import WORKER
from dashboard.settings import Settings
from jobs.heart import Heart, Pulse
from jobs.process import Process, guarded
from jobs.queues import QUEUES, RedisJobs
from jobs.schedule import Ticker
from jobs.serving import Stop, Work, serve


def _nobody() -> None:
    """Nobody waits for it."""


def work_on(
    settings: Settings, name: str, queues: Sequence[str], *, ready: Callable[[], None] = _nobody
) -> int:
    """Be the worker `name` until told to stop; the first queue goes before the second.

    `ready` is told when work begins.
    """
    set_up_logging(name)
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    runtime = build_runtime(settings, jobs=RedisJobs)
    stop.tell(runtime.tools.stopping)
    process = Process(runtime.tools)
    ticker = Ticker(runtime.tools, process.dispatch)
    pulse = Pulse(runtime.tools, f"{socket.gethostname()}/{name}", WORKER)
    with Heart(pulse):
        ready()
        serve(
            queues,
            redis=connect(address_of(settings)),  # its own, as RQ sets other time-outs on it
            key=KeyRing.load(settings).derive("jobs"),
            work=Work(run=process.run, alone=guarded(ticker.tick, "due work not found")),
            stop=stop,
        )
    runtime.close()
    return 0


def main(arguments: Sequence[str]) -> int:
    """Be one of several workers on several machines."""
    parser = argparse.ArgumentParser(prog="python -m jobs.worker")
    parser.add_argument("queues", nargs="*", help=f"of {', '.join(QUEUES)}; all if none is named")
    options = parser.parse_args(arguments)
    return work_on(Settings.from_env(), f"worker-{os.getpid()}", options.queues or QUEUES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
