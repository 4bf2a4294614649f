"""What the engine remembers more: each addition stands here in the order in which it came."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the tables of 0002 in place; what is in them stays."""
    with op.batch_alter_table("pushes") as table:
        table.drop_column("links")  # was never filled
