"""A worker in a process of its own whose every job takes a while and leaves a mark at its end."""

import signal
import sys
import time
from pathlib import Path

from dashboard.adapters.redis import connect
from jobs.queues import QUEUES
from jobs.serving import Stop, Work, serve


def main(url: str, key: str, folder: str) -> None:
    def run(job: str, ids: tuple[str, ...]) -> None:
        Path(folder, f"begun-{ids[0]}").touch()
        time.sleep(float(ids[1]))
        Path(folder, f"done-{ids[0]}").touch()

    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    work = Work(run=run, alone=lambda: None)
    serve(QUEUES, redis=connect(url), key=key.encode(), work=work, stop=stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
