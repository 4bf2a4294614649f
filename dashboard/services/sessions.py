"""Signed-in browsers: begun, recognised, kept awake, ended (R3, R4).

The browser holds a random secret, the database its hash. Whoever was switched off, or whose session
was ended, is unknown from the next request on; rights are read anew each time.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from dashboard.db.engine import UnitOfWork
from dashboard.db.people import find_viewer, note_seen
from dashboard.db.sessions import (
    StoredSession,
    add_session,
    end_session,
    find_session,
    forget_ended,
    keep_data,
    touch,
)
from dashboard.domain.team import Viewer
from dashboard.services.ports import Tools

_TOUCH_EVERY = timedelta(minutes=1)  # a write per click would be wasted
_TOUCHES_IN_IDLE_TIME = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """Whose browser it is, and what it was told to remember."""

    stored: StoredSession
    viewer: Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where somebody signs in from, as far as a browser says so."""

    ip: str = ""
    user_agent: str = ""


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def begin(tools: Tools, unit: UnitOfWork, user_id: UUID, place: Place) -> str:
    """Add a session for the user and return the secret for its cookie."""
    secret = secrets.token_urlsafe(32)
    now = tools.now()
    add_session(
        unit,
        StoredSession(
            id_hash=hash_of(secret),
            user_id=user_id,
            created_at=now,
            used_at=now,
            expires_at=now + tools.settings.session_absolute,
            # There from the start, so that reading a page writes nothing.
            data={"csrf_token": secrets.token_urlsafe(32)},
            user_agent=place.user_agent,
            ip=place.ip,
        ),
    )
    return secret


def recognise(tools: Tools, secret: str) -> Browser | None:
    """Return whose browser holds this secret; None if unknown, ended, idle or too old."""
    now = tools.now()
    with tools.database.reading() as session:
        stored = find_session(session, hash_of(secret))
        if stored is None or not is_alive(tools, stored, now):
            return None
        viewer = find_viewer(session, stored.user_id)
    return None if viewer is None else Browser(stored=stored, viewer=viewer)


def is_alive(tools: Tools, stored: StoredSession, now: datetime) -> bool:
    """Whether it is neither too old nor idle for too long (R4)."""
    return now < stored.expires_at and now < stored.used_at + tools.settings.session_idle


def forget(tools: Tools, browser: Browser) -> None:
    """End its session, if it was not ended before; somebody else signs in on it."""
    with tools.database.writing() as unit:
        end_session(unit, browser.stored.id_hash)


def forget_ended_sessions(tools: Tools) -> None:
    """Drop the rows of sessions that ended by themselves; they are worthless already."""
    now = tools.now()
    with tools.database.writing() as unit:
        forget_ended(unit, now=now, idle_since=now - tools.settings.session_idle)


def remember(
    tools: Tools, browser: Browser, data: Mapping[str, Any], *, in_passing: bool = False
) -> None:
    """Store what the browser shall be told later; `in_passing` raises rather than waits."""
    database = tools.database
    with database.writing_in_passing() if in_passing else database.writing() as unit:
        keep_data(unit, browser.stored.id_hash, dict(data))


def keep_awake(tools: Tools, browser: Browser) -> None:
    """Note that a person used it, unless that was noted a moment ago.

    Raises StorageError rather than keep a page waiting: the next click notes it as well.
    """
    now = tools.now()
    pause = min(_TOUCH_EVERY, tools.settings.session_idle / _TOUCHES_IN_IDLE_TIME)
    if now >= browser.stored.used_at + pause:
        with tools.database.writing_in_passing() as unit:
            touch(unit, browser.stored.id_hash, now)
            note_seen(unit, browser.viewer.user_id, now)
