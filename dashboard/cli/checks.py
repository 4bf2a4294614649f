"""`./manage check`: the gates that every change passes, each told in one line."""

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from rich.markup import escape

from dashboard.cli.locks import lock_faults
from dashboard.cli.screen import out

ROOT = Path(__file__).resolve().parents[2]

_LINT_IMPORTS = "import sys, importlinter.cli as c; sys.exit(c.lint_imports_command())"


def check(options: argparse.Namespace) -> int:  # noqa: ARG001 - every command has this signature
    """Run all gates, also after one failed; 1 if any did."""
    gates: dict[str, Callable[[], str]] = {
        "lock files": lambda: "\n".join(lock_faults(ROOT)),
        "ruff check": lambda: _failure("-m", "ruff", "check", "--quiet", "."),
        "ruff format": lambda: _failure("-m", "ruff", "format", "--check", "--quiet", "."),
        "import rules": lambda: _failure("-c", _LINT_IMPORTS, "--no-cache"),
        "mypy": lambda: _failure("-m", "mypy", "--no-error-summary"),
    }
    failed = [name for name, gate in gates.items() if not _passes(name, gate)]
    if failed:
        out.print(f"[bold red]Not ready:[/] {', '.join(failed)}")
        return 1
    out.print("[bold green]All gates passed.[/]")
    return 0


def _passes(name: str, gate: Callable[[], str]) -> bool:
    failure = gate()
    out.print(f"[green]✓[/] {name}" if not failure else f"[red]✗ {name}[/]\n{escape(failure)}")
    return not failure


def _failure(*arguments: str) -> str:
    """Run a tool of the environment; returns what it printed if it was not content."""
    done = subprocess.run(  # noqa: S603 - the arguments are literals from above
        [sys.executable, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return (done.stdout.strip() or "failed without a word") if done.returncode else ""
