"""What one person is told in one mail, decided anew at the moment of sending (R17, R55, R58).

Nothing is sent here, and nothing is written but the hash of a single-use link.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from dashboard.db.audience import (
    Recipient,
    administrators,
    audience,
    audience_at,
    count_at,
    person_concerned,
)
from dashboard.db.deliveries import Claimed, notices_of
from dashboard.db.engine import UnitOfWork
from dashboard.db.incidents import Incident, find_incident, heard
from dashboard.db.one_time import Purpose
from dashboard.db.people import find_login_of
from dashboard.db.tidings import (
    AccountNow,
    Past,
    Tiding,
    accounts_now,
    name_of_user,
    past_of,
    tidings,
)
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
    still_true,
)
from dashboard.domain.tellings import (
    Cure,
    LinkTelling,
    PasswordTelling,
    PlatformTelling,
    SettingsTelling,
    SetupTelling,
    Story,
)
from dashboard.domain.wording import day_and_time, listed, one_line, span, zone_named
from dashboard.services.one_time import LASTS, issue
from dashboard.services.ports import Tools
from dashboard.services.setup_troubles import telling_of_setup
from dashboard.services.stories import Teller, story_of

DIGEST = "digest"
"""The template folder of a mail that tells of several kinds at once."""

NOT_THEIRS = "No access to the account any more, or the box was unticked."
NO_SERVER = "No mail server is set up, and nobody else may see the link."
NOT_TRUE = "It was over before the mail could go out."

_NAMES_IN_SUBJECT = 3
_NAMES_IN_TEXT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mail that is worth sending, and of which accounts it speaks, by notice."""

    template: str
    recipient: Recipient
    telling: LinkTelling | PlatformTelling | SettingsTelling | SetupTelling | PasswordTelling
    accounts: Mapping[UUID, Collection[UUID]]
    references: tuple[str, ...] = ()  # the earlier mail of the same story


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One account that the mail will speak of."""

    tiding: Tiding
    account: AccountNow
    past: Past | None
    story: Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Needless:
    """There is nothing to tell this person any more."""

    why: str


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
    return _of_links(tools, unit, claimed, told)


def still_theirs(unit: UnitOfWork, claimed: Claimed) -> Recipient | None:
    """Who gets a mail that is sent once more as it was; None when it is his business no longer."""
    if claimed.kind in PERSONAL:
        return person_concerned(unit, claimed.user_id)
    if claimed.kind in PLATFORM_KINDS:
        told = tidings(unit, notices_of(unit, claimed.id))
        incident = find_incident(unit, UUID(str(told[0].data["incident"])))
        return None if incident is None else _at_place(unit, claimed, incident)
    kinds = set(notices_of(unit, claimed.id).values())
    reach = _reach(unit, claimed.user_id, dict.fromkeys(kinds, claimed.accounts))
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


def _of_links(
    tools: Tools, unit: UnitOfWork, claimed: Claimed, told: list[Tiding]
) -> Draft | Needless:
    about: dict[NoticeKind, set[UUID]] = defaultdict(set)
    for tiding in told:
        if tiding.account_id is not None:
            about[tiding.kind].add(tiding.account_id)
    reach = _reach(unit, claimed.user_id, about)
    theirs = [
        tiding
        for tiding in told
        if tiding.kind in reach and tiding.account_id in reach[tiding.kind].accounts
    ]
    if not theirs:
        return Needless(why=NOT_THEIRS)
    person = next(iter(reach.values()))
    teller = Teller(
        base_url=tools.settings.base_url,
        platforms=tools.platforms,
        zone=zone_named(person.time_zone),
    )
    items = _items(tools, unit, teller, claimed.user_id, theirs)
    if not items:
        return Needless(why=NOT_TRUE)
    return _link_draft(unit, teller, person, items)


def _reach(
    unit: UnitOfWork, user_id: UUID, about: Mapping[NoticeKind, Collection[UUID]]
) -> dict[NoticeKind, Recipient]:
    """By kind, the person with the accounts that he is told of; the one function decides."""
    found = {}
    for kind, accounts in about.items():
        for person in audience(unit, kind, accounts, user_id=user_id):
            found[kind] = person
    return found


def _items(
    tools: Tools, unit: UnitOfWork, teller: Teller, reader: UUID, theirs: list[Tiding]
) -> list[_Item]:
    """One item per account, of its latest tiding that still holds; dates first, then by name."""
    ids = {tiding.account_id for tiding in theirs if tiding.account_id is not None}
    accounts = accounts_now(unit, ids, now=tools.now())
    latest: dict[UUID, _Item] = {}
    for tiding in theirs:
        account = accounts.get(tiding.account_id) if tiding.account_id else None
        if account is None or not still_true(tiding.kind, account.health.state):
            continue
        past = None
        if tiding.kind is NoticeKind.LINK_RECOVERED:
            past = past_of(unit, tiding, reader)
            if past is not None and past.missed:
                continue  # the trouble was over before the reader could be told of it (R55)
        story = story_of(teller, tiding, account, past)
        latest[account.id] = _Item(tiding=tiding, account=account, past=past, story=story)
    return sorted(latest.values(), key=_urgency)


def _urgency(item: _Item) -> tuple[bool, datetime, str]:
    renew_by = item.account.health.renew_by
    return renew_by is None, renew_by or item.tiding.at, item.story.name.casefold()


def _link_draft(unit: UnitOfWork, teller: Teller, person: Recipient, items: list[_Item]) -> Draft:
    by_notice: dict[UUID, set[UUID]] = defaultdict(set)
    by_kind: dict[NoticeKind, set[UUID]] = defaultdict(set)
    for item in items:
        by_notice[item.tiding.notice_id].add(item.account.id)
        by_kind[item.tiding.kind].add(item.account.id)
    telling = LinkTelling(
        reader=one_line(person.name),
        zone=teller.zone.key,
        stories=tuple(item.story for item in items),
        names=listed([item.story.name for item in items], most=_NAMES_IN_SUBJECT),
        others=_others(unit, person, by_kind),
        why=tuple(NOTICE_SPECS[kind].label for kind in NoticeKind if kind in by_kind),
        settings_url=teller.base_url + places.MY_SETTINGS,
        accounts_url=teller.base_url + places.ACCOUNTS,
        may_link=person.may_link,
        cures=_cures(items),
    )
    earlier = items[0].past.message_id if len(items) == 1 and items[0].past else ""
    return Draft(
        template=next(iter(by_kind)).value if len(by_kind) == 1 else DIGEST,
        recipient=person,
        telling=telling,
        accounts=by_notice,
        references=(earlier,) if earlier else (),
    )


def _cures(items: list[_Item]) -> tuple[Cure, ...]:
    """The accounts of one log-in that broke for one cause: one relink heals them together."""
    together: dict[tuple[UUID, Any], list[_Item]] = defaultdict(list)
    for item in items:
        broken = item.tiding.kind is NoticeKind.LINK_BROKEN and item.story.lost
        if broken and item.account.grant_id is not None:
            together[item.account.grant_id, item.account.health.cause].append(item)
    return tuple(
        Cure(
            platform=some[0].story.platform,
            person=one_line(some[0].account.person),
            stories=tuple(item.story for item in some),
        )
        for some in together.values()
        if len(some) > 1
    )


def _others(
    unit: UnitOfWork, person: Recipient, by_kind: Mapping[NoticeKind, Collection[UUID]]
) -> str:
    """Who else is told of these accounts, by name."""
    names = {
        other.user_id: one_line(other.name)
        for kind, accounts in by_kind.items()
        for other in audience(unit, kind, accounts)
        if other.user_id != person.user_id
    }
    return listed(sorted(names.values()), most=_NAMES_IN_TEXT)
