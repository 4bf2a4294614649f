"""The lock files: exact, hashed, without addresses, complete, and of one mind."""

import shutil
from pathlib import Path

import pytest

from dashboard.cli.locks import DEV_LOCK, RUN_LOCK, lock_faults
from tests.cli.running import ROOT

PROJECT = """
[project]
dependencies = ["flask>=3.1", "psycopg[binary]>=3"]
[dependency-groups]
dev = ["pytest>=9"]
"""
HASH = "    --hash=sha256:" + "a" * 64
RUN = f"flask==3.1.3 \\\n{HASH}\npsycopg==3.3.9 \\\n{HASH}\n"
DEV = f"{RUN}pytest==9.2.0 \\\n{HASH}\n"


def faults(folder: Path, *, run: str = RUN, dev: str = DEV) -> list[str]:
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / RUN_LOCK).write_text(run)
    (folder / DEV_LOCK).write_text(dev)
    return lock_faults(folder)


def test_the_projects_own_lock_files_are_in_order() -> None:
    assert lock_faults(ROOT) == []


def test_good_lock_files_have_no_faults(tmp_path: Path) -> None:
    assert faults(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("flask==3.1.3", "flask==3.0.0", "flask>=3.1 is not locked"),
        ("flask==3.1.3", "flask>=3.1.3", "not an exact pin"),
        (f"flask==3.1.3 \\\n{HASH}", "flask==3.1.3", "flask has no hash"),
        (f"flask==3.1.3 \\\n{HASH}\n", "", "flask>=3.1 is not locked"),
        ("flask==3.1.3", "--index-url https://mirror\nflask==3.1.3", "not an exact pin"),
        ("flask==3.1.3 \\", "flask @ https://x/flask-3.1.3.whl \\", "not an exact pin"),
    ],
)
def test_each_fault_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in RUN
    found = faults(tmp_path, run=RUN.replace(old, new), dev=DEV.replace(old, new))

    assert any(said in fault for fault in found), found


def test_two_files_that_do_not_agree_are_noticed(tmp_path: Path) -> None:
    found = faults(tmp_path, dev=DEV.replace("psycopg==3.3.9", "psycopg==3.3.8"))

    assert found == [f"psycopg: {RUN_LOCK} and {DEV_LOCK} do not agree."]


def test_a_developers_package_must_be_locked_too(tmp_path: Path) -> None:
    shutil.copy(ROOT / RUN_LOCK, tmp_path)
    found = faults(tmp_path, dev=RUN)

    assert found == [f"{DEV_LOCK}: pytest>=9 is not locked; run ./manage lock."]
