"""The sandbox's database: one SQLite file, safe under threads, complete after a restart.

Each transaction opens its own connection: cheap in WAL mode, and no thread shares one. Writers
take the write lock at once (BEGIN IMMEDIATE): what they have read is still true when they write.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dashboard.sandbox.model import Rotation

_SCHEMA = Path(__file__).with_name("schema.sql")
_LOCK_PATIENCE = 15.0  # seconds that a writer waits for another one
DEFAULT_ACCESS_LIFE = 900
_LATER_COLUMNS = (
    ("accounts", "network", "TEXT NOT NULL DEFAULT 'sandbox'"),
    ("grants", "asked", "TEXT NOT NULL DEFAULT ''"),
    ("codes", "asked", "TEXT NOT NULL DEFAULT ''"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformSettings:
    """What the control panel can set for the whole platform; `access_life` in seconds."""

    access_life: int
    rotation: Rotation


class Store:
    """Hands out transactions on the sandbox's database at `path`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        # While this one is open, closing others does not copy the log into the file each time.
        self._kept_open = self._connect()
        with closing(self._connect()) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(_SCHEMA.read_text(encoding="utf-8"))
            _add_columns(db)
            db.execute(
                "INSERT OR IGNORE INTO settings VALUES ('secret_key', ?)", (secrets.token_hex(32),)
            )

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the data; writing in it raises sqlite3.OperationalError."""
        with closing(self._connect()) as db:
            db.execute("PRAGMA query_only = ON")
            db.execute("BEGIN")
            yield db
            db.execute("COMMIT")

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """A writing transaction: committed at the end, rolled back when the block raises."""
        with closing(self._connect()) as db:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=_LOCK_PATIENCE, isolation_level=None)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA synchronous = NORMAL")
        return db


def _add_columns(db: sqlite3.Connection) -> None:
    """Bring a database of an earlier version along."""
    for table, column, kind in _LATER_COLUMNS:
        known = {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}
        if column not in known:
            db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")


def secret_key(db: sqlite3.Connection) -> str:
    """The random key that was made with the database: cookies and successor tokens hang on it."""
    return str(db.execute("SELECT value FROM settings WHERE key = 'secret_key'").fetchone()[0])


def read_settings(db: sqlite3.Connection) -> PlatformSettings:
    """What is set for the whole platform, with defaults for what never was."""
    rows: dict[str, str] = dict(db.execute("SELECT key, value FROM settings").fetchall())
    return PlatformSettings(
        access_life=int(rows.get("access_life", DEFAULT_ACCESS_LIFE)),
        rotation=Rotation(rows.get("rotation", Rotation.STRICT)),
    )


def write_settings(db: sqlite3.Connection, settings: PlatformSettings) -> None:
    """Keep `settings`; they hold for tokens issued and refreshed from now on."""
    db.executemany(
        "INSERT INTO settings VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [("access_life", str(settings.access_life)), ("rotation", settings.rotation.value)],
    )


def read_consent_days(db: sqlite3.Connection, network: str) -> int | None:
    """How many days a permission lasts that is given in a network now; None for the usual time."""
    row = db.execute(
        "SELECT value FROM settings WHERE key = ?", (f"consent_days:{network}",)
    ).fetchone()
    return int(row[0]) if row and row[0] else None


def write_consent_days(db: sqlite3.Connection, network: str, days: int | None) -> None:
    """Let permissions that are given from now on last so long; None for the usual time."""
    db.execute(
        "INSERT INTO settings VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (f"consent_days:{network}", str(days or "")),
    )


def sha256(text: str) -> str:
    """How secrets are kept and shown: never themselves."""
    return hashlib.sha256(text.encode()).hexdigest()
