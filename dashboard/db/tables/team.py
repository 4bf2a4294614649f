"""Who may do what: users, roles, sessions, what each is told, and who did what to whom."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from dashboard.db.tables.json import Json


class RoleRow(SQLModel, table=True):
    """A role: what its users may do, and whether it reaches all accounts or chosen ones."""

    __tablename__ = "roles"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(unique=True, max_length=80)
    rights: list[str] = Field(default_factory=list, sa_type=JSON)
    all_accounts: bool = False
    version: int = 1
    created_at: datetime


class UserRow(SQLModel, table=True):
    """A person with a log-in. `email` is stored lower-case; `password_hash` "" = cannot sign in."""

    __tablename__ = "users"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str = Field(unique=True, max_length=254)
    name: str = Field(max_length=120)
    password_hash: str = ""
    role_id: UUID = Field(foreign_key="roles.id", index=True)
    active: bool = True
    time_zone: str = "UTC"
    version: int = 1
    created_at: datetime
    password_changed_at: datetime
    last_seen_at: datetime | None = None


class SessionRow(SQLModel, table=True):
    """A signed-in browser (R3): the cookie holds the secret, here stands only its hash."""

    __tablename__ = "sessions"
    id_hash: str = Field(primary_key=True, max_length=64)
    user_id: UUID | None = Field(default=None, foreign_key="users.id", index=True)
    data: Json = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime
    used_at: datetime
    expires_at: datetime = Field(index=True)
    user_agent: str = Field(default="", max_length=300)
    ip: str = Field(default="", max_length=64)


class OneTimeTokenRow(SQLModel, table=True):
    """A single-use link: first set-up, invitation, new password (R2, R8); stored as hash."""

    __tablename__ = "one_time_tokens"
    token_hash: str = Field(primary_key=True, max_length=64)
    purpose: str = Field(max_length=20)
    user_id: UUID | None = Field(default=None, foreign_key="users.id", index=True)
    bound_to: str = Field(default="", max_length=200)
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class RoleAccountRow(SQLModel, table=True):
    """A chosen account that a role has access to."""

    __tablename__ = "role_accounts"
    role_id: UUID = Field(foreign_key="roles.id", primary_key=True)
    account_id: UUID = Field(foreign_key="accounts.id", primary_key=True, index=True)


class PreferenceRow(SQLModel, table=True):
    """A box under Messages & communication that differs from the default of its kind."""

    __tablename__ = "preferences"
    user_id: UUID = Field(foreign_key="users.id", primary_key=True)
    kind: str = Field(primary_key=True, max_length=40)
    wanted: bool
    changed_at: datetime
    changed_by: UUID | None = None


class AuditRow(SQLModel, table=True):
    """Who did what to whom (R79); written in the transaction of the act, never changed."""

    __tablename__ = "audit"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    actor_id: UUID | None = None
    action: str = Field(max_length=60)
    target: str = Field(default="", max_length=120)
    before: Json = Field(default_factory=dict, sa_type=JSON)
    after: Json = Field(default_factory=dict, sa_type=JSON)
    ip: str = Field(default="", max_length=64)
    request_id: str = Field(default="", max_length=64)
