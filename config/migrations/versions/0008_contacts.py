"""Whom to call about a home, and who was tried about an alert."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "contacts",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("home", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("relation", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("has_key", sa.Boolean(), nullable=False),
        sa.Column("wait_min", sa.Float(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=40), nullable=False),
        sa.Column("confirmed_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["home"], ["homes.number"], name=op.f("fk_contacts_home_homes")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_contacts")),
        sa.UniqueConstraint("id", name=op.f("uq_contacts_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_contacts_home"), "contacts", ["home"])
    op.create_table(
        "contact_attempts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("alert", sa.String(length=40), nullable=False),
        sa.Column("contact", sa.String(length=40), nullable=False),
        sa.Column("contact_kind", sa.String(length=20), nullable=False),
        sa.Column("means", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=20), nullable=True),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert"], ["alerts.id"], name=op.f("fk_contact_attempts_alert_alerts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_contact_attempts_alert"), "contact_attempts", ["alert"])
    op.create_index(op.f("ix_contact_attempts_due_us"), "contact_attempts", ["due_us"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_contact_attempts_due_us"), table_name="contact_attempts")
    op.drop_index(op.f("ix_contact_attempts_alert"), table_name="contact_attempts")
    op.drop_table("contact_attempts")
    op.drop_index(op.f("ix_contacts_home"), table_name="contacts")
    op.drop_table("contacts")
