"""Homes that move house, and where they were before."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add since when a home is where it is, and the table of former addresses."""
    op.add_column(
        "homes", sa.Column("since_us", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "homes",
        sa.Column("is_untested", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "former_addresses",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("home", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.String(length=10), nullable=False),
        sa.Column("until_on", sa.String(length=10), nullable=False),
        sa.Column("was_since_us", sa.BigInteger(), nullable=False),
        sa.Column("was_untested", sa.Boolean(), nullable=False),
        sa.Column("moved_us", sa.BigInteger(), nullable=False),
        sa.Column("moved_by", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["home"], ["homes.number"], name=op.f("fk_former_addresses_home_homes")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_former_addresses")),
        sa.UniqueConstraint("id", name=op.f("uq_former_addresses_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_former_addresses_home"), "former_addresses", ["home"])


def downgrade() -> None:
    """Drop them; where homes were before is forgotten."""
    op.drop_index(op.f("ix_former_addresses_home"), table_name="former_addresses")
    op.drop_table("former_addresses")
    op.drop_column("homes", "is_untested")
    op.drop_column("homes", "since_us")
