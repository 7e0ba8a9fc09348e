"""Tables of installing: what gateways sign in with, who installs when, and walk tests."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table
from sqlalchemy import UniqueConstraint as Unique

from config.tables import metadata

credentials: Final = Table(
    "gateway_credentials",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("gateway", ForeignKey("gateways.number"), nullable=False, index=True),
    Column("username", String(60), nullable=False, unique=True),
    Column("mosquitto", String(200), nullable=False),
    Column("nats", String(80), nullable=False),
    Column("issued_us", BigInteger, nullable=False),
    Column("issued_by", String(40), nullable=False),
    Column("until_us", BigInteger, nullable=True),
    Column("seen_us", BigInteger, nullable=True),
    Column("ended_us", BigInteger, nullable=True),
    Column("ended_by", String(40), nullable=False),
    Column("why", String(200), nullable=False),
    sqlite_autoincrement=True,
)
"""What gateways sign in to the broker with, as hashes only; those that have ended stay."""

installations: Final = Table(
    "installations",
    metadata,
    Column("home", ForeignKey("homes.number"), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("made_by", String(40), nullable=False),
    Column("made_us", BigInteger, nullable=False),
)
"""On which local day an installer works in a home, and may see it."""

walk_tests: Final = Table(
    "walk_tests",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("home", ForeignKey("homes.number"), nullable=False, index=True),
    Column("from_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("account", String(40), nullable=False),
    Column("ended_us", BigInteger, nullable=True),
    Column("ended_by", String(40), nullable=False),
    Unique("home", "from_us"),
    sqlite_autoincrement=True,
)
"""Times in which the alarms of a home are tests, and who said so; they end by themselves."""
