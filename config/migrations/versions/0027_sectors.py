"""The postcode sector of each home."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it, empty where nobody has said it yet."""
    op.add_column(
        "homes", sa.Column("sector", sa.String(length=6), nullable=False, server_default="")
    )


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("homes") as table:
        table.drop_column("sector")
