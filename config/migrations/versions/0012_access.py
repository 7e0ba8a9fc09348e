"""How people come in: invitations, second factors, API tokens, providers, break-glass."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _account(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    return (
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name=op.f(f"fk_{table}_account_accounts")
        ),
    )


def _us(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def upgrade() -> None:
    """Create the tables; sessions learn when they were renewed and whether a code is missing."""
    op.create_table(
        "invitations",
        _text("token_hash", 64),
        *_account("invitations"),
        _text("created_by", 40),
        *_us("created_us", "expires_us"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_account"), "invitations", ["account"])
    op.create_table(
        "second_factors",
        *_account("second_factors"),
        _text("secret", 64),
        *_us("confirmed_us", "last_step"),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        *_account("recovery_codes"),
        _text("code_hash", 64),
        sa.PrimaryKeyConstraint("account", "code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "api_tokens",
        _text("id", 40),
        *_account("api_tokens"),
        _text("name", 80),
        _text("token_hash", 64),
        _text("scope", 10),
        *_us("created_us", "expires_us", "used_us"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index(op.f("ix_api_tokens_account"), "api_tokens", ["account"])
    op.create_table(
        "identities",
        _text("issuer", 200),
        _text("subject", 255),
        *_account("identities"),
        *_us("linked_us"),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
    )
    op.create_index(op.f("ix_identities_account"), "identities", ["account"])
    op.create_table(
        "provider_visits",
        _text("state_hash", 64),
        _text("place", 40),
        _text("nonce", 64),
        _text("verifier", 128),
        _text("leads_to", 2000),
        *_us("expires_us"),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_provider_visits")),
    )
    op.create_table(
        "break_glass",
        _text("id", 40),
        *_account("break_glass"),
        _text("place", 40),
        sa.Column("reason", sa.Text(), nullable=False),
        *_us("opened_us", "until_us"),
        _text("seen_by", 40),
        *_us("seen_us"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass")),
    )
    op.create_index(op.f("ix_break_glass_account"), "break_glass", ["account"])
    op.create_index(op.f("ix_break_glass_place"), "break_glass", ["place"])
    op.add_column(
        "sessions", sa.Column("renewed_us", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column(
        "sessions",
        sa.Column("is_partial", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_column("is_partial")
        sessions.drop_column("renewed_us")
    for table in (
        "break_glass",
        "provider_visits",
        "identities",
        "api_tokens",
        "recovery_codes",
        "second_factors",
        "invitations",
    ):
        op.drop_table(table)
