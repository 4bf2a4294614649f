"""`./manage demo`: the whole product with a sample team and a make-believe platform.

It lives in a folder of its own and never touches an installation's data or its platforms.
"""

import argparse
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from dashboard.cli.installation import keep
from dashboard.cli.part import Part, executed
from dashboard.cli.place import listen
from dashboard.cli.preparing import ready_runtime
from dashboard.cli.run import settle
from dashboard.cli.sample import TEAM, settle_team
from dashboard.cli.screen import complain
from dashboard.cli.trouble import Trouble
from dashboard.settings import Settings, child_environment

_FOLDER = Path(__file__).resolve().parents[2] / "demo"
_SETTLED = "settled"  # a file, once the sample team is complete: where the platform was
_HELD = {"lock", "log"}  # by this start
_QUICK = {
    "LINKKEEPER_CHECK_EVERY": "15",
    "LINKKEEPER_GATHER_FOR": "3",
    "LINKKEEPER_PINTEREST_READS_PER_DAY": "1000000",  # at this pace a day's worth is soon used
    "LINKKEEPER_YOUTUBE_READS_PER_DAY": "1000000",
}
_STORY = (
    "open Library Waterhoven in the Sandbox and choose Change the password",
    "see it turn red under Accounts, with the cause and whom it concerns",
    "read the mail about it under Settings > General > Mail",
    "choose Relink: who may say yes stands beside the Sandbox's log-in form",
)
_NOT_OURS = ("LINKKEEPER_", "DATABASE_URL", "REDIS_URL")
_CHROMIUM = "LINKKEEPER_CHROMIUM"


def demo(options: argparse.Namespace) -> int:
    """Start it; the first time, or with --fresh, with a new sample team."""
    folder = Path(options.folder).absolute() if options.folder else _FOLDER
    installation = settle(options, environment(folder, options.host, options.sandbox_port))
    if options.fresh or not _is_settled(installation.settings):
        _clear(folder)
    sandbox_url = installation.settings.sandbox_url or ""
    return keep(
        replace(
            installation,
            prepare="dashboard.cli.demo:prepare_demo",
            beside=(_sandbox(folder, options.host, sandbox_url),),
            about=(
                ("Sandbox", f"{sandbox_url}   the make-believe platform and its control panel"),
                *(("Sign in", f"{user.email:<26}{user.password:<22}{user.role}") for user in TEAM),
                *(("Try", f"{number}. {step}") for number, step in enumerate(_STORY, start=1)),
            ),
        )
    )


def environment(folder: Path, host: str, sandbox_port: int) -> dict[str, str]:
    """Nothing of an installation's own settings, which may name its real database."""
    with listen(host, sandbox_port, option="--sandbox-port") as probe:
        port = probe.getsockname()[1]
    place = f"{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 - compared
    kept = {
        name: value
        for name, value in child_environment().items()
        if not name.startswith(_NOT_OURS) or name == _CHROMIUM
    }
    ours = {
        "LINKKEEPER_DATA_DIR": str(folder),
        "LINKKEEPER_SANDBOX_URL": f"http://{place}",
        "LINKKEEPER_SANDBOX_DIALECTS": "yes",
        "LINKKEEPER_ALLOW_PRIVATE_HOSTS": place,
    }
    return kept | _QUICK | ours


def prepare_demo(settings: Settings) -> int:
    """Migrate and, unless it is there, settle the sample team; prints what `prepare` prints."""
    try:
        runtime = ready_runtime(settings)
        if not _is_settled(settings):
            settle_team(runtime.tools, settings.sandbox_url or "")
            (settings.data_dir / _SETTLED).write_text(settings.sandbox_url or "")
        runtime.close()
    except Trouble as trouble:
        complain(str(trouble))
        return 1
    sys.stdout.write('{"set_up_link": null}')
    return 0


def _is_settled(settings: Settings) -> bool:
    """Whether the sample team is complete, with the platform at the same address as now."""
    marker = settings.data_dir / _SETTLED
    return marker.exists() and marker.read_text() == settings.sandbox_url


def _sandbox(folder: Path, host: str, url: str) -> Part:
    port = url.rpartition(":")[2]
    command = (sys.executable, "-m", "dashboard.sandbox", "--data-dir", str(folder / "sandbox"))
    leash = (sys.executable, "-m", "dashboard.adapters.lifeline", str(os.getpid()))
    return Part(
        name="sandbox",
        start=executed(*leash, *command, "--host", host, "--port", port, "--seed", "--dialects"),
    )


def _clear(folder: Path) -> None:
    """Remove an earlier demo, whole or begun; nothing that is not one."""
    found = [path for path in folder.iterdir() if path.name not in _HELD]
    if found and not (folder / "sandbox").is_dir():
        raise Trouble(f"{folder} is not the folder of a demo: name another one with --folder.")
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
