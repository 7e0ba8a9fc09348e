"""What the web process works with; ``api/wiring.py`` builds it, tests build their own."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

from alerts.ledger import Ledger
from config.places import Place
from config.sensor_table import SensorTable
from config.settings import Broker
from config.vault import Vault
from ingest.clock import Instant, SystemClock
from ingest.dead_letters import DeadLetters
from ingest.sink import Store


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything that a request may touch.

    ``store`` and ``dead_letters`` return None until the worker has made their files. ``clock``
    is the ``now`` of homes and alerts (virtual during a replay); ``wall`` that of sessions and
    heartbeats. ``shutdown`` ends every live stream once it is set, also from a signal handler.
    """

    database: Engine
    vault: Vault
    places: Mapping[str, Place]
    store: Callable[[], Store | None]
    dead_letters: Callable[[], DeadLetters | None]
    ledger: Ledger
    clock: Callable[[], Instant]
    table: Callable[[], SensorTable]
    checkpoint: Path | None = None
    """The engine's memory, where this process may read it."""

    store_kind: str = "embedded"
    """Which store keeps the readings, as the settings call it."""

    session_hours: float = 12.0
    is_secure: bool = True
    address: str = ""
    security_contact: str = ""
    support_ends: str = ""
    is_private_webhook_allowed: bool = False
    log_days: float = 400.0
    """Days for which the engine's log is kept."""

    broker: Broker = field(default_factory=Broker)
    rehearse: Callable[[int], None] | None = None
    """Runs the rehearsal of this number beside the pages; None where none can run."""

    wall: Callable[[], Instant] = SystemClock().now
    shutdown: threading.Event = field(default_factory=threading.Event)
