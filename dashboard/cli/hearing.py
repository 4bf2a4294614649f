"""What the parts say, for a person at the screen: warnings as one line each, the rest in files."""

import json
import re

from rich.markup import escape

from dashboard.cli.screen import err

_LOUD = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b")
_LEVELS = {"warning", "error", "critical"}
_NOT_SHOWN = {"at", "level", "process", "logger", "message", "traceback"}
_VALKEY = "valkey"


def hear_all(name: str, line: str) -> None:
    """Show every line."""
    _show(name, _readable(line)[1])


def hear_warnings(name: str, line: str) -> None:
    """Show only what somebody should know; all of it is in the part's log file."""
    loud, text = _readable(line)
    if loud and name != _VALKEY:  # that one warns of the machine it runs on, at every start
        _show(name, text)


def tell(name: str, line: str) -> None:
    """Show what happened to a part."""
    err.print(f"[yellow]{name:>10} {escape(line)}[/]")


def _show(name: str, text: str) -> None:
    err.print(f"[dim]{name:>10}[/] {escape(text)}")


def _readable(line: str) -> tuple[bool, str]:
    """Whether it is a warning or worse, and the line in words."""
    try:
        said = json.loads(line)
        words = [f"{said['level']}: {said['message']}"]
    except (ValueError, TypeError, KeyError):
        return bool(_LOUD.search(line)), line
    words += [f"{key}={value}" for key, value in said.items() if key not in _NOT_SHOWN]
    if trace := str(said.get("traceback", "")).strip():
        words.append(f"({trace.splitlines()[-1]})")
    return said["level"] in _LEVELS, "  ".join(words)
