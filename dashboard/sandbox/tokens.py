"""Life of codes and tokens: issued, exchanged, rotated, revoked. Nothing here knows HTTP.

Only hashes are kept. A refresh derives its successors from the old token and a key of the database,
so the lenient rotation modes can hand out the very same pair again without having stored it.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dashboard.sandbox import grants
from dashboard.sandbox.clock import read_stamp, stamp
from dashboard.sandbox.grants import Consent
from dashboard.sandbox.model import EndCause, Grant, Rotation, Scope, parse_scopes
from dashboard.sandbox.store import read_settings, secret_key, sha256

CODE_LIFE = timedelta(seconds=60)
REFRESH_LIFE = timedelta(days=30)
GRACE = timedelta(seconds=60)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """A fresh pair; the lives are whole seconds from now."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    refresh_expires_in: int
    scopes: tuple[Scope, ...]
    grant_id: str
    asked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """How long fresh tokens live; `access` None means as set in the control panel."""

    access: timedelta | None = None
    refresh: timedelta = REFRESH_LIFE


_USUAL = Lives()


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRefusal:
    """Why there is no pair. Every one is final: the same question never succeeds later."""

    why: str
    cause: EndCause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What an app hands in for a code."""

    client_id: str
    code: str = field(repr=False)
    redirect_uri: str
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeOrder:
    """What a code stands for until it is exchanged."""

    consent: Consent
    redirect_uri: str
    challenge: str


def issue_code(db: sqlite3.Connection, order: CodeOrder, now: datetime) -> str:
    """A code that can be exchanged once within a minute."""
    code = f"sbc_{secrets.token_urlsafe(32)}"
    consent = order.consent
    db.execute(
        "INSERT INTO codes (sha256, client_id, person_id, redirect_uri, scopes, account_ids,"
        " challenge, expires_at, asked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            sha256(code),
            consent.client_id,
            consent.person_id,
            order.redirect_uri,
            " ".join(consent.scopes),
            json.dumps(consent.account_ids),
            order.challenge,
            stamp(now + CODE_LIFE),
            consent.asked,
        ),
    )
    return code


def exchange(
    db: sqlite3.Connection, asked: Exchange, now: datetime, lives: Lives = _USUAL
) -> TokenPair | TokenRefusal:
    """Turn a code into a grant and its first pair. A second exchange ends what the first gave."""
    code_hash = sha256(asked.code)
    row = db.execute("SELECT * FROM codes WHERE sha256 = ?", (code_hash,)).fetchone()
    if row is None or row["client_id"] != asked.client_id:
        return TokenRefusal(why="This code is not known.")
    if row["used"]:
        first = grants.find(db, row["grant_id"]) if row["grant_id"] else None
        grants.end(db, [first] if first else [], EndCause.TOKEN_REUSED, now)
        return TokenRefusal(why="This code was used before.", cause=EndCause.TOKEN_REUSED)
    db.execute("UPDATE codes SET used = 1 WHERE sha256 = ?", (code_hash,))
    if read_stamp(row["expires_at"]) <= now:
        return TokenRefusal(why="This code has run out.")
    if row["redirect_uri"] != asked.redirect_uri:
        return TokenRefusal(why="redirect_uri is not the one that the code was sent to.")
    if row["challenge"] and not _proves(asked.verifier, row["challenge"]):
        return TokenRefusal(why="code_verifier does not fit the code_challenge.")
    pair = grant_directly(
        db,
        Consent(
            person_id=row["person_id"],
            client_id=row["client_id"],
            scopes=parse_scopes(row["scopes"]) or (),
            account_ids=tuple(json.loads(row["account_ids"])),
            asked=row["asked"],
        ),
        now,
        lives,
    )
    db.execute("UPDATE codes SET grant_id = ? WHERE sha256 = ?", (pair.grant_id, code_hash))
    return pair


def grant_directly(
    db: sqlite3.Connection, consent: Consent, now: datetime, lives: Lives = _USUAL
) -> TokenPair:
    """Make a grant and its first pair, without anybody being asked."""
    grant = grants.find(db, grants.create(db, consent, now))
    if grant is None:
        raise LookupError(consent.client_id)
    tokens = (f"sba_{secrets.token_urlsafe(32)}", f"sbr_{secrets.token_urlsafe(32)}")
    _insert(db, grant.id, tokens, lives, born_from=None, now=now)
    return _pair(db, grant, tokens, now)


def refresh(
    db: sqlite3.Connection, client_id: str, token: str, now: datetime, lives: Lives = _USUAL
) -> TokenPair | TokenRefusal:
    """Rotate a refresh token. A replay ends the grant, unless the rotation mode forgives it."""
    row = db.execute(
        "SELECT * FROM tokens WHERE sha256 = ? AND kind = 'refresh'", (sha256(token),)
    ).fetchone()
    grant = grants.find(db, row["grant_id"]) if row else None
    if row is None or grant is None or grant.client_id != client_id:
        return TokenRefusal(why="This refresh token is not known.")
    if grant.end_cause is not None:
        return TokenRefusal(why="This permission has ended.", cause=grant.end_cause)
    if read_stamp(row["expires_at"]) <= now:
        grants.end(db, [grant], EndCause.EXPIRED, now)
        return TokenRefusal(why="This refresh token has run out.", cause=EndCause.EXPIRED)
    successors = _successors(db, token)
    if row["used_at"] is None:
        db.execute("UPDATE tokens SET used_at = ? WHERE sha256 = ?", (stamp(now), sha256(token)))
        db.execute("UPDATE grants SET refreshes = refreshes + 1 WHERE id = ?", (grant.id,))
        _insert(db, grant.id, successors, lives, born_from=sha256(token), now=now)
    elif not _forgiven(db, row, now):
        grants.end(db, [grant], EndCause.TOKEN_REUSED, now)
        return TokenRefusal(why="This refresh token was used.", cause=EndCause.TOKEN_REUSED)
    return _pair(db, grant, successors, now)


def renew(
    db: sqlite3.Connection, client_id: str, token: str, now: datetime, lives: Lives = _USUAL
) -> TokenPair | TokenRefusal:
    """A further access token for a refresh or an access token, which stays as good as it is."""
    row = db.execute("SELECT * FROM tokens WHERE sha256 = ?", (sha256(token),)).fetchone()
    grant = grants.find(db, row["grant_id"]) if row else None
    if row is None or grant is None or grant.client_id != client_id:
        return TokenRefusal(why="This token is not known.")
    if grant.end_cause is not None:
        return TokenRefusal(why="This permission has ended.", cause=grant.end_cause)
    if read_stamp(row["expires_at"]) <= now:
        return TokenRefusal(why="This token has run out.", cause=EndCause.EXPIRED)
    fresh = f"sba_{secrets.token_urlsafe(32)}"
    life = lives.access or timedelta(seconds=read_settings(db).access_life)
    db.execute("UPDATE grants SET refreshes = refreshes + 1 WHERE id = ?", (grant.id,))
    db.execute(
        "INSERT INTO tokens (sha256, kind, grant_id, born_from, issued_at, expires_at)"
        " VALUES (?, 'access', ?, ?, ?, ?)",
        (sha256(fresh), grant.id, sha256(token), stamp(now), stamp(now + life)),
    )
    return _pair(db, grant, (fresh, token), now)


def revoke(db: sqlite3.Connection, client_id: str, token: str, now: datetime) -> bool:
    """End the grant that a token of either kind belongs to; False if it is not this app's."""
    grant = grant_of_token(db, token)
    if grant is None or grant.client_id != client_id:
        return False
    grants.end(db, [grant], EndCause.LOGGED_OUT, now)
    return True


def grant_of_token(db: sqlite3.Connection, token: str) -> Grant | None:
    """The grant behind an access or refresh token, alive or not; None for an unknown token."""
    row = db.execute("SELECT grant_id FROM tokens WHERE sha256 = ?", (sha256(token),)).fetchone()
    return grants.find(db, row["grant_id"]) if row else None


def accounts_of_code(db: sqlite3.Connection, code: str) -> frozenset[str]:
    """The accounts that were chosen for a code, none for an unknown one."""
    row = db.execute("SELECT account_ids FROM codes WHERE sha256 = ?", (sha256(code),)).fetchone()
    return frozenset(json.loads(row["account_ids"])) if row else frozenset()


def _forgiven(db: sqlite3.Connection, row: sqlite3.Row, now: datetime) -> bool:
    match read_settings(db).rotation:
        case Rotation.STRICT:
            return False
        case Rotation.GRACE:
            return now - read_stamp(row["used_at"]) <= GRACE
        case Rotation.ON_USE:
            used = db.execute(
                "SELECT 1 FROM tokens WHERE born_from = ? AND used_at IS NOT NULL",
                (row["sha256"],),
            ).fetchone()
            return used is None


def _successors(db: sqlite3.Connection, token: str) -> tuple[str, str]:
    key = secret_key(db).encode()

    def derive(label: str) -> str:
        digest = hmac.new(key, f"{label}:{token}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    return f"sba_{derive('access')}", f"sbr_{derive('refresh')}"


def _insert(
    db: sqlite3.Connection,
    grant_id: str,
    tokens: tuple[str, str],
    lives: Lives,
    *,
    born_from: str | None,
    now: datetime,
) -> None:
    access, refresh_token = tokens
    life = lives.access or timedelta(seconds=read_settings(db).access_life)
    db.executemany(
        "INSERT INTO tokens (sha256, kind, grant_id, born_from, issued_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (sha256(token), kind, grant_id, born_from, stamp(now), stamp(now + lasts))
            for token, kind, lasts in (
                (access, "access", life),
                (refresh_token, "refresh", lives.refresh),
            )
        ],
    )


def _pair(
    db: sqlite3.Connection, grant: Grant, tokens: tuple[str, str], now: datetime
) -> TokenPair:
    access, refresh_token = tokens
    return TokenPair(
        access_token=access,
        refresh_token=refresh_token,
        expires_in=_seconds_left(db, access, now),
        refresh_expires_in=_seconds_left(db, refresh_token, now),
        scopes=grant.scopes,
        grant_id=grant.id,
        asked=grant.asked,
    )


def _seconds_left(db: sqlite3.Connection, token: str, now: datetime) -> int:
    row = db.execute("SELECT expires_at FROM tokens WHERE sha256 = ?", (sha256(token),)).fetchone()
    return max(0, round((read_stamp(row["expires_at"]) - now).total_seconds()))


def _proves(verifier: str, challenge: str) -> bool:
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    given = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(given, challenge)
