"""Decisions to watch a home."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "consents",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("home", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=20), nullable=False),
        sa.Column("decided_on", sa.String(length=10), nullable=False),
        sa.Column("review_on", sa.String(length=10), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("purpose", sa.JSON(), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(length=40), nullable=False),
        sa.Column("withdrawn_us", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=40), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["home"], ["homes.number"], name=op.f("fk_consents_home_homes")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_consents")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_consents_home"), "consents", ["home"])
    op.create_index(op.f("ix_consents_review_on"), "consents", ["review_on"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_consents_review_on"), table_name="consents")
    op.drop_index(op.f("ix_consents_home"), table_name="consents")
    op.drop_table("consents")
