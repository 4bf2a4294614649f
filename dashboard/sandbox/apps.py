"""Programs that may ask people for permission: registration, redirect rules, proof of identity."""

import hmac
import json
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from dashboard.sandbox.clock import stamp
from dashboard.sandbox.dialect import SECRET, Dialect
from dashboard.sandbox.model import App, Scope, parse_scopes
from dashboard.sandbox.store import sha256

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SEEDED_CLIENT_ID = "linkkeeper"
SEEDED_CLIENT_SECRET = SECRET
SEEDED_REDIRECT = "/callback"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApp:
    """What a program says about itself when it registers."""

    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[Scope, ...]


def seed_app(db: sqlite3.Connection, now: datetime) -> None:
    """Register the program that is always there: Linkkeeper, any loopback address."""
    new = NewApp(name="Linkkeeper", redirect_uris=(SEEDED_REDIRECT,), scopes=tuple(Scope))
    _insert(db, new, (SEEDED_CLIENT_ID, SEEDED_CLIENT_SECRET), now)


def seed_dialect_app(db: sqlite3.Connection, dialect: Dialect, now: datetime) -> None:
    """Register Linkkeeper with a dialect, at any loopback address of that platform's way back."""
    new = NewApp(
        name="Linkkeeper", redirect_uris=(f"/link/back/{dialect.key}",), scopes=tuple(Scope)
    )
    _insert(db, new, (dialect.client_id, SECRET), now)


def register(db: sqlite3.Connection, new: NewApp, now: datetime) -> tuple[str, str]:
    """Register a program; its client id and, only this once, its secret."""
    credentials = (f"app_{secrets.token_hex(8)}", secrets.token_urlsafe(32))
    _insert(db, new, credentials, now)
    return credentials


def find_app(db: sqlite3.Connection, client_id: str) -> App | None:
    """The program with this client id, None if none."""
    row = db.execute("SELECT * FROM apps WHERE client_id = ?", (client_id,)).fetchone()
    return _app(row) if row else None


def apps(db: sqlite3.Connection) -> list[App]:
    """All registered programs, oldest first."""
    return [_app(row) for row in db.execute("SELECT * FROM apps ORDER BY created_at, client_id")]


def authenticate(db: sqlite3.Connection, client_id: str, secret: str) -> App | None:
    """The program, if the secret is its own and was not changed in the control panel."""
    app = find_app(db, client_id)
    if app is None or app.secret_changed:
        return None
    return app if hmac.compare_digest(app.secret_sha256, sha256(secret)) else None


def set_secret_changed(db: sqlite3.Connection, client_id: str, *, changed: bool) -> None:
    """Make the secret that the program holds wrong, or right again."""
    db.execute("UPDATE apps SET secret_changed = ? WHERE client_id = ?", (int(changed), client_id))


def accepts_redirect(app: App, uri: str) -> bool:
    """Whether codes for `app` may be sent to `uri`.

    Exactly a registered address; or, on loopback, any port of it (RFC 8252 section 7.3). A program
    registered with a bare path gets codes at every loopback address that ends in that path.
    """
    if not is_redirect(uri):
        return False
    return any(_matches(uri, known) for known in app.redirect_uris)


def is_redirect(uri: str) -> bool:
    """Whether `uri` can be a redirect address at all: http or https, no user info, no fragment."""
    parts = _split(uri)
    if parts is None or not uri.isprintable() or " " in uri:
        return False
    plain = not (parts.fragment or parts.username or parts.password)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and plain


def _matches(uri: str, known: str) -> bool:
    if uri == known:
        return True
    asked, registered = urlsplit(uri), urlsplit(known)
    if asked.hostname not in _LOOPBACK:
        return False
    if known.startswith("/"):
        return asked.path.endswith(known)
    return (asked.scheme, asked.hostname, asked.path, asked.query) == (
        registered.scheme,
        registered.hostname,
        registered.path,
        registered.query,
    )


def _split(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return None
    return parts


def _insert(
    db: sqlite3.Connection, new: NewApp, credentials: tuple[str, str], now: datetime
) -> None:
    client_id, secret = credentials
    db.execute(
        "INSERT OR IGNORE INTO apps VALUES (?, ?, ?, 0, ?, ?, ?)",
        (
            client_id,
            new.name,
            sha256(secret),
            json.dumps(new.redirect_uris),
            " ".join(new.scopes),
            stamp(now),
        ),
    )


def _app(row: sqlite3.Row) -> App:
    return App(
        client_id=row["client_id"],
        name=row["name"],
        secret_sha256=row["secret_sha256"],
        secret_changed=bool(row["secret_changed"]),
        redirect_uris=tuple(json.loads(row["redirect_uris"])),
        scopes=parse_scopes(row["scopes"]) or (),
    )
