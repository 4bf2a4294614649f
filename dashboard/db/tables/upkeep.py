"""What the installation knows of itself: settings, signs of life, claimed times, crashed jobs."""

from datetime import datetime

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from dashboard.db.tables.json import Json


class SettingRow(SQLModel, table=True):
    """A setting made in Settings > General; secrets only as hashes."""

    __tablename__ = "settings"
    name: str = Field(primary_key=True, max_length=60)
    value: Json = Field(default_factory=dict, sa_type=JSON)
    version: int = 1


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
