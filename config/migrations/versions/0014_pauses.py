"""Pauses of homes."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "pauses",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("home", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["home"], ["homes.number"], name=op.f("fk_pauses_home_homes")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_pauses")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_pauses_home"), "pauses", ["home"], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_pauses_home"), table_name="pauses")
    op.drop_table("pauses")
