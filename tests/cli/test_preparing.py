"""What stands between a database and its use is said in one sentence, and nothing is changed."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from dashboard.cli.preparing import prepare_for
from dashboard.db.engine import Database
from dashboard.settings import Settings


@pytest.fixture
def sqlite(settings: Settings) -> Path:
    return settings.data_dir / "linkkeeper.sqlite3"


def test_a_new_database_is_made_and_a_set_up_link_given(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepare_for(settings) == 0

    link = json.loads(capsys.readouterr().out)["set_up_link"]
    assert link.startswith(f"{settings.base_url}/setup/")


def test_each_start_gives_a_new_link(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    links = set()
    for _ in range(2):
        prepare_for(settings)
        links.add(capsys.readouterr().out)

    assert len(links) == 2


def test_a_damaged_database_is_named_and_left_alone(
    settings: Settings, sqlite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """F18."""
    damaged = b"no database at all" * 1000
    sqlite.write_bytes(damaged)

    assert prepare_for(settings) == 1
    assert f"The database {sqlite} cannot be used: file is not a database" in said(capsys)
    assert sqlite.read_bytes() == damaged


def test_a_database_of_a_newer_version_is_refused(
    settings: Settings, sqlite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R71."""
    prepare_for(settings)
    database = Database(settings.database_url)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()

    assert prepare_for(settings) == 1
    assert "was last used by a newer Linkkeeper" in said(capsys)


def test_a_key_file_that_others_can_read_is_refused(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare_for(settings)
    (settings.data_dir / "keys.json").chmod(0o644)

    assert prepare_for(settings) == 1
    assert "chmod 600" in said(capsys)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())
