"""The lock files: written by uv from pyproject.toml, and looked through before every commit.

requirements-dev.txt holds everything, requirements.txt what an installation needs, with the same
pins. Both carry hashes and no address of any package index.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dashboard.cli.screen import out
from dashboard.cli.trouble import Trouble

RUN_LOCK = "requirements.txt"
DEV_LOCK = "requirements-dev.txt"
_ROOT = Path(__file__).resolve().parents[2]
_ADDRESS = re.compile(r"://|^\s*-|\s@\s")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(slots=True)
class _Pin:
    """One locked version, for one kind of system if it carries a marker."""

    name: str
    version: str
    marker: str
    hashes: set[str] = field(default_factory=set)


def lock(options: argparse.Namespace) -> int:
    """Resolve the larger set first and hold the smaller one to its versions."""
    _compile(DEV_LOCK, "--group", "dev", *(["--upgrade"] if options.upgrade else []))
    _compile(RUN_LOCK, "--constraints", DEV_LOCK, "--upgrade")
    if faults := lock_faults(_ROOT):
        raise Trouble("\n".join(faults))
    out.print(f"{RUN_LOCK} and {DEV_LOCK} are written.")
    return 0


def lock_faults(root: Path) -> list[str]:
    """What is wrong with the two lock files, one sentence each; empty when all is well."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [Requirement(text) for text in project["project"]["dependencies"]]
    wanted_too = [Requirement(text) for text in project["dependency-groups"]["dev"]]
    faults: list[str] = []
    run = _read(root / RUN_LOCK, faults)
    dev = _read(root / DEV_LOCK, faults)
    faults += _unmet(wanted, run, RUN_LOCK) + _unmet(wanted + wanted_too, dev, DEV_LOCK)
    both = {(pin.name, pin.marker): pin for pin in dev}
    for pin in run:
        if both.get((pin.name, pin.marker)) != pin:
            faults.append(f"{pin.name}: {RUN_LOCK} and {DEV_LOCK} do not agree.")
    return faults


def _compile(target: str, *extra: str) -> None:
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet"]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--output-file", target, *extra]
    if subprocess.run(command, cwd=_ROOT, check=False).returncode:  # noqa: S603 - literals
        raise Trouble(f"uv could not write {target}; its own words are above.")


def _read(path: Path, faults: list[str]) -> list[_Pin]:
    pins: list[_Pin] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if found := _HASH.search(line):
            if pins:  # else it belongs to a line that was no pin
                pins[-1].hashes.add(found.group(1))
        elif line.strip() and not line.startswith("#"):
            head, _, marker = line.rstrip("\\ ").partition(";")
            name, exact, version = head.strip().partition("==")
            if not exact or _ADDRESS.search(line):
                faults.append(f"{path.name}: {line.strip()!r} is not an exact pin.")
                continue
            pins.append(_Pin(canonicalize_name(name), version, marker.strip()))
    faults += [f"{path.name}: {pin.name} has no hash." for pin in pins if not pin.hashes]
    return pins


def _unmet(wanted: list[Requirement], pins: list[_Pin], where: str) -> list[str]:
    faults = []
    for requirement in wanted:
        name = canonicalize_name(requirement.name)
        versions = [pin.version for pin in pins if pin.name == name]
        if not versions or not all(requirement.specifier.contains(v) for v in versions):
            faults.append(f"{where}: {requirement} is not locked; run ./manage lock.")
    return faults
