"""Devices move between homes by two people: moves, sensors that ended, homes that are left bare."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_KEY = ("gateway", "dialect", "address", "kind")
_UNIQUE = "uq_sensors_gateway_dialect_address_kind"


def upgrade() -> None:
    """Create the table and the columns; an address is taken by a sensor that has not ended."""
    op.add_column(
        "homes", sa.Column("bare_us", sa.BigInteger(), nullable=False, server_default="0")
    )
    last = _last_number()
    with op.batch_alter_table("sensors", table_kwargs={"sqlite_autoincrement": True}) as sensors:
        sensors.add_column(
            sa.Column("since_us", sa.BigInteger(), nullable=False, server_default="0")
        )
        sensors.add_column(sa.Column("ended_us", sa.BigInteger(), nullable=True))
        sensors.drop_constraint(_UNIQUE, type_="unique")
    _keep_number(last)
    stands = sa.text("ended_us IS NULL")
    op.create_index(
        "uq_sensors_standing",
        "sensors",
        list(_KEY),
        unique=True,
        sqlite_where=stands,
        postgresql_where=stands,
    )
    op.create_table(
        "device_moves",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("home", sa.Integer(), nullable=False),
        sa.Column("to_home", sa.Integer(), nullable=False),
        sa.Column("gateway", sa.Integer(), nullable=True),
        sa.Column("to_gateway", sa.Integer(), nullable=True),
        sa.Column("devices", sa.JSON(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("proposed_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=False),
        sa.Column("decided_us", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["home"], ["homes.number"], name=op.f("fk_device_moves_home_homes")
        ),
        sa.ForeignKeyConstraint(
            ["to_home"], ["homes.number"], name=op.f("fk_device_moves_to_home_homes")
        ),
        sa.ForeignKeyConstraint(
            ["gateway"], ["gateways.number"], name=op.f("fk_device_moves_gateway_gateways")
        ),
        sa.ForeignKeyConstraint(
            ["to_gateway"], ["gateways.number"], name=op.f("fk_device_moves_to_gateway_gateways")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_device_moves")),
        sa.UniqueConstraint("id", name=op.f("uq_device_moves_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_device_moves_home"), "device_moves", ["home"])
    op.create_index(op.f("ix_device_moves_to_home"), "device_moves", ["to_home"])


def downgrade() -> None:
    """Drop them. Sensors that ended go too: at one address only one could stand."""
    op.drop_index(op.f("ix_device_moves_to_home"), table_name="device_moves")
    op.drop_index(op.f("ix_device_moves_home"), table_name="device_moves")
    op.drop_table("device_moves")
    ended = "SELECT number FROM sensors WHERE ended_us IS NOT NULL"
    op.execute(f"DELETE FROM replaced_sensors WHERE sensor IN ({ended})")  # noqa: S608  # ours
    op.execute("DELETE FROM sensors WHERE ended_us IS NOT NULL")
    op.drop_index("uq_sensors_standing", table_name="sensors")
    last = _last_number()
    with op.batch_alter_table("sensors", table_kwargs={"sqlite_autoincrement": True}) as sensors:
        sensors.drop_column("ended_us")
        sensors.drop_column("since_us")
        sensors.create_unique_constraint(_UNIQUE, list(_KEY))
    _keep_number(last)
    op.drop_column("homes", "bare_us")


def _last_number() -> int:
    """Return the highest number that SQLite ever gave a sensor; a copied table forgets it."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return 0
    query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'sensors'")
    return int(connection.execute(query).scalar() or 0)


def _keep_number(last: int) -> None:
    """Give no number again that a sensor had."""
    if last:
        connection = op.get_bind()
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'sensors'"))
        connection.execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('sensors', :last)"),
            {"last": last},
        )
