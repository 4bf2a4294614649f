"""A newcomer sees warnings in words and nothing else; the rest is in the files."""

import json

import pytest

from dashboard.cli.hearing import hear_all, hear_warnings


def line(level: str, **more: object) -> str:
    return json.dumps({"at": "x", "level": level, "process": "web", "message": "m", **more})


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.strip()


@pytest.mark.parametrize("level", ["warning", "error", "critical"])
def test_a_warning_is_shown_in_words(capsys: pytest.CaptureFixture[str], level: str) -> None:
    hear_warnings("web", line(level, logger="dashboard.x", why="because"))

    assert shown(capsys) == f"web {level}: m  why=because"


def test_of_a_traceback_the_last_line_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    hear_warnings("web", line("error", traceback="Traceback:\n  File\nValueError: no [b]\n"))

    assert shown(capsys) == "web error: m  (ValueError: no [b])"


def test_information_is_shown_only_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    hear_warnings("web", line("info"))
    assert shown(capsys) == ""

    hear_all("web", line("info"))
    assert shown(capsys) == "web info: m"


def test_lines_that_are_not_ours_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    hear_warnings("sandbox", "[1] just so")
    hear_warnings("sandbox", "[1] ERROR in app")

    assert shown(capsys) == "sandbox [1] ERROR in app"


def test_valkey_warns_of_the_machine_only_in_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    hear_warnings("valkey", "# WARNING Memory overcommit must be enabled!")

    assert shown(capsys) == ""
