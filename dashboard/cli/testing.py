"""`./manage test`: sees to a browser, then lets pytest do the rest on three processes."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from dashboard.cli.screen import out
from dashboard.cli.trouble import Trouble
from dashboard.settings import child_environment

_ROOT = Path(__file__).resolve().parents[2]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_NEITHER = (
    "The tests need a Chromium and none could be installed. Install one (Debian: apt install "
    "chromium), or name yours in LINKKEEPER_CHROMIUM."
)


def test(options: argparse.Namespace) -> int:
    """Run pytest in place of this process; its closing line and exit code are the answer.

    One process more than most small machines have cores: the tests of browsers and whole
    installations wait most of their time.

    "worksteal" because a few browser tests take far longer than the rest: with fixed shares one
    process would sit idle while the other works off the long ones.
    """
    chosen = "slow" if options.slow else "not slow"
    command = [sys.executable, "-m", "pytest", "-n", "3", "--dist", "worksteal", "-m", chosen]
    chromium = find_chromium() or install_chromium()
    environ = child_environment(LINKKEEPER_CHROMIUM=str(chromium))
    os.chdir(_ROOT)
    os.execve(sys.executable, [*command, *options.rest], environ)  # noqa: S606 - no shell wanted


def find_chromium() -> Path | None:
    """A Chromium that is already here: the named one, one on the PATH, Playwright's own."""
    if named := child_environment().get("LINKKEEPER_CHROMIUM"):
        if not os.access(named, os.X_OK):
            raise Trouble(f"LINKKEEPER_CHROMIUM names {named}, which cannot be started.")
        return Path(named)
    for name in _NAMES:
        if found := shutil.which(name):
            return Path(found)
    return next((path for path in (_MAC, _playwrights_own()) if path.exists()), None)


def install_chromium() -> Path:
    """Debian's package where we may install it, else Playwright's own build."""
    out.print("Installing Chromium for the tests (only now, a few minutes).")
    if os.geteuid() == 0 and (apt := shutil.which("apt-get")):
        for step in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            subprocess.run([apt, *step], stdout=subprocess.DEVNULL, check=False)  # noqa: S603
        if found := find_chromium():
            return found
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    found = find_chromium()
    if found is None:
        raise Trouble(_NEITHER)
    return found


def _playwrights_own() -> Path:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - starts slowly, rarely needed

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)
