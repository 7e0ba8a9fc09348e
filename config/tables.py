"""Tables of the registry and of accounts; times are microseconds since 1970 UTC (``*_us``)."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""What this folder hands to the migrations."""

homes: Final = Table(
    "homes",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("place", String(40), nullable=False, index=True),
    Column("label", String(120), nullable=False),
    Column("state", String(20), nullable=False),
    Column("goes_out", String(20), nullable=False),
    Column("residents", Integer, nullable=False),
    Column("has_pets", Boolean, nullable=False),
    Column("risk_tier", Integer, nullable=False),
    Column("sector", String(6), nullable=False, server_default=""),
    Column("enrolled_us", BigInteger, nullable=False),
    Column("since_us", BigInteger, nullable=False, server_default="0"),
    Column("is_untested", Boolean, nullable=False, server_default=false()),
    Column("bare_us", BigInteger, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
gateways: Final = Table(
    "gateways",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("place", String(40), nullable=False, index=True),
    Column("home", ForeignKey("homes.number"), nullable=True),
    sqlite_autoincrement=True,
)
gateway_topics: Final = Table(
    "gateway_topics",
    metadata,
    Column("gateway", ForeignKey("gateways.number"), primary_key=True),
    Column("place", String(40), primary_key=True),
)
"""Places that a moved gateway had: it may publish under them until it is re-pointed."""

sensors: Final = Table(
    "sensors",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("home", ForeignKey("homes.number"), nullable=True, index=True),
    Column("gateway", ForeignKey("gateways.number"), nullable=False),
    Column("dialect", String(20), nullable=False),
    Column("address", String(255), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("room", String(40), nullable=False),
    Column("is_exit", Boolean, nullable=False),
    Column("model", String(80), nullable=False),
    Column("since_us", BigInteger, nullable=False, server_default="0"),
    Column("ended_us", BigInteger, nullable=True),
    sqlite_autoincrement=True,
)
"""Sensors; one that left its home has ``ended_us`` and keeps its number for what it once said."""

Index(
    "uq_sensors_standing",
    *(sensors.c.gateway, sensors.c.dialect, sensors.c.address, sensors.c.kind),
    unique=True,
    sqlite_where=sensors.c.ended_us.is_(None),
    postgresql_where=sensors.c.ended_us.is_(None),
)
roster: Final = Table(
    "roster",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
)
"""One row: the revision counter that a running worker watches."""

allowances: Final = Table(
    "allowances",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("home", ForeignKey("homes.number"), nullable=False, index=True),
    Column("is_out", Boolean, nullable=False),
    Column("from_min", Integer, nullable=False),
    Column("to_min", Integer, nullable=False),
    Column("cap_h", Float, nullable=False),
    Column("account", String(40), nullable=False),
    Column("accepted_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    Column("ended_by", String(40), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
"""Longer caps for one home that a named person accepted; ended ones stay, to be shown."""

overrides: Final = Table(
    "overrides",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("home", ForeignKey("homes.number"), nullable=False, index=True),
    Column("name", String(40), nullable=False),
    Column("value", Float, nullable=False),
    Column("account", String(40), nullable=False),
    Column("set_us", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    Column("ended_us", BigInteger),
    Column("ended_by", String(40), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
"""Detector settings of single homes (see overrides.py); ended ones stay, to be shown."""

visits: Final = Table(
    "visits",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("home", ForeignKey("homes.number"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("weekdays", Integer, nullable=False),
    Column("from_min", Integer, nullable=False),
    Column("to_min", Integer, nullable=False),
    Column("first_day", Integer, nullable=False),
    Column("last_day", Integer, nullable=False),
    Column("saved_by", String(40), nullable=False),
    Column("saved_us", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Booked visits, in local time (see visits.py)."""
pauses: Final = Table(
    "pauses",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("home", ForeignKey("homes.number"), nullable=False, index=True),
    Column("reason", String(20), nullable=False),
    Column("from_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("account", String(40), nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    Column("ended_us", BigInteger, nullable=True),
    Column("ended_by", String(40), nullable=False),
    sqlite_autoincrement=True,
)
"""Times for which a home is not watched, and who said so; ended ones stay: the past had them."""

consents: Final = Table(
    "consents",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("home", ForeignKey("homes.number"), nullable=False, index=True),
    Column("basis", String(20), nullable=False),
    Column("decided_by", String(20), nullable=False),
    Column("decided_on", String(10), nullable=False),
    Column("review_on", String(10), nullable=False, index=True),
    Column("reference", String(60), nullable=False),
    Column("purpose", JSON, nullable=False),
    Column("recorded_us", BigInteger, nullable=False),
    Column("recorded_by", String(40), nullable=False),
    Column("withdrawn_us", BigInteger, nullable=True),
    Column("withdrawn_by", String(40), nullable=False),
    Column("why", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Decisions to watch a home (see consents.py); those that were withdrawn stay, to be shown."""

Index(
    "uq_consents_standing",
    consents.c.home,
    unique=True,
    sqlite_where=consents.c.withdrawn_us.is_(None),
    postgresql_where=consents.c.withdrawn_us.is_(None),
)

legal_holds: Final = Table(
    "legal_holds",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("home", ForeignKey("homes.number"), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("set_by", String(40), nullable=False),
    Column("set_us", BigInteger, nullable=False),
    Column("lifted_us", BigInteger, nullable=True),
    Column("lifted_by", String(40), nullable=False),
    Column("lifted_why", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Times in which nothing of a home may be erased or expire, and who said so (see holds.py)."""

endings: Final = Table(
    "endings",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("home", ForeignKey("homes.number"), nullable=False, index=True),
    Column("reason", String(20), nullable=False),
    Column("ended_on", String(10), nullable=False),
    Column("was_state", String(20), nullable=False),
    Column("ended_us", BigInteger, nullable=False),
    Column("ended_by", String(40), nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("taken_back_us", BigInteger, nullable=True),
    Column("taken_back_by", String(40), nullable=False),
    Column("why", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Ends of enrolments (see endings.py); those that were taken back stay, and ``why`` says why."""

gone_subjects: Final = Table(
    "gone_subjects",
    metadata,
    Column("subject", String(80), primary_key=True),
    Column("place", String(40), nullable=False),
    Column("home", String(40), nullable=False, index=True),
    Column("gone_us", BigInteger, nullable=False, index=True),
)
"""Of which home (id) a subject of the audit log was whose own row has expired."""

contacts: Final = Table(
    "contacts",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("home", ForeignKey("homes.number"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("position", Integer, nullable=False),
    Column("language", String(2), nullable=False),
    Column("has_key", Boolean, nullable=False),
    Column("wait_min", Float, nullable=False),
    Column("confirmed_by", String(40), nullable=False),
    Column("confirmed_us", BigInteger, nullable=False),
    Column("sealed", Text, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
"""Whom to call about a home, by ``position``; ``confirmed_*`` says who vouched for it last.

Name, relation and telephone number are in ``sealed`` (see vault.py).
"""

keyring: Final = Table(
    "keyring",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("id", String(40), nullable=False),
)
"""One row: the keyring that holds the keys of what is sealed here."""

accounts: Final = Table(
    "accounts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("created_us", BigInteger, nullable=False),
)
grants: Final = Table(
    "grants",
    metadata,
    Column("account", ForeignKey("accounts.id"), primary_key=True),
    Column("place", String(40), primary_key=True),
    Column("role", String(20), primary_key=True),
)
sessions: Final = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("created_us", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("renewed_us", BigInteger, nullable=False, server_default="0"),
    Column("is_partial", Boolean, nullable=False, server_default=false()),
)
"""Who is signed in; a partial session still lacks the code of its second factor."""

recipients: Final = Table(
    "recipients",
    metadata,
    Column("account", ForeignKey("accounts.id"), primary_key=True),
    Column("email", String(254), nullable=False),
    Column("phone", String(20), nullable=False),
    Column("apprise", String(500), nullable=False),
    Column("language", String(2), nullable=False),
    Column("quiet_from", String(5), nullable=False),
    Column("quiet_to", String(5), nullable=False),
)
"""How an account wants to be told; an empty address is a channel that it does not have."""

declarations: Final = Table(
    "declarations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("place", String(40), nullable=False),
    Column("subject", String(20), nullable=False),
    Column("since_us", BigInteger, nullable=False),
    Column("account", String(40), nullable=False),
    Column("content", JSON, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    Index("ix_declarations_place", "place", "subject", "id"),
    sqlite_autoincrement=True,
)
"""What was ever decided for a place, and why; of a place and subject the newest is in force."""
webhooks: Final = Table(
    "webhooks",
    metadata,
    Column("place", String(40), primary_key=True),
    Column("url", String(500), nullable=False),
    Column("secret", String(64), nullable=False),
    Column("account", String(40), nullable=False),
    Column("since_us", BigInteger, nullable=False),
)
"""Where a place's events go; the secret signs them, so it must be kept as it is."""
audit: Final = Table(
    "audit",
    metadata,
    Column("place", String(40), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("actor", String(40), nullable=False),
    Column("what", String(40), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
"""What was done and seen, as a hash chain per place; only ever appended."""

audit_heads: Final = Table(
    "audit_heads",
    metadata,
    Column("place", String(40), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""The newest row of each chain."""

audit_starts: Final = Table(
    "audit_starts",
    metadata,
    Column("place", String(40), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""The newest row of each chain that has gone because the place keeps it no longer."""
