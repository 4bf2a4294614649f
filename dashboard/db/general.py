"""Settings made in the product itself, by name; secrets stand here only as hashes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import SettingRow

MAIL_PAUSE = "mail_pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A setting as it was read; `version` must still be the same when it is replaced."""

    value: dict[str, Any]
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Mails wait: since when, until when, and what the server said."""

    since: datetime
    until: datetime
    why: str


def find_pause(session: Session) -> Pause | None:
    """The pause that holds all mails up; None when they flow."""
    stored = read_setting(session, MAIL_PAUSE)
    if stored is None:
        return None
    return Pause(
        since=datetime.fromisoformat(stored.value["since"]),
        until=datetime.fromisoformat(stored.value["until"]),
        why=stored.value["why"],
    )


def read_setting(session: Session, name: str) -> Stored | None:
    """None when it was never made."""
    row = session.get(SettingRow, name)
    return None if row is None else Stored(value=row.value, version=row.version)


def replace_setting(
    session: Session, name: str, value: dict[str, Any], *, seen: Stored | None
) -> bool:
    """Store a value in the place of what was seen; False when somebody else was faster."""
    if seen is None:
        try:
            with session.begin_nested():
                session.add(SettingRow(name=name, value=value))
        except IntegrityError:
            return False
        return True
    done = session.execute(
        update(SettingRow)
        .where(col(SettingRow.name) == name, col(SettingRow.version) == seen.version)
        .values(value=value, version=seen.version + 1)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def delete_setting(session: Session, name: str) -> bool:
    """False when there was none."""
    done = session.execute(delete(SettingRow).where(col(SettingRow.name) == name))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]
