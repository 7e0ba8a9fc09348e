"""Where audit chains begin once their oldest rows have gone."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "audit_starts",
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_audit_starts")),
    )


def downgrade() -> None:
    """Drop it: chains whose oldest rows have gone do not verify without it."""
    op.drop_table("audit_starts")
