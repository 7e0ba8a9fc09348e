"""Sensors in whose place another device was put, and the address that each had."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "replaced_sensors",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("sensor", sa.Integer(), nullable=False),
        sa.Column("was_gateway", sa.Integer(), nullable=False),
        sa.Column("dialect", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("replaced_us", sa.BigInteger(), nullable=False),
        sa.Column("replaced_by", sa.String(length=40), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["sensor"], ["sensors.number"], name=op.f("fk_replaced_sensors_sensor_sensors")
        ),
        sa.ForeignKeyConstraint(
            ["was_gateway"],
            ["gateways.number"],
            name=op.f("fk_replaced_sensors_was_gateway_gateways"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_replaced_sensors")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_replaced_sensors_sensor"), "replaced_sensors", ["sensor"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_replaced_sensors_sensor"), table_name="replaced_sensors")
    op.drop_table("replaced_sensors")
