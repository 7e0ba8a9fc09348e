"""What gateways sign in with, installers' days and walk tests."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "gateway_credentials",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("gateway", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=60), nullable=False),
        sa.Column("mosquitto", sa.String(length=200), nullable=False),
        sa.Column("nats", sa.String(length=80), nullable=False),
        sa.Column("issued_us", sa.BigInteger(), nullable=False),
        sa.Column("issued_by", sa.String(length=40), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.Column("seen_us", sa.BigInteger(), nullable=True),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=40), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["gateway"], ["gateways.number"], name=op.f("fk_gateway_credentials_gateway_gateways")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_gateway_credentials")),
        sa.UniqueConstraint("username", name=op.f("uq_gateway_credentials_username")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_gateway_credentials_gateway"), "gateway_credentials", ["gateway"])
    op.create_table(
        "installations",
        sa.Column("home", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["home"], ["homes.number"], name=op.f("fk_installations_home_homes")
        ),
        sa.PrimaryKeyConstraint("home", "day", name=op.f("pk_installations")),
    )
    op.create_table(
        "walk_tests",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("home", sa.Integer(), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["home"], ["homes.number"], name=op.f("fk_walk_tests_home_homes")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_walk_tests")),
        sa.UniqueConstraint("home", "from_us", name=op.f("uq_walk_tests_home_from_us")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_walk_tests_home"), "walk_tests", ["home"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_walk_tests_home"), table_name="walk_tests")
    op.drop_table("walk_tests")
    op.drop_table("installations")
    op.drop_index(op.f("ix_gateway_credentials_gateway"), table_name="gateway_credentials")
    op.drop_table("gateway_credentials")
