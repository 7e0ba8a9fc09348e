"""What the alert budget of each place came to, a row a day."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of this revision."""
    op.create_table(
        "calibrations",
        sa.Column("place", sa.String(40), nullable=False),
        sa.Column("at_us", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("budget", sa.Float, nullable=False),
        sa.Column("is_applied", sa.Boolean, nullable=False),
        sa.Column("z", sa.Float, nullable=False),
        sa.Column("expected", sa.Float, nullable=False),
        sa.Column("low", sa.Float, nullable=False),
        sa.Column("high", sa.Float, nullable=False),
        sa.Column("fixed", sa.Float, nullable=False),
        sa.Column("homes", sa.Integer, nullable=False),
        sa.Column("needed", sa.Integer, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("is_at_edge", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("place", "at_us", name="pk_calibrations"),
    )


def downgrade() -> None:
    """Drop the table of this revision."""
    op.drop_table("calibrations")
