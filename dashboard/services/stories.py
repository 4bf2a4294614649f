"""What a mail says about one account, in words: read at the moment of sending, so it is true then.

The templates in `templates/email` only arrange it. Names and labels come from platforms: they are
brought to one harmless line here, and the HTML part escapes them (R21, R56).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from dashboard.db.tidings import AccountNow, Past, Tiding
from dashboard.domain import places
from dashboard.domain.capabilities import CAPABILITY_TEXTS, Capability, Missing
from dashboard.domain.causes import CAUSE_TEXTS, Cause
from dashboard.domain.states import MESSAGES_STOPPED, LinkState
from dashboard.domain.tellings import Lacking, Story
from dashboard.domain.wording import counted, day, day_and_time, one_line, span
from dashboard.platforms.protocol import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """What all stories of one mail share."""

    base_url: str
    platforms: Mapping[str, Platform]
    zone: ZoneInfo


def story_of(teller: Teller, tiding: Tiding, account: AccountNow, past: Past | None) -> Story:
    """Put what is known of the account now, and of its past, into words."""
    health = account.health
    text = CAUSE_TEXTS.get(health.cause) if health.cause else None
    platform, word = _names(teller, account.platform)
    name = one_line(account.name)
    return Story(
        kind=tiding.kind,
        title=f"{platform} {word} {name}",
        name=name,
        platform=platform,
        lost=health.state is LinkState.EXPIRED,
        blocked=health.state is LinkState.BLOCKED,
        silent=health.state is LinkState.UNREACHABLE,
        limited=health.state is LinkState.LIMITED,
        expiring=health.state is LinkState.EXPIRING,
        works=health.state is LinkState.HEALTHY,
        since=day_and_time(health.since, teller.zone),
        cause=text.title if text else "",
        meaning=text.meaning if text else "",
        steps=text.steps if text else (),
        stops=_stops(teller, account),
        planned=_planned(teller, account),
        lacking=tuple(_lacking(item) for item in health.missing),
        renew_by=day(health.renew_by, teller.zone) if health.renew_by else "",
        was=_was(past),
        lasted=span(tiding.at - (past.change.troubled_since or past.change.at)) if past else "",
        relinked_by=one_line(past.relinked_by) if past else "",
        page_url=teller.base_url + places.account(account.id),
        relink_url=teller.base_url + places.relink(account.id),
    )


def _names(teller: Teller, key: str) -> tuple[str, str]:
    """The platform's name and what it calls an account; a platform may have been taken out."""
    platform = teller.platforms.get(key)
    if platform is None:
        return key.capitalize(), "account"
    return platform.about.label, platform.about.account_word


def _stops(teller: Teller, account: AccountNow) -> str:
    """What certainly ends in this state; a silent platform only delays."""
    platform = teller.platforms.get(account.platform)
    wanted = platform.about.wants.keys() if platform else set(Capability)
    if account.health.state in MESSAGES_STOPPED:
        ended = set(wanted)
    else:
        ended = {item.capability for item in account.health.missing}
    stops = "; ".join(CAPABILITY_TEXTS[one].stops for one in Capability if one in ended)
    return stops[:1].upper() + stops[1:]


def _planned(teller: Teller, account: AccountNow) -> str:
    if not account.planned:
        return ""
    verb = "is" if account.planned == 1 else "are"
    text = f"{counted(account.planned, 'post')} {verb} planned"
    if account.next_due is None:
        return text
    which = "it" if account.planned == 1 else "the next"
    return f"{text}; {which} is due {day_and_time(account.next_due, teller.zone)}"


def _lacking(item: Missing) -> Lacking:
    return Lacking(
        label=one_line(item.label or item.what),
        stops=CAPABILITY_TEXTS[item.capability].stops,
        grant_at=one_line(item.grant_at),
        grant_url=item.grant_url if item.grant_url.startswith("https://") else "",
        by_relink=item.by_relink,
    )


def _was(past: Past | None) -> str:
    cause: Cause | None = past.change.cause if past else None
    return CAUSE_TEXTS[cause].title if cause else ""
