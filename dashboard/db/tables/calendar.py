"""What was and will be published, what others said, and the synchronisations that loaded it."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from dashboard.db.tables.json import Json


class PublicationRow(SQLModel, table=True):
    """A post in the calendar. Keeps its own copy of the account's name: it outlives the link.

    Those of ours that wait have `try_at`, when they are looked at next. `sent_at` is written before
    the question that publishes leaves, so that a death in between is known as such (R77).
    """

    __tablename__ = "publications"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="accounts.id")
    platform: str = Field(max_length=40)
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
