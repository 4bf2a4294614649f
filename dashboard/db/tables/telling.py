"""What happened and who was told: events, incidents, notices and their deliveries."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from dashboard.db.tables.json import Json


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


class IncidentRow(SQLModel, table=True):
    """Many links in trouble at once for one reason: one story instead of many (R59).

    `kind` is "silent", "refused", "limited" (it takes permissions away), "offline" (we ourselves;
    then `platform` is "") or "log_in" (one person's; then `grant_key` is its grant, else "").
    `cause` is the most frequent one at its start. `notice_id` is what told its start.
    `healing_since` is when the first of its links answered again; `held_back` counts changes that
    were told to nobody; `asked_again_at` is when the platform was last asked whether it still
    refuses. `changed_seq` is the value of the `links` counter when it began or ended: pages look
    again then. `person` is whose log-in it is.
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
