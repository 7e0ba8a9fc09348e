"""Gateways that were replaced, and until when the old ones are heard."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "replaced_gateways",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("gateway", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("replaced_us", sa.BigInteger(), nullable=False),
        sa.Column("replaced_by", sa.String(length=40), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["gateway"],
            ["gateways.number"],
            name=op.f("fk_replaced_gateways_gateway_gateways"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_replaced_gateways")),
        sa.UniqueConstraint("id", name=op.f("uq_replaced_gateways_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_replaced_gateways_gateway"), "replaced_gateways", ["gateway"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_replaced_gateways_gateway"), table_name="replaced_gateways")
    op.drop_table("replaced_gateways")
