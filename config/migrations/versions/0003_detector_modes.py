"""Modes of detectors, what they found in shadow, and what people said of it."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "detector_modes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("detector", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("without_evidence", sa.Text(), nullable=False),
        sa.Column("judged_from_us", sa.BigInteger(), nullable=False),
        sa.Column("judged_true", sa.Integer(), nullable=False),
        sa.Column("judged_false", sa.Integer(), nullable=False),
        sa.Column("judged_unclear", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detector_modes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_detector_modes_place", "detector_modes", ["place", "detector", "id"])
    op.create_table(
        "shadow_findings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("home", sa.String(length=40), nullable=False),
        sa.Column("gateway", sa.String(length=40), nullable=False),
        sa.Column("sensor", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("priority", sa.String(length=2), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("onset_us", sa.BigInteger(), nullable=False),
        sa.Column("found_us", sa.BigInteger(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_findings")),
    )
    op.create_index(op.f("ix_shadow_findings_home"), "shadow_findings", ["home"])
    op.create_index("ix_shadow_findings_place", "shadow_findings", ["place", "found_us"])
    op.create_index("ix_shadow_findings_state", "shadow_findings", ["state"])
    op.create_table(
        "adjudications",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("finding", sa.String(length=40), nullable=False),
        sa.Column("said", sa.String(length=10), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding"],
            ["shadow_findings.id"],
            name=op.f("fk_adjudications_finding_shadow_findings"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjudications")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_adjudications_finding"), "adjudications", ["finding"])
    _keep_live()


def _keep_live() -> None:
    """Leave live what was: an upgrade that sends nothing any more would lose somebody.

    New places, and detectors that come with or after this revision, start in shadow.
    """
    query = sa.text("SELECT DISTINCT place FROM homes ORDER BY place")
    places = op.get_bind().execute(query).scalars().all()
    names = ("place", "detector", "mode", "account", "evidence", "without_evidence")
    numbers = ("since_us", "judged_from_us", "judged_true", "judged_false", "judged_unclear")
    texts = [sa.column(name, sa.String) for name in names]
    counts = [sa.column(name, sa.BigInteger) for name in numbers]
    rows = [
        {
            **dict.fromkeys(numbers, 0),
            "place": place,
            "detector": detector,
            "mode": "live",
            "since_us": time.time_ns() // 1000,
            "account": "upgrade",
            "evidence": "It was live before detectors had modes.",
            "without_evidence": "Nobody judged findings before this upgrade.",
        }
        for place in places
        for detector in ("inactivity", "cold")
    ]
    op.bulk_insert(sa.table("detector_modes", *texts, *counts), rows)


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_adjudications_finding"), table_name="adjudications")
    op.drop_table("adjudications")
    op.drop_index("ix_shadow_findings_state", table_name="shadow_findings")
    op.drop_index("ix_shadow_findings_place", table_name="shadow_findings")
    op.drop_index(op.f("ix_shadow_findings_home"), table_name="shadow_findings")
    op.drop_table("shadow_findings")
    op.drop_index("ix_detector_modes_place", table_name="detector_modes")
    op.drop_table("detector_modes")
