"""Detector settings that one home has for itself."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "overrides",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("home", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("set_us", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=40), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["home"], ["homes.number"], name=op.f("fk_overrides_home_homes")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_overrides")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_overrides_home"), "overrides", ["home"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_overrides_home"), table_name="overrides")
    op.drop_table("overrides")
