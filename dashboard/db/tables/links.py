"""Accounts and how they are reached: registrations, permissions, links, log-ins under way."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from dashboard.db.tables.json import Json


class AccountRow(SQLModel, table=True):
    """A social media account. Removed rows keep everything until `purge_at`."""

    __tablename__ = "accounts"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    platform: str = Field(max_length=40)
    server: str = Field(default="", max_length=255)
    remote_id: str = Field(max_length=255)
    name: str = Field(max_length=255)
    handle: str = Field(default="", max_length=255)
    url: str = Field(default="", max_length=2000)
    avatar_url: str = Field(default="", max_length=2000)
    auto_sync: bool = True
    next_sync_at: datetime | None = Field(default=None, index=True)
    sync_claim: str = Field(default="", max_length=80)
    sync_claimed_until: datetime | None = None
    version: int = 1
    created_at: datetime
    removed_at: datetime | None = None  # no index: almost all are None, and it would be chosen
    removed_by: UUID | None = None
    purge_at: datetime | None = Field(default=None, index=True)
    __table_args__ = (
        UniqueConstraint("platform", "server", "remote_id", name="uq_accounts_identity"),
        # All that a count by platform reads, so that it need not look at the rows themselves.
        Index("ix_accounts_counted", "platform", "removed_at", "id"),
        Index("ix_accounts_by_name", text("lower(name)"), "id"),  # the order of the lists
    )


class AppRow(SQLModel, table=True):
    """Our registration with a platform or one server of it; the secret is sealed."""

    __tablename__ = "apps"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    platform: str = Field(max_length=40)
    server: str = Field(default="", max_length=255)
    client_id: str = Field(max_length=500)
    secret: bytes = Field(default=b"", sa_type=LargeBinary)
    scopes: list[str] = Field(default_factory=list, sa_type=JSON)
    facts: Json = Field(default_factory=dict, sa_type=JSON)
    problem: str = Field(default="", max_length=500)
    problem_since: datetime | None = None
    created_at: datetime
    retired_at: datetime | None = None  # not for new log-ins any more; older grants keep it
    __table_args__ = (Index("ix_apps_place", "platform", "server"),)


class GrantRow(SQLModel, table=True):
    """One person's consent at a platform with its sealed credential; several links may share it.

    `generation` counts stored credentials; `lease_*` and `refresh_state` are the refresh protocol
    (R33-R35): "idle", "in_flight" (written before sending, since `in_flight_since`), "refused".
    A refusal is remembered with its cause for this generation only. `trouble` is "" or
    "key_missing": the credential cannot be opened on this server (F19).
    """

    __tablename__ = "grants"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    platform: str = Field(max_length=40)
    server: str = Field(default="", max_length=255)
    app_id: UUID | None = Field(default=None, foreign_key="apps.id")
    subject_id: str = Field(default="", max_length=255)
    subject_name: str = Field(default="", max_length=255)
    credential: bytes = Field(default=b"", sa_type=LargeBinary)
    scopes: list[str] = Field(default_factory=list, sa_type=JSON)
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    refresh_due_at: datetime | None = Field(default=None, index=True)
    generation: int = 1
    lease_owner: str = Field(default="", max_length=80)
    lease_until: datetime | None = None
    refresh_state: str = Field(default="idle", max_length=20)
    in_flight_since: datetime | None = None
    refresh_tries: int = 0
    refusal: Json | None = Field(default=None, sa_type=JSON)
    refreshed_at: datetime | None = None
    trouble: str = Field(default="", max_length=20, index=True)
    trouble_since: datetime | None = None
    revoke_due: bool = False
    granted_by: UUID | None = None
    created_at: datetime


class SalvageRow(SQLModel, table=True):
    """A new credential whose regular write missed: kept sealed, never dropped (R34)."""

    __tablename__ = "salvage"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    grant_id: UUID = Field(index=True)
    generation: int
    credential: bytes = Field(sa_type=LargeBinary)
    at: datetime
    why: str = Field(default="", max_length=200)


class LinkRow(SQLModel, table=True):
    """Our connection to one account: its health and when it is checked next.

    `version` is the compare-and-set of the check path; `changed_seq` is the value of the
    `links` counter at the last change a viewer can see (live fragments). `lapses` counts claims
    whose worker died, so that a link that kills workers is found out and set aside (R65).
    `awaited`: a person asked for the next check and watches the page. `told_*` is the latest that
    the platform told by itself about it: no proof, but it explains what a check then finds.
    """

    __tablename__ = "links"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="accounts.id", unique=True)
    grant_id: UUID | None = Field(default=None, foreign_key="grants.id", index=True)
    state: str = Field(default="new", max_length=20)
    since: datetime
    cause: str = Field(default="", max_length=40)
    evidence: Json | None = Field(default=None, sa_type=JSON)
    missing: list[Json] = Field(default_factory=list, sa_type=JSON)
    renew_by: datetime | None = None
    reminded_at: datetime | None = None
    troubled_since: datetime | None = None
    silent_since: datetime | None = None
    misses: int = 0
    doubts: int = 0
    version: int = 1
    changed_seq: int = Field(default=0, index=True)
    checked_at: datetime | None = None
    next_check_at: datetime | None = None  # None: not in the rota (paused, removed)
    claim: str = Field(default="", max_length=80)
    claimed_until: datetime | None = None
    lapses: int = 0
    awaited: bool = False
    streak: int = 0
    linked_at: datetime
    linked_by: UUID | None = None
    told_reason: str = Field(default="", max_length=20)
    told_at: datetime | None = None
    __table_args__ = (
        Index("ix_links_due", "next_check_at"),
        Index(
            "ix_links_not_healthy",
            "state",
            sqlite_where=text("state <> 'healthy'"),
            postgresql_where=text("state <> 'healthy'"),
        ),
        Index("ix_links_checked", "checked_at"),
        Index(
            "ix_links_silent",
            "silent_since",
            sqlite_where=text("silent_since IS NOT NULL"),
            postgresql_where=text("silent_since IS NOT NULL"),
        ),
    )


class AttemptRow(SQLModel, table=True):
    """A log-in at a platform under way (R25): single use, bound to the browser session."""

    __tablename__ = "attempts"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    state_hash: str = Field(unique=True, max_length=64)
    session_hash: str = Field(max_length=64)
    user_id: UUID = Field(foreign_key="users.id")
    platform: str = Field(max_length=40)
    server: str = Field(default="", max_length=255)
    app_id: UUID | None = Field(default=None, foreign_key="apps.id")
    account_id: UUID | None = Field(default=None, foreign_key="accounts.id")  # set: a relink
    redirect_uri: str = Field(max_length=2000)
    verifier: bytes = Field(default=b"", sa_type=LargeBinary)
    typed: Json = Field(default_factory=dict, sa_type=JSON)
    phase: str = Field(default="started", max_length=20)  # started, used, picking, done, failed
    result: bytes = Field(default=b"", sa_type=LargeBinary)  # sealed: what the log-in brought
    outcome: Json = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime
    expires_at: datetime = Field(index=True)


class PushRow(SQLModel, table=True):
    """A verified message of a platform: kept so that the same one twice is one (R48)."""

    __tablename__ = "pushes"
    platform: str = Field(primary_key=True, max_length=40)
    id_hash: str = Field(primary_key=True, max_length=64)
    what: str = Field(default="", max_length=120)
    at: datetime = Field(index=True)


class QuotaUseRow(SQLModel, table=True):
    """What was used of a platform's quota on one day (UTC); `synced` of it by synchronisations."""

    __tablename__ = "quota_uses"
    platform: str = Field(primary_key=True, max_length=40)
    day: date = Field(primary_key=True)
    used: int = 0
    synced: int = 0
