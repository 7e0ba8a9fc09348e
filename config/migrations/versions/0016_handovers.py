"""Hand-over of alerts from shift to shift."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "handovers",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("alert", sa.String(length=40), nullable=False),
        sa.Column("given_by", sa.String(length=40), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=True),
        sa.Column("accepted_by", sa.String(length=40), nullable=True),
        sa.Column("accepted_us", sa.BigInteger(), nullable=True),
        sa.Column("told_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name=op.f("fk_handovers_alert_alerts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_handovers_alert"), "handovers", ["alert"], unique=False)
    op.create_index(op.f("ix_handovers_due_us"), "handovers", ["due_us"], unique=False)
    op.create_index("ix_handovers_place", "handovers", ["place", "at_us"], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_handovers_place", table_name="handovers")
    op.drop_index(op.f("ix_handovers_due_us"), table_name="handovers")
    op.drop_index(op.f("ix_handovers_alert"), table_name="handovers")
    op.drop_table("handovers")
