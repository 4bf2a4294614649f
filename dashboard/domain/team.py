"""People, what their role lets them do, and which accounts it reaches."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
RoleId = NewType("RoleId", UUID)


class Right(StrEnum):
    """What a role may do. Who may manage users is what people call an administrator."""

    LINK = "link"
    PUBLISH = "publish"
    REMOVE = "remove"
    MANAGE_USERS = "manage_users"


RIGHT_LABELS: dict[Right, str] = {
    Right.LINK: "Link and relink accounts, check, pause",
    Right.PUBLISH: "Publish and run the platform synchronisation",
    Right.REMOVE: "Remove accounts",
    Right.MANAGE_USERS: "Administrator: manage users, roles and general settings",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What its users may do; `all_accounts` reaches also those that are linked later."""

    id: RoleId
    name: str
    rights: frozenset[Right]
    all_accounts: bool
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who is asking: every act is judged by the rights (R13), every read by the role (R14, R17).

    Which accounts the role reaches is looked up inside each query: see `db/access.py`.
    """

    user_id: UserId
    name: str
    email: str
    role_id: RoleId
    role_name: str
    rights: frozenset[Right]
    time_zone: str = "UTC"

    def may(self, right: Right) -> bool:
        return right in self.rights

    @property
    def may_link(self) -> bool:
        return Right.LINK in self.rights

    @property
    def may_publish(self) -> bool:
        return Right.PUBLISH in self.rights

    @property
    def may_remove(self) -> bool:
        return Right.REMOVE in self.rights

    @property
    def is_administrator(self) -> bool:
        return Right.MANAGE_USERS in self.rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, from where, for the audit trail; `user_id` None: Linkkeeper or the command line."""

    user_id: UserId | None = None
    ip: str = ""
    request_id: str = ""
