"""Tables of the household record: who lives in a home and where, sealed; and of entering it."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from config.tables import metadata

households: Final = Table(
    "households",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("home", ForeignKey("homes.number"), nullable=False, unique=True),
    Column("revision", Integer, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("key_safe", Text, nullable=False),
    Column("barred", Text, nullable=False),
    Column("saved_by", String(40), nullable=False),
    Column("saved_us", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""One row a home, sealed under ``household:ID``: address and what matters at the door.

``key_safe`` is the code and ``barred`` the telephone numbers that may never be a contact again;
each is sealed by itself, or empty. ``revision`` grows with each change.
"""

persons: Final = Table(
    "persons",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("home", ForeignKey("homes.number"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("sealed", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Who is watched over in a home, each sealed under ``person:ID``: a key a person."""

drafts: Final = Table(
    "drafts",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("place", String(40), nullable=False, index=True),
    Column("account", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("sealed", Text, nullable=False),
    Column("saved_us", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Enrolments that somebody has begun and not ended, sealed under ``draft:ID``."""

imports: Final = Table(
    "imports",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("place", String(40), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("account", ForeignKey("accounts.id"), nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("began_us", BigInteger, nullable=False),
    Column("saved_us", BigInteger, nullable=False),
    Unique("place", "digest"),
    sqlite_autoincrement=True,
)
"""How far each file of households came: ``done`` of its ``total`` rows are enrolled."""

requests: Final = Table(
    "requests",
    metadata,
    Column("account", ForeignKey("accounts.id"), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index("ix_requests_at_us", "at_us"),
)
"""Requests that came with an idempotency key, and what was answered: ids only."""

former_addresses: Final = Table(
    "former_addresses",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("home", ForeignKey("homes.number"), nullable=False, index=True),
    Column("from_on", String(10), nullable=False),
    Column("until_on", String(10), nullable=False),
    Column("was_since_us", BigInteger, nullable=False),
    Column("was_untested", Boolean, nullable=False),
    Column("moved_us", BigInteger, nullable=False),
    Column("moved_by", String(40), nullable=False),
    Column("sealed", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Where a home was before it moved (see house_moves.py), sealed under ``former:ID``: a key each."""
