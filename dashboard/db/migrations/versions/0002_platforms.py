"""The tables for every platform, incidents and publishing."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each addition stands here in the order in which it came."""
    _publishing()
    _mentions()
    _pushes()
    _incidents()
    op.create_index("ix_grants_trouble", "grants", ["trouble"])
    _retired_apps()
    op.create_index("ix_events_kind_at", "events", ["kind", "at"])
    reminded_at = sa.Column("reminded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True)
    op.add_column("links", reminded_at)


def _publishing() -> None:
    def text(name: str, length: int) -> sa.Column[str]:
        kind = sqlmodel.sql.sqltypes.AutoString(length=length)
        return sa.Column(name, kind, nullable=False, server_default="")

    def instant(name: str) -> sa.Column[str]:
        return sa.Column(name, sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True)

    with op.batch_alter_table("publications") as table:
        table.add_column(text("link", 2000))
        table.add_column(text("title", 300))
        table.add_column(text("target", 200))
        table.add_column(instant("try_at"))
        table.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(text("claim", 80))
        table.add_column(instant("claimed_until"))
        table.add_column(instant("sent_at"))
        table.add_column(text("trouble", 300))
        table.add_column(sa.Column("evidence", sa.JSON(), nullable=True))
        table.create_index("ix_publications_due", ["state", "try_at"])
    op.create_table(
        "pictures",
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("alt", sqlmodel.sql.sqltypes.AutoString(length=1500), nullable=False),
        sa.Column("public_key", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["publication_id"], ["publications.id"]),
        sa.PrimaryKeyConstraint("publication_id"),
        sa.UniqueConstraint("public_key"),
    )


def _mentions() -> None:
    op.create_table(
        "mentions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("remote_id", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("author", sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("url", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("found_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "remote_id", name="uq_mentions_remote"),
    )
    op.create_index("ix_mentions_at", "mentions", ["at"])


def _pushes() -> None:
    op.create_table(
        "pushes",
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("id_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "id_hash"),
    )
    op.create_index(op.f("ix_pushes_at"), "pushes", ["at"])


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("server", sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
        sa.Column("began_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("healing_since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("held_back", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for name in ("began_at", "ended_at"):
        op.create_index(op.f(f"ix_incidents_{name}"), "incidents", [name])


def _retired_apps() -> None:
    kind = sqlmodel.sql.sqltypes.UTCDateTime()
    op.add_column("apps", sa.Column("retired_at", kind, nullable=True))
