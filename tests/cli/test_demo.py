"""`./manage demo`: a sample team of 50 accounts, in a folder of its own."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.cli.demo import environment
from dashboard.cli.sample import TEAM
from dashboard.settings import Settings
from tests.cli.running import Installation, descendants, is_alive, refused


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    installation = Installation(
        folder, "--sandbox-port", "0", "--folder", str(folder), command_name="demo"
    )
    yield installation
    installation.end()


def test_the_sample_team_looks_after_50_accounts_on_12_platforms(demo: Installation) -> None:
    with sqlite3.connect(demo.folder / "linkkeeper.sqlite3") as database:
        [(accounts, platforms)] = database.execute(
            "SELECT count(*), count(DISTINCT platform) FROM accounts"
        )
        [(users,)] = database.execute("SELECT count(*) FROM users")

    assert (accounts, platforms, users) == (50, 12, len(TEAM))


def test_the_sample_log_ins_and_the_platform_are_told(demo: Installation) -> None:
    for user in TEAM:
        assert user.email in demo.said
        assert user.password in demo.said
    assert "Sandbox  http://127.0.0.1:" in demo.said
    assert "/setup/" not in demo.said


def test_a_story_of_two_minutes_is_told(demo: Installation) -> None:
    for step in ("1. open Library Waterhoven", "4. choose Relink"):
        assert step in demo.said


def test_the_platform_ends_with_the_rest(demo: Installation) -> None:
    parts = descendants(demo.process.pid)
    assert demo.stop() < 5

    assert [pid for pid in parts if is_alive(pid)] == []


def test_an_installations_own_settings_do_not_reach_the_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "LINKKEEPER_DATA_DIR", "LINKKEEPER_MAIL_URL"):
        monkeypatch.setenv(name, "sqlite:////real")

    environ = environment(tmp_path, "127.0.0.1", 0)
    settings = Settings.from_env(environ)

    assert settings.data_dir == tmp_path
    assert settings.database_url == f"sqlite:///{tmp_path}/linkkeeper.sqlite3"
    assert (settings.redis_url, settings.mail_server) == (None, None)
    assert settings.sandbox_url is not None
    assert settings.sandbox_url.removeprefix("http://") in settings.allow_private_hosts


def test_a_folder_with_something_else_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    code, said = refused(
        "demo", "--port", "0", "--sandbox-port", "0", "--folder", str(tmp_path), "--fresh"
    )

    assert code == 1
    assert "is not the folder of a demo" in said
    assert (tmp_path / "thesis.txt").exists()
