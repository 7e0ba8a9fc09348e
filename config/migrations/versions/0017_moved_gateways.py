"""Places under which gateways of moved homes may still publish."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "gateway_topics",
        sa.Column("gateway", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["gateway"], ["gateways.number"], name=op.f("fk_gateway_topics_gateway_gateways")
        ),
        sa.PrimaryKeyConstraint("gateway", "place", name=op.f("pk_gateway_topics")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("gateway_topics")
