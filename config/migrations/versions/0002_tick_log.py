"""The tick log, with the rosters and settings that it names."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "tick_log",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("now_us", sa.BigInteger(), nullable=False),
        sa.Column("told_us", sa.BigInteger(), nullable=False),
        sa.Column("history", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("received_us", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("settings", sa.String(length=16), nullable=False),
        sa.Column("modes", sa.BigInteger(), nullable=False),
        sa.Column("before_us", sa.BigInteger(), nullable=False),
        sa.Column("folded_us", sa.BigInteger(), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.BigInteger(), nullable=False),
        sa.Column("is_caught_up", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("readings", sa.LargeBinary(), nullable=True),
        sa.Column("strays", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tick_log")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_tick_log_now_us"), "tick_log", ["now_us"], unique=False)
    op.create_table(
        "roster_history",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_history")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_roster_history_revision", "roster_history", ["revision"], unique=False)
    op.create_table(
        "settings_history",
        sa.Column("hash", sa.String(length=16), nullable=False),
        sa.Column("first_us", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_settings_history")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("settings_history")
    op.drop_index("ix_roster_history_revision", table_name="roster_history")
    op.drop_table("roster_history")
    op.drop_index(op.f("ix_tick_log_now_us"), table_name="tick_log")
    op.drop_table("tick_log")
