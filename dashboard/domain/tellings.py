"""What the templates of mails are given: words only, ready to be arranged.

They carry no markup; names in them were brought to one line but are still hostile to HTML (R21).
"""

from dataclasses import dataclass, field

from dashboard.domain.notices import NoticeKind, SettingChange
from dashboard.domain.wording import listed, one_line

_NAMES = 2  # in a subject, before "and 3 more"
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """A permission or role that is missing, what it stops, and where it is given."""

    label: str
    stops: str
    grant_at: str
    grant_url: str
    by_relink: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One account in a mail. Texts that do not apply are empty.

    `lost`, `blocked`, `silent`, `limited`, `expiring` and `works` say how it stands; one of them
    is true. Addresses are whole and ours, but for `Lacking.grant_url`.
    """

    kind: NoticeKind
    title: str  # "Fakebook page Bakery Jansen"
    name: str
    platform: str
    lost: bool
    blocked: bool
    silent: bool
    limited: bool
    expiring: bool
    works: bool
    since: str
    cause: str
    meaning: str
    steps: tuple[str, ...]
    stops: str  # "No messages come in for Webcare; posts cannot go out"
    planned: str  # "2 posts are planned; the next is due Tuesday 24 November 2026, 16:00"
    lacking: tuple[Lacking, ...]
    renew_by: str
    was: str  # what was wrong before it was well again
    lasted: str
    relinked_by: str
    page_url: str
    relink_url: str

    @property
    def by_relink(self) -> bool:
        """Whether a new log-in gives what it lacks, or some of it."""
        return self.limited and any(item.by_relink for item in self.lacking)

    @property
    def group(self) -> str:
        """The heading under which it stands in a mail that tells of several kinds."""
        if self.works:
            return "Works again"
        if self.silent:
            return "Waiting for the platform"
        return "Soon" if self.expiring else "Needs you"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cure:
    """Accounts of one log-in that broke, or lack a permission, together: one cure for all."""

    platform: str
    person: str  # whose log-in it is, by the name that the platform shows; may be empty
    stories: tuple[Story, ...]  # two or more, all lost or all limited, for one cause

    @property
    def first(self) -> Story:
        """The one whose relink heals the others along with it."""
        return self.stories[0]

    @property
    def count(self) -> int:
        return len(self.stories)

    @property
    def names(self) -> str:
        """Which they are, for a subject."""
        return listed([one_line(one.name, _LONGEST_NAME) for one in self.stories], most=_NAMES)

    @property
    def log_in(self) -> str:
        """Where to log in, and as whom."""
        return f"{self.platform} as {self.person}" if self.person else self.platform


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTelling:
    """What the templates of mails about links are given; all of it is words."""

    reader: str
    zone: str
    stories: tuple[Story, ...]  # those with a date first, by date; then by name
    names: str
    others: str  # "Ben and Carla"; empty when nobody else is told
    why: tuple[str, ...]  # the labels of the boxes that are ticked
    settings_url: str
    accounts_url: str
    may_link: bool  # whether the reader may relink
    cures: tuple[Cure, ...] = ()  # the others stand alone

    @property
    def apart(self) -> tuple[Story, ...]:
        """The stories that no cure tells."""
        told = {id(story) for cure in self.cures for story in cure.stories}
        return tuple(story for story in self.stories if id(story) not in told)

    @property
    def one_cure(self) -> Cure | None:
        """The cure, when it heals all of them."""
        return self.cures[0] if len(self.cures) == 1 and not self.apart else None

    @property
    def single(self) -> Story | None:
        """The story, when there is but one."""
        return self.stories[0] if len(self.stories) == 1 else None

    @property
    def count(self) -> int:
        return len(self.stories)

    @property
    def needs_relink(self) -> bool:
        """Whether a relink, by this reader or another, cures one of them."""
        return any(one.lost or one.expiring or one.by_relink for one in self.stories)

    @property
    def all_lost(self) -> bool:
        return all(story.lost for story in self.stories)

    @property
    def groups(self) -> tuple[tuple[str, tuple[Story, ...]], ...]:
        """The stories under their headings, what is most urgent first."""
        headings = ("Needs you", "Soon", "Waiting for the platform", "Works again")
        found = (
            (heading, tuple(story for story in self.stories if story.group == heading))
            for heading in headings
        )
        return tuple((heading, stories) for heading, stories in found if stories)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformTelling:
    """What the templates about a whole platform are given; `accounts` are within the reach.

    `refuses`: it answers, but refuses many people at once, or `takes` permissions from them;
    `ours`: it is our registration.
    """

    reader: str
    zone: str
    platform: str  # "Facebook", or "Mastodon (mastodon.example)"
    refuses: bool
    takes: bool
    ours: bool
    at: str
    lasted: str  # empty while it goes on
    accounts: str  # "12 accounts"
    why: tuple[str, ...]
    settings_url: str
    accounts_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupTelling:
    """What the templates about this installation are given; `over` when the trouble has ended."""

    reader: str
    zone: str
    what: str  # "Facebook" or "Mastodon (mastodon.example)"; empty for a key
    over: bool
    at: str
    said: str  # the platform's words, redacted
    why: tuple[str, ...]
    settings_url: str
    place_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordTelling:
    """What the templates that hold a single-use link are given; `who` invited, empty: nobody."""

    reader: str
    zone: str
    who: str
    email: str
    until: str
    link: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsTelling:
    """What the template about changed settings is given."""

    reader: str
    zone: str
    who: str
    at: str
    changes: tuple[SettingChange, ...]
    settings_url: str
