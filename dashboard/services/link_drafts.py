"""The mail about links: what holds of what happened, put together for one reader (R55, R58)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from dashboard.db.audience import Recipient, audience
from dashboard.db.deliveries import Claimed
from dashboard.db.engine import UnitOfWork
from dashboard.db.tidings import AccountNow, Past, Tiding, accounts_now, past_of
from dashboard.domain import places
from dashboard.domain.notices import NOTICE_SPECS, NoticeKind, still_true
from dashboard.domain.tellings import Cure, LinkTelling, Story
from dashboard.domain.wording import listed, one_line, zone_named
from dashboard.services.drafts import NOT_THEIRS, NOT_TRUE, Draft, Needless
from dashboard.services.ports import Tools
from dashboard.services.stories import Teller, story_of

DIGEST = "digest"
"""The template folder of a mail that tells of several kinds at once."""

_NAMES_IN_SUBJECT = 3
_NAMES_IN_TEXT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One account that the mail will speak of."""

    tiding: Tiding
    account: AccountNow
    past: Past | None
    story: Story


def link_draft(
    tools: Tools, unit: UnitOfWork, claimed: Claimed, told: list[Tiding]
) -> Draft | Needless:
    """What is still true and still the reader's business of what happened to links."""
    about: dict[NoticeKind, set[UUID]] = defaultdict(set)
    for tiding in told:
        if tiding.account_id is not None:
            about[tiding.kind].add(tiding.account_id)
    reach = reach_of(unit, claimed.user_id, about)
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
    return _drafted(unit, teller, person, items)


def reach_of(
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


def _drafted(unit: UnitOfWork, teller: Teller, person: Recipient, items: list[_Item]) -> Draft:
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
    """The accounts of one log-in that broke for one cause: one cure heals them together."""
    together: dict[tuple[Any, ...], list[_Item]] = defaultdict(list)
    for item in items:
        broken = item.tiding.kind is NoticeKind.LINK_BROKEN and item.story.lost
        limited = item.tiding.kind is NoticeKind.LINK_LIMITED and item.story.limited
        if (broken or limited) and item.account.grant_id is not None:
            health = item.account.health
            lacks = frozenset((one.what, one.grant_at) for one in health.missing)
            together[item.account.grant_id, health.state, health.cause, lacks].append(item)
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
