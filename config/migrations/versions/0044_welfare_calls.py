"""Who calls about homes that cannot be seen."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "welfare_calls",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("home", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("called_by", sa.String(length=40), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_welfare_calls")),
        sa.UniqueConstraint("home", "number", name="uq_welfare_calls_home"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_welfare_calls_place"), "welfare_calls", ["place"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_welfare_calls_place"), table_name="welfare_calls")
    op.drop_table("welfare_calls")
