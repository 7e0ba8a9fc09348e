"""Longer caps that named people accept for a stated time."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "allowances",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("home", sa.Integer(), nullable=False),
        sa.Column("is_out", sa.Boolean(), nullable=False),
        sa.Column("from_min", sa.Integer(), nullable=False),
        sa.Column("to_min", sa.Integer(), nullable=False),
        sa.Column("cap_h", sa.Float(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("accepted_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["home"], ["homes.number"], name=op.f("fk_allowances_home_homes")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_allowances")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_allowances_home"), "allowances", ["home"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_allowances_home"), table_name="allowances")
    op.drop_table("allowances")
