"""Trouble of this installation itself: a registration that is refused, a key that is not here.

Looked at once a minute and compared with what was told: so each occurrence is told once when it
begins and once when it is over, and what came and went in between is told to nobody. Whoever is
told can mend it; no account is to blame.
"""

from collections.abc import Mapping

from dashboard.db.apps import refused_apps
from dashboard.db.audience import Recipient
from dashboard.db.engine import UnitOfWork
from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.general import read_setting, replace_setting
from dashboard.db.screens.weak_points import count_locked
from dashboard.db.tidings import Tiding
from dashboard.domain import places
from dashboard.domain.notices import NOTICE_SPECS, NoticeKind
from dashboard.domain.tellings import SetupTelling
from dashboard.domain.wording import day_and_time, one_line, zone_named
from dashboard.services.ports import Tools

_TOLD = "setup_troubles"
_KEY = "key"


def watch_setup(tools: Tools) -> int:
    """Write down what began or ended since the last look; returns how much."""
    with tools.database.reading() as session:
        told = read_setting(session, _TOLD)
        now = {
            f"app {app.id}": {
                "kind": NoticeKind.REGISTRATION_REFUSED.value,
                "platform": app.platform,
                "server": app.server,
                "said": app.problem,
            }
            for app in refused_apps(session)
        }
        if count_locked(session):
            now[_KEY] = {"kind": NoticeKind.KEY_MISSING.value}
    before: dict[str, dict[str, str]] = {} if told is None else told.value
    began, ended = now.keys() - before.keys(), before.keys() - now.keys()
    if not began and not ended:
        return 0
    with tools.database.writing() as unit:
        if not replace_setting(unit, _TOLD, dict(now), seen=told):
            return 0  # another worker looked at the same moment
        for what in sorted(began | ended):
            over = what in ended
            data = {"what": what, "over": over, **(before[what] if over else now[what])}
            event = NewEvent(at=tools.now(), kind=EventKind.SETUP_TROUBLE, data=data)
            add_event(unit, event)
    tools.jobs.hint("gather_notices")
    return len(began) + len(ended)


def telling_of_setup(
    tools: Tools, unit: UnitOfWork, person: Recipient, kind: NoticeKind, told: list[Tiding]
) -> SetupTelling | None:
    """What a mail says of it now; None when it is not so any more."""
    last = told[-1]
    known = read_setting(unit, _TOLD)
    goes_on = known is not None and str(last.data["what"]) in known.value
    over = bool(last.data["over"])
    if goes_on is over:
        return None
    zone = zone_named(person.time_zone)
    url = tools.settings.base_url
    registration = kind is NoticeKind.REGISTRATION_REFUSED
    return SetupTelling(
        reader=one_line(person.name),
        zone=zone.key,
        what=_named(tools, last.data) if registration else "",
        over=over,
        at=day_and_time(last.at, zone),
        said=one_line(str(last.data.get("said", ""))),
        why=(NOTICE_SPECS[kind].label,),
        settings_url=url + places.MY_SETTINGS,
        place_url=url + (places.PLATFORMS if registration else places.ACCOUNTS),
    )


def _named(tools: Tools, data: Mapping[str, object]) -> str:
    key, server = str(data.get("platform", "")), str(data.get("server", ""))
    platform = tools.platforms.get(key)
    label = platform.about.label if platform else key
    host = server.partition("://")[2]
    return f"{label} ({one_line(host)})" if host else label
