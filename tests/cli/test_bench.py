"""Each figure we publish is a command that runs; that it runs is held here, not how fast."""

import subprocess
import sys

import pytest

from dashboard.cli.bench.benches import BENCHES
from dashboard.cli.bench.figures import Figure, quantile
from dashboard.settings import child_environment


def _bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dashboard.cli", "bench", *arguments],
        env=child_environment(COLUMNS="200"),
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_bench_measures_on_both_databases() -> None:
    assert_measures("restart", 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "lines"), [("due", 6), ("accounts-page", 4), ("poll", 4), ("alert", 6)]
)
def test_every_bench_measures_on_both_databases(name: str, lines: int) -> None:
    assert_measures(name, lines)


def assert_measures(name: str, lines: int) -> None:
    found = BENCHES[name](20)
    assert len(found) == lines
    assert {figure.where for figure in found} == {"SQLite", "PostgreSQL"}
    assert all(isinstance(figure, Figure) and figure.measured for figure in found)


@pytest.mark.slow
def test_bench_checks_measures_both_databases_beside_a_ceiling() -> None:
    done = _bench("checks", "--links", "60")
    assert "60 of 60 checks" in done.stdout, done.stderr
    assert "bare aiohttp" in done.stdout
    assert "PostgreSQL" in done.stdout


@pytest.mark.slow
def test_bench_memory_counts_every_part_of_a_run() -> None:
    done = _bench("memory", "--links", "20")
    assert done.stdout.count("memory of all 8 processes, 20 accounts") == 2, done.stderr


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([3.0, 1.0, 2.0], 0.99) == 3.0
