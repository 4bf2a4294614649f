"""`./manage bench restart`: after a pause all links are checked within one interval, evenly.

All links are an hour overdue, as after a night switched off. What the scheduler does at its start
is done, and the plan that it makes is read: when each link is due, and in how many in one second.
"""

import time
from collections import Counter
from datetime import timedelta

from dashboard.adapters.clock import utc_now
from dashboard.cli.bench.asking import bench_tools
from dashboard.cli.bench.figures import Figure
from dashboard.cli.bench.ground import grounds
from dashboard.cli.bench.links import due_times, fill
from dashboard.services.catching_up import spread_overdue
from dashboard.settings import Settings

_PAUSE = timedelta(hours=1)
_AT_ONCE = 50  # stay due at once, so that something is seen to happen
_UNEVEN = 4.0  # a second may hold this many times the mean by chance, and ten more


def figures(links: int) -> list[Figure]:
    found = []
    with grounds() as databases:
        for ground in databases:
            settings = Settings.from_env(ground.environ)
            fill(settings, links, utc_now() - _PAUSE)
            now = utc_now()
            began = time.perf_counter()
            with bench_tools(settings) as tools:
                spread_overdue(tools)
            took = time.perf_counter() - began
            every = settings.check_every.total_seconds()
            waits = [(at - now).total_seconds() for at in due_times(settings)]
            later = Counter(int(wait) for wait in waits if wait > 0)
            most, mean = max(later.values(), default=0), links / every
            last = max(waits)
            found.append(
                Figure(
                    what=f"{links:,} links an hour overdue: planned; last; most in a second",
                    where=ground.name,
                    target=f"within {every:.0f} s, no burst",
                    measured=f"in {took:.1f} s; {last:.0f} s; {most}",
                    ceiling=f"{mean:.0f} a second",
                    met=last <= every + took
                    and most <= mean * _UNEVEN + 10
                    and len(waits) - sum(later.values()) <= _AT_ONCE,
                )
            )
    return found
