"""`./manage bench WHAT`: which benches there are."""

import argparse
from collections.abc import Callable

from dashboard.cli.bench import alert, checks, due, pages, restart, whole
from dashboard.cli.bench.figures import Figure, show
from dashboard.cli.screen import err

BENCHES: dict[str, Callable[[int], list[Figure]]] = {
    "checks": checks.figures,
    "due": due.figures,
    "accounts-page": pages.page_figures,
    "poll": pages.poll_figures,
    "alert": alert.figures,
    "restart": restart.figures,
    "memory": whole.figures,
}


def bench(options: argparse.Namespace) -> int:
    """Measure and print one table; 0 when every promise was kept."""
    chosen = list(BENCHES) if options.what == "all" else [options.what]
    found: list[Figure] = []
    with err.status("") as status:
        for nth, name in enumerate(chosen, 1):
            status.update(f"{nth} of {len(chosen)}: {name}")
            found += BENCHES[name](options.links)
    show(found)
    return 0 if all(figure.met is not False for figure in found) else 1
