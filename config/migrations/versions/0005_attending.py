"""Who is on the way, and when the system acts if nobody does."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and the columns."""
    op.add_column("alerts", sa.Column("attending_by", sa.String(length=40), nullable=True))
    op.add_column("alerts", sa.Column("attending_us", sa.BigInteger(), nullable=True))
    op.create_table(
        "escalations",
        sa.Column("alert", sa.String(length=40), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=True),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("loop", sa.Integer(), nullable=False),
        sa.Column("rung_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name=op.f("fk_escalations_alert_alerts")),
        sa.PrimaryKeyConstraint("alert", name=op.f("pk_escalations")),
    )
    op.create_index(op.f("ix_escalations_due_us"), "escalations", ["due_us"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_escalations_due_us"), table_name="escalations")
    op.drop_table("escalations")
    op.drop_column("alerts", "attending_us")
    op.drop_column("alerts", "attending_by")
