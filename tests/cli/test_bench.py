"""Each figure we publish is a command that runs: all links are checked, on both databases."""

import subprocess
import sys

import pytest

from dashboard.settings import child_environment


@pytest.mark.slow
def test_bench_checks_measures_both_databases_beside_a_ceiling() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dashboard.cli", "bench", "checks", "--links", "60"],
        env=child_environment(COLUMNS="120"),
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if " 60 " in line]
    assert [row[0] for row in rows] == ["bare", "SQLite", "PostgreSQL"]
    assert "CPU s per 1,000" in done.stdout
