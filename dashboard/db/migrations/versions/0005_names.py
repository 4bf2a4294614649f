"""The name of an account stands once, with the account."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop a copy that did not follow when an account was renamed.

    Not by batch: on SQLite that makes the table anew, and what hangs on its rows goes with them.
    """
    op.drop_column("publications", "account_name")
