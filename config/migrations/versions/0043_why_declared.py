"""Why somebody changed a ladder, rota, budget or text of a place."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of before nobody knows why."""
    why = sa.Column("why", sa.Text(), nullable=False, server_default="")
    op.add_column("declarations", why)


def downgrade() -> None:
    """Drop it."""
    op.drop_column("declarations", "why")
