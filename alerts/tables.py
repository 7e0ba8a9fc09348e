"""Tables of the ledger; times are microseconds since 1970 UTC (``*_us``).

``place``, ``home``, ``gateway`` and ``sensor`` hold ids, never names.
"""

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
    UniqueConstraint,
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

alerts: Final = Table(
    "alerts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("place", String(40), nullable=False),
    Column("home", String(40), nullable=True, index=True),
    Column("gateway", String(40), nullable=True),
    Column("sensor", String(40), nullable=True),
    Column("kind", String(40), nullable=False),
    Column("priority", String(2), nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("step", Integer, nullable=False),
    Column("is_eased", Boolean, nullable=False),
    Column("is_late", Boolean, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("onset_us", BigInteger, nullable=False),
    Column("raised_us", BigInteger, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("short_text", String(160), nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("acknowledged_by", String(40), nullable=True),
    Column("acknowledged_us", BigInteger, nullable=True),
    Column("attending_by", String(40), nullable=True),
    Column("attending_us", BigInteger, nullable=True),
    Column("resolved_by", String(40), nullable=True),
    Column("resolved_us", BigInteger, nullable=True),
    Column("outcome", String(40), nullable=True),
    Column("note", Text, nullable=False),
    Column("is_test", Boolean, nullable=False, server_default=false()),
    Index("ix_alerts_queue", "place", "state", "priority", "raised_us"),
)
history: Final = Table(
    "alert_history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("alert", ForeignKey("alerts.id"), nullable=False, index=True),
    Column("at_us", BigInteger, nullable=False),
    Column("event", String(20), nullable=False),
    Column("state_from", String(20), nullable=False),
    Column("state_to", String(20), nullable=False),
    Column("actor", String(40), nullable=False),
    Column("note", Text, nullable=False),
    sqlite_autoincrement=True,
)
escalations: Final = Table(
    "escalations",
    metadata,
    Column("alert", ForeignKey("alerts.id"), primary_key=True),
    Column("due_us", BigInteger, nullable=True, index=True),
    Column("rung", Integer, nullable=False),
    Column("loop", Integer, nullable=False),
    Column("rung_us", BigInteger, nullable=False),
    Column("is_everyone", Boolean, nullable=False, server_default=false()),
)
"""When the system acts next on an alert if no person does; ``due_us`` is None once it is over.

``rung`` is the next step of its ladder, ``rung_us`` when the last one was taken.
"""

handovers: Final = Table(
    "handovers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("place", String(40), nullable=False),
    Column("alert", ForeignKey("alerts.id"), nullable=False, index=True),
    Column("given_by", String(40), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("due_us", BigInteger, nullable=True, index=True),
    Column("accepted_by", String(40), nullable=True),
    Column("accepted_us", BigInteger, nullable=True),
    Column("told_us", BigInteger, nullable=True),
    Index("ix_handovers_place", "place", "at_us"),
    sqlite_autoincrement=True,
)
"""Alerts handed over at the end of a shift; ``due_us`` is None once accepted, over or told."""

contact_attempts: Final = Table(
    "contact_attempts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("alert", ForeignKey("alerts.id"), nullable=False, index=True),
    Column("contact", String(40), nullable=False),
    Column("contact_kind", String(20), nullable=False),
    Column("means", String(20), nullable=False),
    Column("actor", String(40), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("due_us", BigInteger, nullable=True, index=True),
    Column("result", String(20), nullable=True),
    Column("ended_us", BigInteger, nullable=True),
    Column("said", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Who was tried about an alert; ``contact`` is an id. With no result by ``due_us`` it moves on."""

outbox: Final = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("alert", ForeignKey("alerts.id"), nullable=False, index=True),
    Column("key", String(80), nullable=False, unique=True),
    Column("channel", String(20), nullable=False),
    Column("text", String(160), nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_us", BigInteger, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("sent_us", BigInteger, nullable=True),
    Column("error", String(200), nullable=False),
    Column("recipient", String(40), nullable=True),
    Column("rung", Integer, nullable=True),
    Column("receipt", String(80), nullable=True),
    Column("delivered_us", BigInteger, nullable=True),
    Index("ix_outbox_due", "state", "next_us"),
    sqlite_autoincrement=True,
)
changes: Final = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at_us", BigInteger, nullable=False),
    Column("place", String(40), nullable=False, index=True),
    Column("home", String(40), nullable=True),
    Column("alert", String(40), nullable=True),
    Column("what", String(20), nullable=False),
    sqlite_autoincrement=True,
)
"""The change feed; ``id`` is the Last-Event-ID of server-sent events."""

unwatched: Final = Table(
    "unwatched",
    metadata,
    Column("home", String(40), primary_key=True),
    Column("place", String(40), nullable=False, index=True),
    Column("since_us", BigInteger, nullable=False),
    Column("reason", String(20), nullable=False),
)
"""Homes that cannot be seen now: why, and since when."""

unwatched_times: Final = Table(
    "unwatched_times",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("home", String(40), nullable=False, index=True),
    Column("place", String(40), nullable=False),
    Column("since_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=True),
    Index("ix_unwatched_times_place", "place", "since_us"),
    sqlite_autoincrement=True,
)
"""Each time that a home could not be seen (offline.py); ``until_us`` is None while it cannot."""

welfare_calls: Final = Table(
    "welfare_calls",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("place", String(40), nullable=False, index=True),
    Column("home", String(40), nullable=False),
    Column("number", Integer, nullable=False),
    Column("called_by", String(40), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=True),
    Column("outcome", String(20), nullable=False),
    Column("said", Text, nullable=False),
    UniqueConstraint("home", "number", name="uq_welfare_calls_home"),
    sqlite_autoincrement=True,
)
"""Who calls, or called, about a home that cannot be seen; ``number`` counts those of a home.

One that was not ended by its caller holds nobody off after ``until_us``.
"""

heartbeats: Final = Table(
    "heartbeats",
    metadata,
    Column("process", String(20), primary_key=True),
    Column("beat_us", BigInteger, nullable=False),
    Column("now_us", BigInteger, nullable=False),
    Column("is_live", Boolean, nullable=False),
    Column("state", JSON, nullable=False),
)
"""Last beat of each process by the wall, the ``now`` of its clock, and what it reports."""

detector_modes: Final = Table(
    "detector_modes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("place", String(40), nullable=False),
    Column("detector", String(40), nullable=False),
    Column("mode", String(10), nullable=False),
    Column("since_us", BigInteger, nullable=False),
    Column("account", String(40), nullable=False),
    Column("evidence", Text, nullable=False),
    Column("without_evidence", Text, nullable=False),
    Column("judged_from_us", BigInteger, nullable=False),
    Column("judged_true", Integer, nullable=False),
    Column("judged_false", Integer, nullable=False),
    Column("judged_unclear", Integer, nullable=False),
    Index("ix_detector_modes_place", "place", "detector", "id"),
    sqlite_autoincrement=True,
)
"""Every switch ever made; of a place and detector the newest is in force. Never changed.

``judged_*`` is what people had said of its findings since ``judged_from_us`` by then.
"""

shadow_findings: Final = Table(
    "shadow_findings",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("place", String(40), nullable=False),
    Column("home", String(40), nullable=False, index=True),
    Column("gateway", String(40), nullable=False),
    Column("sensor", String(40), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("priority", String(2), nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("onset_us", BigInteger, nullable=False),
    Column("found_us", BigInteger, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("is_late", Boolean, nullable=False),
    Column("state", String(20), nullable=False),
    Column("ended_us", BigInteger, nullable=True),
    Column("note", Text, nullable=False),
    Index("ix_shadow_findings_place", "place", "found_us"),
    Index("ix_shadow_findings_state", "state"),
)
"""Findings that were not sent. The id is the one that the alert would have had."""

adjudications: Final = Table(
    "adjudications",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("finding", ForeignKey("shadow_findings.id"), nullable=False, index=True),
    Column("said", String(10), nullable=False),
    Column("account", String(40), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""What people said of shadow findings; of one finding the newest counts. Never changed."""

calibrations: Final = Table(
    "calibrations",
    metadata,
    Column("place", String(40), primary_key=True),
    Column("at_us", BigInteger, primary_key=True, autoincrement=False),
    Column("budget", Float, nullable=False),
    Column("is_applied", Boolean, nullable=False),
    Column("z", Float, nullable=False),
    Column("expected", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("fixed", Float, nullable=False),
    Column("homes", Integer, nullable=False),
    Column("needed", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("is_at_edge", Boolean, nullable=False),
)
"""What each place's budget came to, a row a local day; rates per 100 homes a week."""

cap_proposals: Final = Table(
    "cap_proposals",
    metadata,
    Column("home", String(40), primary_key=True),
    Column("place", String(40), nullable=False, index=True),
    Column("from_min", Integer, nullable=False),
    Column("to_min", Integer, nullable=False),
    Column("cap_h", Float, nullable=False),
    Column("count", Integer, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
"""Longer caps that the engine proposes now; only a named person may accept one."""

leases: Final = Table(
    "leases",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", String(40), nullable=False),
    Column("beats", BigInteger, nullable=False),
)
"""Which worker acts (see lease.py): every worker that takes over adds one to ``epoch``."""
