"""`./manage` prepares its environment: real processes, and a project with one locked package."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

MANAGE = Path(__file__).resolve().parents[2] / "manage"
CLI = """
import json, os, sys
import pinned
print(json.dumps({"got": sys.argv[1:], "version": pinned.VERSION, "folder": os.getcwd()}))
"""


class Project:
    """A copy of `manage` in a folder with a lock of one package and a command line that echoes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.wheels = root.parent / "wheels"
        self.wheels.mkdir()
        package = root / "dashboard" / "cli"
        package.mkdir(parents=True)
        (root / "dashboard" / "__init__.py").touch()
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(CLI)
        shutil.copy(MANAGE, root / "manage")
        self.lock("1.0")

    def lock(self, version: str, *, digest: str | None = None) -> None:
        wheel = _make_wheel(self.wheels, version)
        found = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
        for name in ("requirements.txt", "requirements-dev.txt"):
            (self.root / name).write_text(f"pinned=={version} \\\n    --hash=sha256:{found}\n")

    def start(
        self, *arguments: str, cwd: Path | None = None, index: str | None = None, by: str = "manage"
    ) -> subprocess.CompletedProcess[str]:
        reach = {"PIP_INDEX_URL": index} if index else {"PIP_NO_INDEX": "1"}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        return subprocess.run(
            [sys.executable, self.root / by, *arguments],
            env=clean
            | {"PIP_CONFIG_FILE": os.devnull}
            | reach
            | ({} if index else {"PIP_FIND_LINKS": str(self.wheels)}),
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def pretend(self, code: str) -> subprocess.CompletedProcess[str]:
        """Start `manage` on a machine that differs from this one by a line of Python."""
        program = f"import sys, runpy; {code}; sys.argv = ['manage', 'run']\n"
        program += f"runpy.run_path({str(self.root / 'manage')!r}, run_name='__main__')"
        return subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
        )


def _make_wheel(folder: Path, version: str) -> Path:
    info = f"pinned-{version}.dist-info"
    files = {
        "pinned.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: pinned\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record += f"{name},sha256={digest.decode()},{len(text)}\n"
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    wheel = folder / f"pinned-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


@pytest.fixture(scope="module")
def installed_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("prepared") / "project")
    first = project.start("run", "--port", "1")
    assert first.returncode == 0, first.stderr
    assert "Preparing the Python environment" in first.stderr
    assert json.loads(first.stdout)["got"] == ["run", "--port", "1"]
    return project


@pytest.fixture
def prepared(installed_once: Project) -> Project:
    installed_once.lock("1.0")
    assert installed_once.start("run").returncode == 0
    return installed_once


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def test_a_second_start_installs_nothing_and_is_quick(prepared: Project) -> None:
    began = time.monotonic()
    second = prepared.start("run")

    assert (second.returncode, second.stderr) == (0, "")
    assert time.monotonic() - began < 1


def test_it_works_from_any_folder_and_through_a_symlink(prepared: Project, tmp_path: Path) -> None:
    link = tmp_path / "linkkeeper"
    link.symlink_to(prepared.root / "manage")

    answer = json.loads(prepared.start("run", cwd=tmp_path, by=str(link)).stdout)

    assert answer["folder"] == str(prepared.root)


def test_a_changed_lock_is_installed(prepared: Project) -> None:
    prepared.lock("2.0")

    assert json.loads(prepared.start("run").stdout)["version"] == "2.0"


def test_an_interrupted_install_is_done_anew(prepared: Project) -> None:
    (prepared.root / ".venv" / "linkkeeper.json").unlink()
    (prepared.root / ".venv" / "linkkeeper.unfinished").touch()
    half = next((prepared.root / ".venv").glob("lib/*/site-packages")) / "pinned.py"
    half.write_text("half a file")

    assert prepared.start("run").returncode == 0


def test_a_package_that_is_not_the_locked_one_is_refused(prepared: Project) -> None:
    prepared.lock("3.0", digest="0" * 64)

    refused = prepared.start("run")

    assert refused.returncode == 1
    assert "not the one named in the lock file" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_no_network_gets_one_sentence(prepared: Project) -> None:
    prepared.lock("4.0")

    offline = prepared.start("run", index="https://127.0.0.1:9/simple")

    assert offline.returncode == 1
    assert "the package index cannot be reached" in offline.stderr.splitlines()[-1]


@pytest.mark.slow
def test_two_starts_at_once_do_not_fight(project: Project) -> None:
    starts = [
        subprocess.Popen(
            [sys.executable, project.root / "manage", "run"],
            env=os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(project.wheels)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [start.communicate(timeout=60)[1] for start in starts]

    assert [start.returncode for start in starts] == [0, 0]
    assert sorted("waiting for it to finish" in text for text in said) == [False, True]


def test_an_old_python_is_told_what_is_needed(project: Project) -> None:
    old = project.pretend("sys.version_info = (3, 9, 2, 'final', 0)")

    assert old.returncode == 1
    assert "needs Python 3.11 or newer, and this is 3.9" in old.stderr


def test_a_python_without_venv_names_the_debian_package(project: Project) -> None:
    bare = project.pretend("sys.modules['ensurepip'] = None")

    assert bare.returncode == 1
    assert "apt install python3-venv" in bare.stderr


def test_an_unwritable_folder_is_named(project: Project) -> None:
    # The tests may run as root, who may write everywhere.
    barred = project.pretend(
        "import os, pathlib; access = os.access; os.access = lambda path, mode: "
        f"path != pathlib.Path({str(project.root)!r}) and access(path, mode)"
    )

    assert barred.returncode == 1
    assert f"the folder {project.root} is not writable" in barred.stderr


def test_help_needs_no_environment(project: Project) -> None:
    helped = project.start("--help")

    assert helped.returncode == 0
    assert "start everything on this machine" in helped.stdout
    assert not (project.root / ".venv").exists()


def test_an_unknown_command_lists_the_known_ones(project: Project) -> None:
    unknown = project.start("frobnicate")

    assert unknown.returncode == 2
    assert "no command 'frobnicate'" in unknown.stderr
    assert "scheduler" in unknown.stderr
