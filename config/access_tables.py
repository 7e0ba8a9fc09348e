"""Tables of how people come in: invitations, second factors, API tokens, providers, break-glass.

Secrets that we only compare are kept as SHA-256; times are microseconds since 1970 UTC.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from config.tables import metadata

invitations: Final = Table(
    "invitations",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("created_by", String(40), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
)
"""One-time links by which an account gets its password; a used one is deleted."""

second_factors: Final = Table(
    "second_factors",
    metadata,
    Column("account", ForeignKey("accounts.id"), primary_key=True),
    Column("confirmed_us", BigInteger, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("sealed", Text, nullable=False, server_default=""),
)
"""The TOTP secret of an account, sealed (see vault.py); ``confirmed_us`` is 0 until a first code
was right.

``last_step`` is the 30-second step of the newest code that was taken, so that none is taken twice.
"""

recovery_codes: Final = Table(
    "recovery_codes",
    metadata,
    Column("account", ForeignKey("accounts.id"), primary_key=True),
    Column("code_hash", String(64), primary_key=True),
)
"""What replaces a lost telephone, each once."""

api_tokens: Final = Table(
    "api_tokens",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("scope", String(10), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("used_us", BigInteger, nullable=False),
)
"""Tokens for programs: they act as their account, within their scope; 0 is "never used"."""

identities: Final = Table(
    "identities",
    metadata,
    Column("issuer", String(200), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("account", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("linked_us", BigInteger, nullable=False),
)
"""Whom a place's identity provider means by a subject."""

provider_visits: Final = Table(
    "provider_visits",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("place", String(40), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("leads_to", String(2000), nullable=False),
    Column("expires_us", BigInteger, nullable=False),
)
"""Somebody who was sent to an identity provider and is expected back."""

break_glass: Final = Table(
    "break_glass",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("place", String(40), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("opened_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("seen_by", String(40), nullable=False),
    Column("seen_us", BigInteger, nullable=False),
)
"""Emergency access to a place's homes, until when, and who of governance took notice of it."""
