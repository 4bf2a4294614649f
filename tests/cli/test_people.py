"""`./manage user add`: an administrator without a browser."""

import io
from argparse import Namespace
from pathlib import Path

import pytest
from sqlalchemy import select

from dashboard.cli import people
from dashboard.cli.trouble import Trouble
from dashboard.db.engine import Database
from dashboard.db.tables import RoleRow, UserRow

PASSWORD = "a long enough passphrase"


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LINKKEEPER_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("DATABASE_URL", raising=False)


def add(monkeypatch: pytest.MonkeyPatch, typed: str, **options: object) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    given = {"email": "Ann@example.org", "admin": True, "name": None} | options
    return people.add(Namespace(**given))


def users(folder: Path) -> list[tuple[str, str, bool]]:
    database = Database(f"sqlite:///{folder}/var/linkkeeper.sqlite3")
    with database.reading() as session:
        found = session.execute(
            select(UserRow, RoleRow).join(RoleRow, RoleRow.id == UserRow.role_id)
        ).all()
    database.close()
    return [(user.email, user.name, "manage_users" in role.rights) for user, role in found]


def test_on_a_fresh_machine_it_makes_all_that_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert add(monkeypatch, f"{PASSWORD}\n", name="Ann Smith") == 0

    assert users(tmp_path) == [("ann@example.org", "Ann Smith", True)]


def test_without_a_name_the_address_gives_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add(monkeypatch, f"{PASSWORD}\n")

    assert users(tmp_path)[0][1] == "Ann"


@pytest.mark.parametrize(
    ("typed", "options", "said"),
    [
        ("short\n", {}, "at least"),
        ("", {}, "no password on standard input"),
        (f"{PASSWORD}\n", {"email": "nobody"}, "address"),
        (f"{PASSWORD}\n", {"admin": False}, "say --admin"),
    ],
)
def test_what_is_wrong_is_said_and_nobody_is_added(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    typed: str,
    options: dict[str, object],
    said: str,
) -> None:
    with pytest.raises(Trouble, match=said):
        add(monkeypatch, typed, **options)

    assert not (tmp_path / "var" / "linkkeeper.sqlite3").exists() or users(tmp_path) == []


def test_the_same_address_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    add(monkeypatch, f"{PASSWORD}\n")
    with pytest.raises(Trouble, match="is here already"):
        add(monkeypatch, f"{PASSWORD}\n")

    assert len(users(tmp_path)) == 1
