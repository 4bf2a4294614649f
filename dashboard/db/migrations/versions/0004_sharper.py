"""Sharper lists and causes; further additions stand here in the order in which they come."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables of 0003 in place; what is in them stays."""
    _lists()
    _hearsay()


def _lists() -> None:
    """Counts and the order by name without looking at every row."""
    op.drop_index("ix_accounts_platform", "accounts")
    op.create_index("ix_accounts_counted", "accounts", ["platform", "removed_at", "id"])
    op.create_index("ix_accounts_by_name", "accounts", [sa.text("lower(name)"), "id"])
    op.drop_index("ix_links_state", "links")
    op.create_index(
        "ix_links_not_healthy",
        "links",
        ["state"],
        sqlite_where=sa.text("state <> 'healthy'"),
        postgresql_where=sa.text("state <> 'healthy'"),
    )


def _hearsay() -> None:
    """What a platform told by itself of a link, and when."""
    kind = sqlmodel.sql.sqltypes.AutoString(length=20)
    op.add_column("links", sa.Column("told_reason", kind, nullable=False, server_default=""))
    told_at = sa.Column("told_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True)
    op.add_column("links", told_at)
