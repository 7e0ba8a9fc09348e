"""Tables of installing: credentials, what is replaced or moved, installations and walk tests."""

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    CompoundSelect,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    select,
)
from sqlalchemy import UniqueConstraint as Unique

from config.tables import gateways, metadata

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

replaced_gateways: Final = Table(
    "replaced_gateways",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("gateway", ForeignKey("gateways.number"), nullable=False, index=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("replaced_us", BigInteger, nullable=False),
    Column("replaced_by", String(40), nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=True),
    Column("why", String(200), nullable=False),
    sqlite_autoincrement=True,
)
"""Boxes that another took the place of: the id that each had, and until when it is heard."""

replaced_sensors: Final = Table(
    "replaced_sensors",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("sensor", ForeignKey("sensors.number"), nullable=False, index=True),
    Column("was_gateway", ForeignKey("gateways.number"), nullable=False),
    Column("dialect", String(20), nullable=False),
    Column("address", String(255), nullable=False),
    Column("model", String(80), nullable=False),
    Column("replaced_us", BigInteger, nullable=False),
    Column("replaced_by", String(40), nullable=False),
    Column("why", String(200), nullable=False),
    sqlite_autoincrement=True,
)
"""Sensors in whose place another device was put, and where the old one was heard until then."""

device_moves: Final = Table(
    "device_moves",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("home", ForeignKey("homes.number"), nullable=False, index=True),
    Column("to_home", ForeignKey("homes.number"), nullable=False, index=True),
    Column("gateway", ForeignKey("gateways.number"), nullable=True),
    Column("to_gateway", ForeignKey("gateways.number"), nullable=True),
    Column("devices", JSON, nullable=False),
    Column("why", Text, nullable=False),
    Column("proposed_by", String(40), nullable=False),
    Column("proposed_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("decided_by", String(40), nullable=False),
    Column("decided_us", BigInteger, nullable=True),
    Column("said", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Moves of devices from home to home that one person proposed, and what a second one decided.

``gateway`` is set where it moves whole, ``to_gateway`` where devices go to another.
"""

announcements: Final = Table(
    "announcements",
    metadata,
    Column("gateway", ForeignKey("gateways.number"), primary_key=True),
    Column("source", String(20), primary_key=True),
    Column("first_us", BigInteger, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("left_out", Integer, nullable=False),
)
"""When a gateway first and last announced its devices, by source; ``left_out`` had no room."""

announced_devices: Final = Table(
    "announced_devices",
    metadata,
    Column("gateway", ForeignKey("gateways.number"), primary_key=True),
    Column("source", String(20), primary_key=True),
    Column("ieee", String(18), primary_key=True, index=True),
    Column("name", String(255), nullable=False),
    Column("model", String(80), nullable=False),
    Column("vendor", String(80), nullable=False),
    Column("kinds", String(300), nullable=False),
    Column("first_us", BigInteger, nullable=False),
    Column("gone_us", BigInteger, nullable=True),
)
"""The devices that gateways announce (see announced.py); a name that may be a person's is empty."""


def ids_of(mine: ColumnElement[bool]) -> CompoundSelect[Any]:
    """Return the query of the ids of these gateways, and of the boxes that they replaced."""
    numbers = select(gateways.c.number).where(mine)
    old = select(replaced_gateways.c.id).where(replaced_gateways.c.gateway.in_(numbers))
    return select(gateways.c.id).where(mine).union_all(old)
