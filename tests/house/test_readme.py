"""The README tells the truth about settings and commands."""

import re
from pathlib import Path

import pytest

from dashboard.cli.platforms import table, with_table
from dashboard.platforms import PLATFORMS
from dashboard.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


class Recorder(dict):
    """An empty environment that remembers what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, key: str, default: str = "") -> str:
        self.asked.add(key)
        return super().get(key, default)


def test_every_setting_has_a_row_and_every_row_is_a_setting() -> None:
    environment = Recorder()
    Settings.from_env(environment)
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", README, flags=re.MULTILINE))
    assert rows == environment.asked


@pytest.mark.parametrize("picture", re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README))
def test_pictures_are_there(picture: str) -> None:
    assert (ROOT / picture).is_file()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"\./manage (\w+)", README))))
def test_commands_exist(command: str) -> None:
    assert f'"{command}": ' in (ROOT / "manage").read_text()


def test_the_table_of_platforms_is_as_the_code_says() -> None:
    assert with_table(README, table(PLATFORMS)) == README, "run ./manage platforms --readme"
