"""Ends of enrolments, and of what homes the gone subjects of the audit log were."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "endings",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("home", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("ended_on", sa.String(length=10), nullable=False),
        sa.Column("was_state", sa.String(length=20), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_by", sa.String(length=40), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("taken_back_us", sa.BigInteger(), nullable=True),
        sa.Column("taken_back_by", sa.String(length=40), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["home"], ["homes.number"], name=op.f("fk_endings_home_homes")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_endings")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_endings_home"), "endings", ["home"])
    op.create_table(
        "gone_subjects",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("home", sa.String(length=40), nullable=False),
        sa.Column("gone_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_gone_subjects")),
    )
    op.create_index(op.f("ix_gone_subjects_home"), "gone_subjects", ["home"])
    op.create_index(op.f("ix_gone_subjects_gone_us"), "gone_subjects", ["gone_us"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("gone_subjects")
    op.drop_index(op.f("ix_endings_home"), table_name="endings")
    op.drop_table("endings")
