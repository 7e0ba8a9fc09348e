"""The household record: who lives in a home and where, sealed; drafts, imports and requests."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "households",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("home", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("key_safe", sa.Text(), nullable=False),
        sa.Column("barred", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.String(length=40), nullable=False),
        sa.Column("saved_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["home"], ["homes.number"], name=op.f("fk_households_home_homes")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_households")),
        sa.UniqueConstraint("home", name=op.f("uq_households_home")),
        sa.UniqueConstraint("id", name=op.f("uq_households_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "persons",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("home", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["home"], ["homes.number"], name=op.f("fk_persons_home_homes")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_persons")),
        sa.UniqueConstraint("id", name=op.f("uq_persons_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_persons_home"), "persons", ["home"])
    _entering()


def _entering() -> None:
    op.create_table(
        "drafts",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("saved_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name=op.f("fk_drafts_account_accounts")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_drafts")),
        sa.UniqueConstraint("id", name=op.f("uq_drafts_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_drafts_account"), "drafts", ["account"])
    op.create_index(op.f("ix_drafts_place"), "drafts", ["place"])
    op.create_table(
        "imports",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("began_us", sa.BigInteger(), nullable=False),
        sa.Column("saved_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name=op.f("fk_imports_account_accounts")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_imports")),
        sa.UniqueConstraint("place", "digest", name=op.f("uq_imports_place_digest")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "requests",
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name=op.f("fk_requests_account_accounts")
        ),
        sa.PrimaryKeyConstraint("account", "key", name=op.f("pk_requests")),
    )
    op.create_index("ix_requests_at_us", "requests", ["at_us"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_requests_at_us", table_name="requests")
    for table in ("requests", "imports"):
        op.drop_table(table)
    op.drop_index(op.f("ix_drafts_place"), table_name="drafts")
    op.drop_index(op.f("ix_drafts_account"), table_name="drafts")
    op.drop_table("drafts")
    op.drop_index(op.f("ix_persons_home"), table_name="persons")
    for table in ("persons", "households"):
        op.drop_table(table)
