"""What one person is told in one mail, decided anew at the moment of sending (R17, R55, R58).

Nothing is sent here, and nothing is written but the hash of a single-use link.
"""

from uuid import UUID

from dashboard.db.audience import Recipient, administrators, audience_at, count_at, person_concerned
from dashboard.db.deliveries import Claimed, notices_of
from dashboard.db.engine import UnitOfWork
from dashboard.db.incidents import Incident, find_incident, heard
from dashboard.db.one_time import Purpose
from dashboard.db.people import find_login_of
from dashboard.db.tidings import Tiding, name_of_user, tidings
from dashboard.domain import places
from dashboard.domain.causes import Cause
from dashboard.domain.incidents import IncidentKind, Place
from dashboard.domain.notices import (
    NOTICE_SPECS,
    PASSWORD_LINKS,
    PERSONAL,
    PLATFORM_KINDS,
    SETUP_KINDS,
    NoticeKind,
    net_changes,
)
from dashboard.domain.tellings import PasswordTelling, PlatformTelling, SettingsTelling
from dashboard.domain.wording import day_and_time, listed, one_line, span, zone_named
from dashboard.services.drafts import NOT_THEIRS, NOT_TRUE, Draft, Needless
from dashboard.services.link_drafts import link_draft, reach_of
from dashboard.services.one_time import LASTS, issue
from dashboard.services.ports import Tools
from dashboard.services.setup_troubles import telling_of_setup

_NAMES_IN_SUBJECT = 3

NO_SERVER = "No mail server is set up, and nobody else may see the link."


def draft(tools: Tools, unit: UnitOfWork, claimed: Claimed) -> Draft | Needless:
    """Return what the claimed delivery, and those that go out with it, tell now."""
    told = tidings(unit, notices_of(unit, claimed.id))
    if claimed.kind is NoticeKind.SETTINGS_CHANGED:
        return _of_settings(tools, unit, claimed, told)
    if claimed.kind in SETUP_KINDS:
        return _of_setup(tools, unit, claimed, told)
    if claimed.kind in PASSWORD_LINKS:
        return _of_password(tools, unit, claimed, told)
    if claimed.kind in PLATFORM_KINDS:
        return _of_platform(tools, unit, claimed, told)
    return link_draft(tools, unit, claimed, told)


def still_theirs(unit: UnitOfWork, claimed: Claimed) -> Recipient | None:
    """Who gets a mail that is sent once more as it was; None when it is his business no longer."""
    if claimed.kind in PERSONAL:
        return person_concerned(unit, claimed.user_id)
    if claimed.kind in PLATFORM_KINDS:
        told = tidings(unit, notices_of(unit, claimed.id))
        incident = find_incident(unit, UUID(str(told[0].data["incident"])))
        return None if incident is None else _at_place(unit, claimed, incident)
    kinds = set(notices_of(unit, claimed.id).values())
    reach = reach_of(unit, claimed.user_id, dict.fromkeys(kinds, claimed.accounts))
    allowed = frozenset[UUID]().union(*(one.accounts for one in reach.values()))
    return next(iter(reach.values())) if claimed.accounts <= allowed and reach else None


def _of_setup(
    tools: Tools, unit: UnitOfWork, claimed: Claimed, told: list[Tiding]
) -> Draft | Needless:
    people = administrators(unit, claimed.kind, user_id=claimed.user_id)
    if not people:
        return Needless(why=NOT_THEIRS)
    telling = telling_of_setup(tools, unit, people[0], claimed.kind, told)
    if telling is None:
        return Needless(why=NOT_TRUE)
    return Draft(template=claimed.kind.value, recipient=people[0], telling=telling, accounts={})


def _of_settings(
    tools: Tools, unit: UnitOfWork, claimed: Claimed, told: list[Tiding]
) -> Draft | Needless:
    person = person_concerned(unit, claimed.user_id)
    changes = net_changes(tiding.data["changes"] for tiding in told)
    if person is None:
        return Needless(why=NOT_THEIRS)
    if not changes:
        return Needless(why=NOT_TRUE)
    zone = zone_named(person.time_zone)
    who = {name_of_user(unit, tiding.actor_id) or "Linkkeeper" for tiding in told}
    telling = SettingsTelling(
        reader=one_line(person.name),
        zone=zone.key,
        who=listed(sorted(one_line(name) for name in who), most=_NAMES_IN_SUBJECT),
        at=day_and_time(told[-1].at, zone),
        changes=changes,
        settings_url=tools.settings.base_url + places.MY_SETTINGS,
    )
    return Draft(
        template=NoticeKind.SETTINGS_CHANGED.value,
        recipient=person,
        telling=telling,
        accounts={},
    )


def _of_platform(
    tools: Tools, unit: UnitOfWork, claimed: Claimed, told: list[Tiding]
) -> Draft | Needless:
    """One mail about a whole platform; it counts the accounts within the reader's reach."""
    incident = find_incident(unit, UUID(str(told[0].data["incident"])))
    if incident is None:
        return Needless(why=NOT_TRUE)
    person = _at_place(unit, claimed, incident)
    if person is None:
        return Needless(why=NOT_THEIRS)
    ended = claimed.kind is NoticeKind.PLATFORM_BACK
    began = incident.notice_id
    unheard = ended and (began is None or not heard(unit, began, claimed.user_id))
    if unheard or ended is (incident.ended_at is None):
        return Needless(why=NOT_TRUE)
    zone = zone_named(person.time_zone)
    count = count_at(unit, claimed.user_id, incident.place)
    telling = PlatformTelling(
        reader=one_line(person.name),
        zone=zone.key,
        platform=_named(tools, incident.place),
        refuses=incident.kind is IncidentKind.REFUSED,
        takes=incident.kind is IncidentKind.LIMITED,
        ours=incident.cause is Cause.APP_PROBLEM,
        at=day_and_time(told[0].at, zone),
        lasted=span(incident.ended_at - incident.began_at) if incident.ended_at else "",
        accounts="1 account" if count == 1 else f"{count} accounts",
        why=(NOTICE_SPECS[claimed.kind].label,),
        settings_url=tools.settings.base_url + places.MY_SETTINGS,
        accounts_url=tools.settings.base_url + places.ACCOUNTS,
    )
    return Draft(template=claimed.kind.value, recipient=person, telling=telling, accounts={})


def _at_place(unit: UnitOfWork, claimed: Claimed, incident: Incident) -> Recipient | None:
    people = audience_at(unit, claimed.kind, incident.place, user_id=claimed.user_id)
    return people[0] if people else None


def _named(tools: Tools, place: Place) -> str:
    platform = tools.platforms.get(place.platform)
    label = platform.about.label if platform else place.platform
    server = place.server.partition("://")[2]
    return f"{label} ({one_line(server)})" if server else label


def _of_password(
    tools: Tools, unit: UnitOfWork, claimed: Claimed, told: list[Tiding]
) -> Draft | Needless:
    """A fresh link in each mail that is written: what was written before and did not go is void."""
    person = person_concerned(unit, claimed.user_id)
    login = find_login_of(unit, claimed.user_id)
    if person is None or login is None:
        return Needless(why=NOT_THEIRS)
    if tools.mailer is None:
        return Needless(why=NO_SERVER)
    invited = claimed.kind is NoticeKind.INVITATION
    if invited and login.password_hash:
        return Needless(why=NOT_TRUE)
    purpose = Purpose.INVITATION if invited else Purpose.NEW_PASSWORD
    zone = zone_named(person.time_zone)
    who = name_of_user(unit, told[-1].actor_id) if told else ""
    telling = PasswordTelling(
        reader=one_line(person.name),
        zone=zone.key,
        who=one_line(who),
        email=person.email,
        until=day_and_time(tools.now() + LASTS[purpose], zone),
        link=issue(tools, unit, login, purpose),
    )
    return Draft(template=claimed.kind.value, recipient=person, telling=telling, accounts={})
