"""What is worth telling, to whom, and whether it is told unless somebody unticks it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dashboard.domain.events import LinkStateChanged
from dashboard.domain.states import LinkState


class NoticeKind(StrEnum):
    """A kind of mail; each has a box under Messages & communication and a template folder."""

    LINK_BROKEN = "link_broken"
    LINK_LIMITED = "link_limited"
    LINK_EXPIRING = "link_expiring"
    LINK_RECOVERED = "link_recovered"
    LINK_FLAPPING = "link_flapping"
    PLATFORM_SILENT = "platform_silent"
    PLATFORM_BACK = "platform_back"
    REGISTRATION_REFUSED = "registration_refused"
    KEY_MISSING = "key_missing"
    SETTINGS_CHANGED = "settings_changed"
    INVITATION = "invitation"
    NEW_PASSWORD = "new_password"  # noqa: S105  # a kind of mail


class Audience(StrEnum):
    """Who may get it: whose role has access to the account, who can mend it, or whom it is on."""

    ROLE_HAS_ACCESS = "role_has_access"
    ADMINISTRATORS = "administrators"
    PERSON_CONCERNED = "person_concerned"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSpec:
    """`label` is the text beside the box; kinds that are `optional=False` have no box."""

    label: str
    explanation: str
    on_by_default: bool = True
    optional: bool = True
    audience: Audience = Audience.ROLE_HAS_ACCESS


NOTICE_SPECS: dict[NoticeKind, NoticeSpec] = {
    NoticeKind.LINK_BROKEN: NoticeSpec(
        label="Send me an email if an account (my role has access to) is not connected properly "
        "to Linkkeeper",
        explanation="At once, when messages stop coming in and posts can no longer go out.",
    ),
    NoticeKind.LINK_LIMITED: NoticeSpec(
        label="Send me an email if an account lacks a permission at the platform",
        explanation="The link works, but something must be allowed at the platform itself.",
    ),
    NoticeKind.LINK_EXPIRING: NoticeSpec(
        label="Send me an email when a link must be renewed soon",
        explanation="14, 7 and 2 days before the date, so that it never becomes an emergency.",
    ),
    NoticeKind.LINK_RECOVERED: NoticeSpec(
        label="Send me an email when an account works again",
        explanation="Closes the story: what was wrong, for how long, and who repaired it.",
    ),
    NoticeKind.LINK_FLAPPING: NoticeSpec(
        label="Send me an email when an account keeps breaking and coming back",
        explanation="Once, at the third change within a day, instead of a mail at each change.",
    ),
    NoticeKind.PLATFORM_SILENT: NoticeSpec(
        label="Send me an email when a whole platform has trouble",
        explanation="Once at its start, instead of one for each account: nothing is to be done.",
    ),
    NoticeKind.PLATFORM_BACK: NoticeSpec(
        label="Send me an email when that platform works again",
        explanation="Once at its end; accounts that still have trouble are told apart.",
    ),
    NoticeKind.REGISTRATION_REFUSED: NoticeSpec(
        label="Send me an email when a platform refuses Linkkeeper's registration",
        explanation="For administrators: once when it begins and once when it is over.",
        audience=Audience.ADMINISTRATORS,
    ),
    NoticeKind.KEY_MISSING: NoticeSpec(
        label="Send me an email when stored permissions cannot be opened on the server",
        explanation="For administrators: once when the key is missing and once when it is back.",
        audience=Audience.ADMINISTRATORS,
    ),
    NoticeKind.SETTINGS_CHANGED: NoticeSpec(
        label="Send me an email when somebody else changes my settings",
        explanation="Always sent: nobody's settings change behind their back.",
        optional=False,
        audience=Audience.PERSON_CONCERNED,
    ),
    NoticeKind.INVITATION: NoticeSpec(
        label="Send me an email when I am invited",
        explanation="Always sent: it holds the link by which a first password is chosen.",
        optional=False,
        audience=Audience.PERSON_CONCERNED,
    ),
    NoticeKind.NEW_PASSWORD: NoticeSpec(
        label="Send me an email when I ask for a new password",
        explanation="Always sent: it holds the link by which the password is chosen.",
        optional=False,
        audience=Audience.PERSON_CONCERNED,
    ),
}

PERSONAL = frozenset(
    kind for kind, spec in NOTICE_SPECS.items() if spec.audience is Audience.PERSON_CONCERNED
)
"""Kinds that are about the reader himself and no account."""

PASSWORD_LINKS = frozenset({NoticeKind.INVITATION, NoticeKind.NEW_PASSWORD})
"""Kinds whose mail holds a single-use link: nobody but its reader may see it."""


_BROKEN = frozenset({LinkState.EXPIRED, LinkState.BLOCKED, LinkState.UNREACHABLE})
_FINE = frozenset({LinkState.HEALTHY})
_WORKS = _FINE | {LinkState.EXPIRING}
_TRUE_IN: dict[NoticeKind, frozenset[LinkState]] = {
    NoticeKind.LINK_BROKEN: _BROKEN,
    NoticeKind.LINK_LIMITED: frozenset({LinkState.LIMITED}),
    NoticeKind.LINK_EXPIRING: frozenset({LinkState.EXPIRING}),
    NoticeKind.LINK_RECOVERED: _WORKS,
}

PLATFORM_KINDS = frozenset({NoticeKind.PLATFORM_SILENT, NoticeKind.PLATFORM_BACK})
"""Kinds that tell of a platform as a whole (R59)."""

SETUP_KINDS = frozenset(
    kind for kind, spec in NOTICE_SPECS.items() if spec.audience is Audience.ADMINISTRATORS
)
"""Kinds that are about this installation itself, for those who can mend it."""

TROUBLE = frozenset({NoticeKind.LINK_BROKEN, NoticeKind.LINK_LIMITED, NoticeKind.LINK_FLAPPING})
"""Kinds that open a story; a recovery closes it."""


def notice_for(event: LinkStateChanged) -> NoticeKind | None:
    """Return what a change is worth telling as, or None when nobody needs to hear of it."""
    if event.new in _BROKEN:
        return NoticeKind.LINK_BROKEN
    if event.new is LinkState.LIMITED:
        return NoticeKind.LINK_LIMITED
    if event.new is LinkState.EXPIRING:
        # Coming from a broken state it is a recovery first; the date stands in the same mail.
        return NoticeKind.LINK_RECOVERED if event.old in _BROKEN else NoticeKind.LINK_EXPIRING
    if event.new in _FINE and event.old in _BROKEN | {LinkState.LIMITED}:
        return NoticeKind.LINK_RECOVERED
    return None


def notice_for_changes(
    changes: Sequence[LinkStateChanged],
    *,
    before: LinkStateChanged | None = None,
    story_open: bool = False,
) -> NoticeKind | None:
    """Return what several changes of one link in a row are worth telling as, taken together.

    `before` is the change that led to where the first of them started; `story_open` says that
    people were last told of trouble. Trouble that came and went is told to nobody (R55); a story
    that people know of is closed, also when the link was paused in between.
    """
    last = changes[-1]
    if before is not None:
        if (before.new, before.cause, before.missing) == (last.new, last.cause, last.missing):
            return None
    elif len(changes) > 1 and changes[0].old is last.new:
        return None
    kind = notice_for(replace(last, old=changes[0].old))
    if story_open and last.new in _WORKS:
        return NoticeKind.LINK_RECOVERED
    return kind


def still_true(kind: NoticeKind, state: LinkState) -> bool:
    """Whether a notice about a link may still be told while the link is in `state`."""
    return kind not in _TRUE_IN or state in _TRUE_IN[kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """One setting of a person that somebody else changed, in words: "Role", "Editor", "Viewer"."""

    what: str
    before: str
    after: str


def net_changes(batches: Iterable[Iterable[Mapping[str, str]]]) -> tuple[SettingChange, ...]:
    """Return what several changes in a row come to; what was changed back is left out.

    Each batch is the `changes` of one `settings_changed` event: mappings with the keys of
    SettingChange.
    """
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for batch in batches:
        for change in batch:
            first.setdefault(change["what"], change["before"])
            last[change["what"]] = change["after"]
    return tuple(
        SettingChange(what=what, before=before, after=last[what])
        for what, before in first.items()
        if before != last[what]
    )
