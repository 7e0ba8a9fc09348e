"""Tables of rehearsals that somebody began on a page: what was asked for, and what came of it."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from alerts.tables import metadata

_RUNNING: Final = text("state = 'running'")

rehearsals: Final = Table(
    "rehearsals",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("place", String(40), nullable=False, index=True),
    Column("account", String(40), nullable=False),
    Column("state", String(12), nullable=False),
    Column("begun_us", BigInteger, nullable=False),
    Column("beat_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=True, index=True),
    Column("start_us", BigInteger, nullable=False),
    Column("stop_us", BigInteger, nullable=False),
    Column("candidate", Text, nullable=False),
    Column("share", Float, nullable=False),
    Column("is_cancelled", Boolean, nullable=False),
    Column("problem", Text, nullable=False),
    Column("figures", Text, nullable=False),
    Index(
        "ix_rehearsals_running",
        "place",
        unique=True,
        sqlite_where=_RUNNING,
        postgresql_where=_RUNNING,
    ),
    sqlite_autoincrement=True,
)
"""One row a rehearsal; ``candidate`` and ``figures`` are JSON and name no home."""

homes: Final = Table(
    "rehearsal_homes",
    metadata,
    Column("rehearsal", ForeignKey("rehearsals.number"), primary_key=True),
    Column("home", String(40), primary_key=True),
)
"""Homes (ids) that a rehearsal tells of; none where it tells of all."""

alerts: Final = Table(
    "rehearsed_alerts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("rehearsal", ForeignKey("rehearsals.number"), nullable=False, index=True),
    Column("change", String(8), nullable=False),
    Column("alert", String(40), nullable=False),
    Column("home", String(40), nullable=True, index=True),
    Column("gateway", String(40), nullable=True),
    Column("kind", String(40), nullable=False),
    Column("priority", String(2), nullable=False),
    Column("before_us", BigInteger, nullable=True),
    Column("after_us", BigInteger, nullable=True),
    Column("sentence", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Every alert of either side; ``home`` and ``gateway`` are ids, None in what is of the place."""
