"""The tables for every platform, incidents and publishing."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each addition stands here in the order in which it came."""
