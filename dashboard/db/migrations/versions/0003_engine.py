"""What the engine remembers more: each addition stands here in the order in which it came."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables of 0002 in place; what is in them stays."""
    with op.batch_alter_table("pushes") as table:
        table.drop_column("links")  # was never filled
    _incidents()
    _quotas()


def _incidents() -> None:
    """Causes, incidents of one log-in, and at most one open incident per place."""

    def words(name: str, length: int) -> sa.Column[str]:
        kind = sqlmodel.sql.sqltypes.AutoString(length=length)
        return sa.Column(name, kind, nullable=False, server_default="")

    again = sa.Column("asked_again_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True)
    op.add_column("incidents", words("cause", 40))
    op.add_column("incidents", words("grant_key", 32))
    op.add_column("incidents", sa.Column("notice_id", sa.Uuid(), nullable=True))
    op.add_column("incidents", again)
    seq = sa.Column("changed_seq", sa.Integer(), nullable=False, server_default="0")
    op.add_column("incidents", seq)
    op.add_column("incidents", words("person", 255))
    op.execute(_CLOSE_DOUBLES)
    op.create_index(
        "uq_incidents_open",
        "incidents",
        ["platform", "server", "grant_key"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_links_silent",
        "links",
        ["silent_since"],
        sqlite_where=sa.text("silent_since IS NOT NULL"),
        postgresql_where=sa.text("silent_since IS NOT NULL"),
    )


def _quotas() -> None:
    """What was used of quotas, by platform and day."""
    op.create_table(
        "quota_uses",
        sa.Column("platform", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("synced", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "day", name=op.f("pk_quota_uses")),
    )


_CLOSE_DOUBLES = """
    UPDATE incidents SET ended_at = began_at WHERE ended_at IS NULL AND EXISTS (
        SELECT 1 FROM incidents AS first WHERE first.ended_at IS NULL
        AND first.platform = incidents.platform AND first.server = incidents.server
        AND (first.began_at < incidents.began_at
             OR (first.began_at = incidents.began_at AND first.id < incidents.id)))
"""
