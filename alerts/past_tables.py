"""Tables of what entered the engine: the tick log, and the rosters and settings it names."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from alerts.tables import metadata

ticks: Final = Table(
    "tick_log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("what", String(8), nullable=False),
    Column("now_us", BigInteger, nullable=False, index=True),
    Column("told_us", BigInteger, nullable=False),
    Column("history", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("received_us", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("settings", String(16), nullable=False),
    Column("modes", BigInteger, nullable=False),
    Column("before_us", BigInteger, nullable=False),
    Column("folded_us", BigInteger, nullable=False),
    Column("since_us", BigInteger, nullable=False),
    Column("origin", BigInteger, nullable=False),
    Column("is_caught_up", Boolean, nullable=False),
    Column("count", Integer, nullable=False),
    Column("readings", LargeBinary, nullable=True),
    Column("strays", LargeBinary, nullable=True),
    sqlite_autoincrement=True,
)
"""One row a step of the engine that decided something: see ``alerts/tick_log.py``."""

rosters: Final = Table(
    "roster_history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("revision", BigInteger, nullable=False),
    Column("subject", String(8), nullable=False),
    Column("number", Integer, nullable=False),
    Column("fields", Text, nullable=False),
    Index("ix_roster_history_revision", "revision"),
    sqlite_autoincrement=True,
)
"""What changed at a revision: the fields of a home, gateway or sensor; empty when it is gone."""

settings: Final = Table(
    "settings_history",
    metadata,
    Column("hash", String(16), primary_key=True),
    Column("first_us", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
)
"""Settings of the engine and limits of every place, by their hash."""
