"""Rehearsals that are begun on a page, and each time that a home could not be seen."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "rehearsals",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("begun_us", sa.BigInteger(), nullable=False),
        sa.Column("beat_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("stop_us", sa.BigInteger(), nullable=False),
        sa.Column("candidate", sa.Text(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rehearsals")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_rehearsals_place"), "rehearsals", ["place"])
    op.create_index(op.f("ix_rehearsals_ended_us"), "rehearsals", ["ended_us"])
    running = sa.text("state = 'running'")
    op.create_index(
        "ix_rehearsals_running",
        "rehearsals",
        ["place"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )
    op.create_table(
        "rehearsal_homes",
        sa.Column("rehearsal", sa.Integer(), nullable=False),
        sa.Column("home", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["rehearsal"],
            ["rehearsals.number"],
            name=op.f("fk_rehearsal_homes_rehearsal_rehearsals"),
        ),
        sa.PrimaryKeyConstraint("rehearsal", "home", name=op.f("pk_rehearsal_homes")),
    )
    op.create_table(
        "rehearsed_alerts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("rehearsal", sa.Integer(), nullable=False),
        sa.Column("change", sa.String(length=8), nullable=False),
        sa.Column("alert", sa.String(length=40), nullable=False),
        sa.Column("home", sa.String(length=40), nullable=True),
        sa.Column("gateway", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("priority", sa.String(length=2), nullable=False),
        sa.Column("before_us", sa.BigInteger(), nullable=True),
        sa.Column("after_us", sa.BigInteger(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rehearsal"],
            ["rehearsals.number"],
            name=op.f("fk_rehearsed_alerts_rehearsal_rehearsals"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsed_alerts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_rehearsed_alerts_home"), "rehearsed_alerts", ["home"])
    op.create_index(op.f("ix_rehearsed_alerts_rehearsal"), "rehearsed_alerts", ["rehearsal"])
    _create_times()


def _create_times() -> None:
    op.create_table(
        "unwatched_times",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("home", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unwatched_times")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_unwatched_times_home"), "unwatched_times", ["home"])
    op.create_index("ix_unwatched_times_place", "unwatched_times", ["place", "since_us"])
    op.execute(
        "INSERT INTO unwatched_times (home, place, since_us) "
        "SELECT home, place, since_us FROM unwatched ORDER BY home"
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_unwatched_times_place", table_name="unwatched_times")
    op.drop_index(op.f("ix_unwatched_times_home"), table_name="unwatched_times")
    op.drop_table("unwatched_times")
    op.drop_index(op.f("ix_rehearsed_alerts_rehearsal"), table_name="rehearsed_alerts")
    op.drop_index(op.f("ix_rehearsed_alerts_home"), table_name="rehearsed_alerts")
    op.drop_table("rehearsed_alerts")
    op.drop_table("rehearsal_homes")
    op.drop_index("ix_rehearsals_running", table_name="rehearsals")
    op.drop_index(op.f("ix_rehearsals_ended_us"), table_name="rehearsals")
    op.drop_index(op.f("ix_rehearsals_place"), table_name="rehearsals")
    op.drop_table("rehearsals")
