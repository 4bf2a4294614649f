"""`./manage test` finds a browser: the named one, one on the PATH, Playwright's own."""

from pathlib import Path

import pytest

from dashboard.cli import testing
from dashboard.cli.trouble import Trouble


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("LINKKEEPER_CHROMIUM", raising=False)


def make_browser(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_named_browser_goes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make_browser(tmp_path / "chromium")
    named = make_browser(tmp_path / "my-chrome")
    monkeypatch.setenv("LINKKEEPER_CHROMIUM", str(named))

    assert testing.find_chromium() == named


def test_a_named_browser_that_cannot_start_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LINKKEEPER_CHROMIUM", str(tmp_path / "missing"))

    with pytest.raises(Trouble, match="missing, which cannot be started"):
        testing.find_chromium()


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_one_on_the_path_is_taken(tmp_path: Path, name: str) -> None:
    browser = make_browser(tmp_path / name)

    assert testing.find_chromium() == browser
