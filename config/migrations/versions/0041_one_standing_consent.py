"""One standing decision a home; of several that stood, the newest stays."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0042"
branch_labels = None
depends_on = None

_STANDS = sa.text("withdrawn_us IS NULL")


def upgrade() -> None:
    """End what a newer decision had replaced, and let no second one stand."""
    newer = "SELECT {} FROM consents AS n WHERE n.home = consents.home AND n.withdrawn_us IS NULL"
    last = newer.format("MAX(n.number)")
    when, who = (
        f"(SELECT {column} FROM consents AS l WHERE l.number = ({last}))"  # noqa: S608  # ours alone
        for column in ("l.recorded_us", "l.recorded_by")
    )
    op.execute(
        f"UPDATE consents SET withdrawn_us = {when}, withdrawn_by = {who}, why = 'replaced' "  # noqa: S608  # ours alone
        f"WHERE withdrawn_us IS NULL AND number < ({last})"
    )
    op.create_index(
        "uq_consents_standing",
        "consents",
        ["home"],
        unique=True,
        sqlite_where=_STANDS,
        postgresql_where=_STANDS,
    )


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("uq_consents_standing", table_name="consents")
