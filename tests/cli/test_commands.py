"""The commands of `./manage` and of what it hands over to are the same ones."""

import importlib
import importlib.machinery
import importlib.util
import types

import pytest

from dashboard.cli.commands import _parser, main
from tests.cli.running import ROOT


def manage() -> types.ModuleType:
    loader = importlib.machinery.SourceFileLoader("manage", str(ROOT / "manage"))
    module = types.ModuleType("manage")
    module.__file__ = str(ROOT / "manage")
    loader.exec_module(module)
    return module


def choices() -> dict[str, str]:
    [commands] = [action for action in _parser()._actions if action.dest == "command"]
    return {name: parser.get_default("runs") for name, parser in commands.choices.items()}


def test_manage_lists_every_command_and_no_other() -> None:
    assert set(manage().COMMANDS) == set(choices())


@pytest.mark.parametrize("runs", choices().values())
def test_each_command_names_a_function_that_exists(runs: str) -> None:
    module, _, name = runs.partition(":")

    assert callable(getattr(importlib.import_module(module), name))


def test_an_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", "--frobnicate"])

    assert ended.value.code == 2
    assert "--frobnicate" in capsys.readouterr().err


def test_a_part_alone_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)

    assert main(["worker"]) == 1
    assert "needs DATABASE_URL (PostgreSQL) and REDIS_URL" in capsys.readouterr().err
