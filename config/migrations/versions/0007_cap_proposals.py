"""Longer caps that are proposed, and why and by whom an accepted one was taken on and back."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and the columns."""
    for name, kind in (("why", sa.Text()), ("ended_by", sa.String(length=40))):
        op.add_column("allowances", sa.Column(name, kind, nullable=False, server_default=""))
    op.create_table(
        "cap_proposals",
        sa.Column("home", sa.String(40), nullable=False),
        sa.Column("place", sa.String(40), nullable=False),
        sa.Column("from_min", sa.Integer, nullable=False),
        sa.Column("to_min", sa.Integer, nullable=False),
        sa.Column("cap_h", sa.Float, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("home", name="pk_cap_proposals"),
    )
    op.create_index("ix_cap_proposals_place", "cap_proposals", ["place"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_cap_proposals_place", table_name="cap_proposals")
    op.drop_table("cap_proposals")
    for name in ("ended_by", "why"):
        op.drop_column("allowances", name)
