"""Every table. Instants are aware UTC; ids in addresses are UUIDs; events count upwards.

Only `dashboard.db` imports this. What leaves `db/` is a frozen dataclass of the domain or of the
module that read it.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

Json = dict[str, Any]


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


class AccountRow(SQLModel, table=True):
    """A social media account. Removed rows keep everything until `purge_at`."""

    __tablename__ = "accounts"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    platform: str = Field(max_length=40, index=True)
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
    `awaited`: a person asked for the next check and watches the page.
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
    __table_args__ = (
        Index("ix_links_due", "next_check_at"),
        Index("ix_links_state", "state"),
        Index("ix_links_checked", "checked_at"),
        Index(
            "ix_links_silent",
            "silent_since",
            sqlite_where=text("silent_since IS NOT NULL"),
            postgresql_where=text("silent_since IS NOT NULL"),
        ),
    )


class CounterRow(SQLModel, table=True):
    """A number that only grows, raised in the transaction of what it counts."""

    __tablename__ = "counters"
    name: str = Field(primary_key=True, max_length=40)
    value: int = 0


class EventRow(SQLModel, table=True):
    """A fact worth keeping: link history and the source of all notices (R52).

    `told` is 0 until it was turned into deliveries or found not worth telling; `notice_id` is the
    notice that tells it, if it was.
    """

    __tablename__ = "events"
    seq: int | None = Field(default=None, primary_key=True)
    at: datetime
    kind: str = Field(max_length=40)
    account_id: UUID | None = Field(default=None, foreign_key="accounts.id", index=True)
    user_id: UUID | None = None  # the person concerned
    actor_id: UUID | None = None  # who did it; None = Linkkeeper itself
    data: Json = Field(default_factory=dict, sa_type=JSON)
    told: bool = Field(default=False)
    notice_id: UUID | None = Field(default=None, foreign_key="notices.id", index=True)
    __table_args__ = (
        Index("ix_events_untold", "told", "seq"),
        Index("ix_events_kind_at", "kind", "at"),
    )


class NoticeRow(SQLModel, table=True):
    """Something worth telling: one or several events that happened together and point to it."""

    __tablename__ = "notices"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str = Field(max_length=40)
    at: datetime


class DeliveryRow(SQLModel, table=True):
    """One telling of a notice to one user over one channel (R53).

    `state` is pending, sending, sent, retry, dead, suppressed, kept (no mail server is set up) or
    merged: then it went out with the mail of `lead_id`. `flights` is raised before the mail is
    handed over and lowered only when it surely did not arrive: while it is not 0 the mail may have
    arrived and is sent again only as it was, with the same Message-ID. `accounts` are the ids that
    the mail speaks of.
    """

    __tablename__ = "deliveries"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    notice_id: UUID = Field(foreign_key="notices.id")
    user_id: UUID = Field(foreign_key="users.id", index=True)
    channel: str = Field(default="mail", max_length=20)
    state: str = Field(default="pending", max_length=20)
    message_id: str = Field(max_length=120)
    subject: str = Field(default="", max_length=500)
    text: str = ""
    html: str = ""
    recipient: str = Field(default="", max_length=254)
    attempts: int = 0
    flights: int = 0
    accounts: list[str] = Field(default_factory=list, sa_type=JSON)
    lead_id: UUID | None = Field(default=None, index=True)
    due_at: datetime | None = None
    claim: str = Field(default="", max_length=80)
    claimed_until: datetime | None = None
    created_at: datetime
    sent_at: datetime | None = None
    error: str = Field(default="", max_length=500)
    __table_args__ = (
        UniqueConstraint("notice_id", "user_id", "channel", name="uq_deliveries_once"),
        Index("ix_deliveries_due", "state", "due_at"),
    )


class PublicationRow(SQLModel, table=True):
    """A post in the calendar. Keeps its own copy of the account's name: it outlives the link.

    Those of ours that wait have `try_at`, when they are looked at next. `sent_at` is written before
    the question that publishes leaves, so that a death in between is known as such (R77).
    """

    __tablename__ = "publications"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="accounts.id")
    platform: str = Field(max_length=40)
    account_name: str = Field(max_length=255)
    state: str = Field(max_length=20)
    remote_id: str | None = Field(default=None, max_length=500)
    text: str = ""
    url: str = Field(default="", max_length=2000)
    at: datetime  # planned or published: where it stands in the calendar
    published_at: datetime | None = None
    created_by: UUID | None = None
    created_at: datetime
    changed_at: datetime
    absences: int = 0
    gone_at: datetime | None = None
    link: str = Field(default="", max_length=2000)
    title: str = Field(default="", max_length=300)
    target: str = Field(default="", max_length=200)
    try_at: datetime | None = None
    tries: int = 0
    claim: str = Field(default="", max_length=80)
    claimed_until: datetime | None = None
    sent_at: datetime | None = None
    trouble: str = Field(default="", max_length=300)
    evidence: Json | None = Field(default=None, sa_type=JSON)
    __table_args__ = (
        UniqueConstraint("account_id", "remote_id", name="uq_publications_remote"),
        Index("ix_publications_calendar", "at", "account_id"),
        Index("ix_publications_account", "account_id", "at"),
        Index("ix_publications_due", "state", "try_at"),
    )


class PictureRow(SQLModel, table=True):
    """The picture of a publication, apart from it: a calendar page never loads pictures.

    `public_key` stands in the address where platforms fetch it while the publication goes out.
    """

    __tablename__ = "pictures"
    publication_id: UUID = Field(foreign_key="publications.id", primary_key=True)
    data: bytes = Field(sa_type=LargeBinary)
    media_type: str = Field(max_length=40)
    alt: str = Field(default="", max_length=1500)
    public_key: UUID = Field(default_factory=uuid4, unique=True)


class MentionRow(SQLModel, table=True):
    """What others said about an account, as it was last found at the platform."""

    __tablename__ = "mentions"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="accounts.id")
    remote_id: str = Field(max_length=500)
    author: str = Field(default="", max_length=255)
    text: str = ""
    url: str = Field(default="", max_length=2000)
    at: datetime
    found_at: datetime
    __table_args__ = (
        UniqueConstraint("account_id", "remote_id", name="uq_mentions_remote"),
        Index("ix_mentions_at", "at"),
    )


class IncidentRow(SQLModel, table=True):
    """Many links in trouble at once for one reason: one story instead of many (R59).

    `kind` is "silent", "refused", "offline" (we ourselves; then `platform` is "") or "log_in" (one
    person's log-in; then `grant_key` is its grant, else ""). `cause` is the most frequent one at
    its start. `notice_id` is what told its start. `healing_since` is when the first of its links
    answered again; `held_back` counts changes that were told to nobody; `asked_again_at` is when
    the platform was last asked whether it still refuses. `changed_seq` is the value of the `links`
    counter when it began or ended: pages look again then. `person` is whose log-in it is.
    """

    __tablename__ = "incidents"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str = Field(max_length=20)
    platform: str = Field(default="", max_length=40)
    server: str = Field(default="", max_length=255)
    began_at: datetime = Field(index=True)
    healing_since: datetime | None = None
    ended_at: datetime | None = Field(default=None, index=True)
    accounts: int = 0
    held_back: int = 0
    cause: str = Field(default="", max_length=40)
    grant_key: str = Field(default="", max_length=32)
    notice_id: UUID | None = None
    asked_again_at: datetime | None = None
    changed_seq: int = 0
    person: str = Field(default="", max_length=255)
    __table_args__ = (
        Index(
            "uq_incidents_open",
            "platform",
            "server",
            "grant_key",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class PushRow(SQLModel, table=True):
    """A verified message of a platform: kept so that the same one twice is one (R48)."""

    __tablename__ = "pushes"
    platform: str = Field(primary_key=True, max_length=40)
    id_hash: str = Field(primary_key=True, max_length=64)
    what: str = Field(default="", max_length=120)
    at: datetime = Field(index=True)


class SyncRow(SQLModel, table=True):
    """One platform synchronisation and what it did: queued, running, done, failed."""

    __tablename__ = "syncs"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="accounts.id", index=True)
    asked_by: UUID | None = None
    state: str = Field(default="queued", max_length=20)
    asked_at: datetime
    finished_at: datetime | None = None
    loaded: int = 0
    changed: int = 0
    gone: int = 0
    back_to: datetime | None = None
    trouble: str = Field(default="", max_length=300)


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


class SettingRow(SQLModel, table=True):
    """A setting made in Settings > General; secrets only as hashes."""

    __tablename__ = "settings"
    name: str = Field(primary_key=True, max_length=60)
    value: Json = Field(default_factory=dict, sa_type=JSON)
    version: int = 1


class QuotaUseRow(SQLModel, table=True):
    """What was used of a platform's quota on one day (UTC); `synced` of it by synchronisations."""

    __tablename__ = "quota_uses"
    platform: str = Field(primary_key=True, max_length=40)
    day: date = Field(primary_key=True)
    used: int = 0
    synced: int = 0


class HeartbeatRow(SQLModel, table=True):
    """A sign of life of a worker or scheduler, written after proof of work."""

    __tablename__ = "heartbeats"
    name: str = Field(primary_key=True, max_length=120)
    kind: str = Field(max_length=20)  # worker, scheduler
    at: datetime
    data: Json = Field(default_factory=dict, sa_type=JSON)


class SlotRow(SQLModel, table=True):
    """A due time of periodic work, claimed by whoever inserts it first (R67)."""

    __tablename__ = "schedule_slots"
    task: str = Field(primary_key=True, max_length=60)
    slot: int = Field(primary_key=True)
    at: datetime


class JobFailureRow(SQLModel, table=True):
    """A job that crashed, visible to administrators; `crashes` >= 3 = quarantined (R65)."""

    __tablename__ = "job_failures"
    key: str = Field(primary_key=True, max_length=300)
    job: str = Field(max_length=60)
    first_at: datetime
    last_at: datetime
    crashes: int = 0
    running: bool = False
    error: str = ""
    seen_at: datetime | None = None


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
