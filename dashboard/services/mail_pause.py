"""When the mail server refuses our log-in, all mails wait (R54).

Now and then one sender tries whether it lets us in again; what waits stands in SQL meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime

from dashboard.db.general import delete_setting, read_setting, replace_setting
from dashboard.domain.deliveries import LOGIN_PAUSE
from dashboard.services.ports import Tools

_NAME = "mail_pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Since when, until when, and what the server said."""

    since: datetime
    until: datetime
    why: str


def pause_now(tools: Tools) -> Pause | None:
    """The pause that holds all mails up; None when they flow."""
    with tools.database.reading() as session:
        stored = read_setting(session, _NAME)
    return None if stored is None else _pause(stored.value)


def may_send(tools: Tools) -> bool:
    """Whether mails flow; during a pause, True for the one who is to try again."""
    pause = pause_now(tools)
    if pause is None:
        return True
    now = tools.now()
    if pause.until > now:
        return False
    with tools.database.writing() as unit:
        stored = read_setting(unit, _NAME)
        if stored is None:
            return True
        if _pause(stored.value).until > now:
            return False
        value = {**stored.value, "until": (now + LOGIN_PAUSE).isoformat()}
        return replace_setting(unit, _NAME, value, seen=stored)


def begin_pause(tools: Tools, why: str) -> None:
    """Hold all mails up; a pause that is there already keeps its beginning."""
    now = tools.now()
    with tools.database.writing() as unit:
        stored = read_setting(unit, _NAME)
        since = stored.value["since"] if stored else now.isoformat()
        value = {"since": since, "until": (now + LOGIN_PAUSE).isoformat(), "why": why}
        replace_setting(unit, _NAME, value, seen=stored)


def end_pause(tools: Tools) -> None:
    """Let mails flow again; does not write when they do."""
    if pause_now(tools) is not None:
        with tools.database.writing() as unit:
            delete_setting(unit, _NAME)


def _pause(value: dict[str, str]) -> Pause:
    return Pause(
        since=datetime.fromisoformat(value["since"]),
        until=datetime.fromisoformat(value["until"]),
        why=value["why"],
    )
