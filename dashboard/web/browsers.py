"""What a browser says it is, in words for the list of sessions; nothing depends on it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dashboard.db.sessions import StoredSession
from dashboard.services.sessions import Browser

# The first that matches counts: most browsers also claim to be others.
_BROWSERS = (
    (r"\bEdg", "Edge"),
    (r"\bOPR/", "Opera"),
    (r"\b(Firefox|FxiOS)/", "Firefox"),
    (r"\b(Chrome|Chromium|CriOS)/", "Chrome"),
    (r"\bSafari/", "Safari"),
)
_SYSTEMS = (
    (r"\b(iPhone|iPad)\b", "iOS"),
    (r"\bAndroid\b", "Android"),
    (r"\bWindows\b", "Windows"),
    (r"\bMac OS X\b", "macOS"),
    (r"\bCrOS\b", "ChromeOS"),
    (r"\bLinux\b", "Linux"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserLine:
    """One line of the list; `id` is what ends it."""

    id: str
    label: str
    ip: str
    since: datetime
    used_at: datetime
    is_this_one: bool


def browser_lines(sessions: Iterable[StoredSession], here: Browser | None) -> list[BrowserLine]:
    """Return the lines, the browser at hand first."""
    lines = [
        BrowserLine(
            id=stored.id_hash,
            label=label_of(stored.user_agent),
            ip=stored.ip,
            since=stored.created_at,
            used_at=stored.used_at,
            is_this_one=here is not None and stored.id_hash == here.stored.id_hash,
        )
        for stored in sessions
    ]
    return sorted(lines, key=lambda line: not line.is_this_one)


def label_of(user_agent: str) -> str:
    """Return "Firefox on Windows", or as much of it as can be told."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "A browser"


def _first(patterns: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for pattern, name in patterns if re.search(pattern, text)), "")
