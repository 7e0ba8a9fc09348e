"""Ladders and rotas as saved, how accounts want to be told, and to whom a message goes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and the columns."""
    op.create_table(
        "declarations",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declarations")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_declarations_place", "declarations", ["place", "subject", "id"])
    op.create_table(
        "recipients",
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("apprise", sa.String(length=500), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("quiet_from", sa.String(length=5), nullable=False),
        sa.Column("quiet_to", sa.String(length=5), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name=op.f("fk_recipients_account_accounts")
        ),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_recipients")),
    )
    op.add_column(
        "escalations",
        sa.Column("is_everyone", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("outbox", sa.Column("recipient", sa.String(length=40), nullable=True))
    op.add_column("outbox", sa.Column("rung", sa.Integer(), nullable=True))
    op.add_column("outbox", sa.Column("receipt", sa.String(length=80), nullable=True))
    op.add_column("outbox", sa.Column("delivered_us", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in ("delivered_us", "receipt", "rung", "recipient"):
        op.drop_column("outbox", name)
    op.drop_column("escalations", "is_everyone")
    op.drop_table("recipients")
    op.drop_index("ix_declarations_place", table_name="declarations")
    op.drop_table("declarations")
