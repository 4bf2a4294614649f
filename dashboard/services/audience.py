"""Who will be told about an account: what the sender will do, shown before it happens."""

from dataclasses import dataclass
from uuid import UUID

from dashboard.db.accounts import find_account
from dashboard.db.audience import audience
from dashboard.domain.errors import NotFoundError
from dashboard.domain.notices import NOTICE_SPECS, Audience, NoticeKind
from dashboard.domain.team import Viewer
from dashboard.services.ports import Tools

_KINDS = tuple(
    kind for kind, spec in NOTICE_SPECS.items() if spec.audience is Audience.ROLE_HAS_ACCESS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One person, and what he hears of; `kinds` is never empty."""

    user_id: UUID
    name: str
    kinds: frozenset[NoticeKind]

    @property
    def hears_of_breaks(self) -> bool:
        return NoticeKind.LINK_BROKEN in self.kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoIsTold:
    """The people by name; `nobody` when a break would be told to nobody at all."""

    people: tuple[Told, ...]
    mail_is_set_up: bool

    @property
    def nobody(self) -> bool:
        return not self.mail_is_set_up or not any(one.hears_of_breaks for one in self.people)


def who_is_told(tools: Tools, viewer: Viewer, account_id: UUID) -> WhoIsTold:
    """Return whom the sender would mail about this account now; raises NotFoundError."""
    kinds: dict[UUID, set[NoticeKind]] = {}
    names: dict[UUID, str] = {}
    with tools.database.reading() as session:
        if find_account(session, viewer, account_id) is None:
            raise NotFoundError("account")
        for kind in _KINDS:
            for person in audience(session, kind, [account_id]):
                kinds.setdefault(person.user_id, set()).add(kind)
                names[person.user_id] = person.name
    return WhoIsTold(
        people=tuple(
            Told(user_id=user_id, name=names[user_id], kinds=frozenset(kinds[user_id]))
            for user_id in sorted(names, key=lambda one: (names[one], one))
        ),
        mail_is_set_up=tools.settings.mail_server is not None,
    )
