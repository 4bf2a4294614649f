"""When the mail server refuses our log-in, all mails wait (R54).

Now and then one sender tries whether it lets us in again; what waits stands in SQL meanwhile.
"""

from dashboard.db.general import (
    MAIL_PAUSE,
    Pause,
    delete_setting,
    find_pause,
    read_setting,
    replace_setting,
)
from dashboard.domain.deliveries import LOGIN_PAUSE
from dashboard.domain.faults import point
from dashboard.services.ports import Tools


def pause_now(tools: Tools) -> Pause | None:
    """The pause that holds all mails up; None when they flow."""
    with tools.database.reading() as session:
        return find_pause(session)


def may_send(tools: Tools) -> bool:
    """Whether mails flow; during a pause, True for the one who is to try again."""
    pause = pause_now(tools)
    if pause is None:
        return True
    now = tools.now()
    if pause.until > now:
        return False
    with tools.database.writing() as unit:
        stored = read_setting(unit, MAIL_PAUSE)
        pause = find_pause(unit)
        if stored is None or pause is None:
            return True
        if pause.until > now:
            return False
        point("mail.probing")
        value = {**stored.value, "until": (now + LOGIN_PAUSE).isoformat()}
        return replace_setting(unit, MAIL_PAUSE, value, seen=stored)


def begin_pause(tools: Tools, why: str) -> None:
    """Hold all mails up; a pause that is there already keeps its beginning."""
    now = tools.now()
    with tools.database.writing() as unit:
        stored = read_setting(unit, MAIL_PAUSE)
        since = stored.value["since"] if stored else now.isoformat()
        value = {"since": since, "until": (now + LOGIN_PAUSE).isoformat(), "why": why}
        replace_setting(unit, MAIL_PAUSE, value, seen=stored)


def end_pause(tools: Tools) -> None:
    """Let mails flow again; does not write when they do."""
    if pause_now(tools) is not None:
        with tools.database.writing() as unit:
            delete_setting(unit, MAIL_PAUSE)
