"""What gateways announce of themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "announcements",
        sa.Column("gateway", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("first_us", sa.BigInteger(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["gateway"], ["gateways.number"], name=op.f("fk_announcements_gateway_gateways")
        ),
        sa.PrimaryKeyConstraint("gateway", "source", name=op.f("pk_announcements")),
    )
    op.create_table(
        "announced_devices",
        sa.Column("gateway", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("ieee", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("vendor", sa.String(length=80), nullable=False),
        sa.Column("kinds", sa.String(length=300), nullable=False),
        sa.Column("first_us", sa.BigInteger(), nullable=False),
        sa.Column("gone_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["gateway"], ["gateways.number"], name=op.f("fk_announced_devices_gateway_gateways")
        ),
        sa.PrimaryKeyConstraint("gateway", "source", "ieee", name=op.f("pk_announced_devices")),
    )
    op.create_index(op.f("ix_announced_devices_ieee"), "announced_devices", ["ieee"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_announced_devices_ieee"), table_name="announced_devices")
    op.drop_table("announced_devices")
    op.drop_table("announcements")
