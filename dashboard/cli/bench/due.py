"""`./manage bench due`: what is due costs the same, however many links are not.

The scheduler's look, one claim of 500 due links with all that is needed to ask about them, and
giving them back. The best of several rounds counts: what others take on the machine is left out.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from dashboard.adapters.clock import utc_now
from dashboard.cli.bench.asking import bench_tools
from dashboard.cli.bench.figures import Figure
from dashboard.cli.bench.ground import Ground, grounds
from dashboard.cli.bench.links import fill
from dashboard.services.check_batches import Results, claim_questions, store
from dashboard.services.checking import anything_due
from dashboard.settings import Settings

_DUE = 500
_ROUNDS = 15
_NOISE = 1.5  # the same work differs by as much from run to run


def figures(links: int) -> list[Figure]:
    """One line per number of links and database; the fewest are the ceiling of the others."""
    found = []
    with grounds() as databases:
        for ground in databases:
            least: tuple[float, float] | None = None
            for number in (links // 10, links, links * 10):
                look, claim = _measure(ground, number)
                least = least or (look, claim)
                found.append(
                    Figure(
                        what=f"{number:,} links, {min(_DUE, number // 2)} due: look; claim",
                        where=ground.name,
                        target="the same",
                        measured=f"{look:.2f} ms; {claim:.1f} ms",
                        ceiling=f"{least[0]:.2f} ms; {least[1]:.1f} ms",
                        met=claim <= least[1] * _NOISE + 1,
                    )
                )
    return found


def _measure(ground: Ground, number: int) -> tuple[float, float]:
    settings = Settings.from_env(ground.environ)
    now = utc_now()
    few = min(_DUE, number // 2)
    fill(settings, number, now, spread=timedelta(hours=1), due=few, afresh=True)
    with bench_tools(settings) as tools:

        def claim() -> None:
            _, questions = claim_questions(tools, "bench", limit=_DUE)
            given_back.append([question.link.link_id for question in questions])

        given_back: list[list[UUID]] = []
        looks, claims = [], []
        for _ in range(_ROUNDS):
            looks.append(_milliseconds(lambda: anything_due(tools)))
            claims.append(_milliseconds(claim))
            results = Results()
            results.unasked.extend(given_back.pop())
            store(tools, results, "bench")
    return min(looks), min(claims)


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
