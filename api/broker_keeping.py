"""``stillwell broker``: keeps the broker's files as the registry says.

A process of its own, with the broker's rights and on its machine: the worker reads what strangers
send, and must not be able to say who may connect. It works while the worker is down.
"""

import signal
import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from sqlalchemy import Connection, Engine

from alerts import heartbeats
from api import broker_files, wiring
from api.broker_files import Kept
from api.broker_seen import MosquittoLog, NatsMonitor, Witness
from api.health import BROKER
from config import credentials, registry
from config.credential_hashes import Hashes
from config.settings import Broker, Settings
from ingest.broker_files import fingerprint
from ingest.clock import SystemClock, microseconds

_log = structlog.get_logger(__name__)

LOOK_S: Final = 0.2
"""How often the registry's revision is looked at: a part of the second that revoking may take."""

BEAT_S: Final = 1.0

Tell = Callable[[str], None]


class Keeping:
    """Renders, replaces and reloads when what the registry says of gateways has changed."""

    def __init__(
        self, database: Engine, kept: Kept, worker: tuple[str, Hashes], witness: Witness | None
    ) -> None:
        self._database, self._kept, self._worker = database, kept, worker
        self._witness = witness
        self._revision = -1
        self._end_us: int | None = None
        self._is_told = False
        self._beat_s = 0.0
        self.fingerprint = ""
        """What the files hold."""
        self.problem = ""
        """Why the broker may not know what they hold; empty when it was told."""

    def step(self, now_us: int) -> bool:
        """Bring the files up to date if anything changed; return whether they did."""
        with self._database.connect() as connection:
            revision = registry.revision(connection)
            is_over = self._end_us is not None and now_us >= self._end_us
            if revision == self._revision and not is_over:
                return False
            users = broker_files.gateways(connection, self._kept.kind, now_us)
            end_us = credentials.next_end_us(connection, now_us)
        files = broker_files.texts(self._kept.kind, self._worker, users)
        if self._revision < 0:
            broker_files.expect_ours(self._kept.folder, list(files))
        has_changed = broker_files.replace(self._kept.folder, files)
        self._revision, self._end_us = revision, end_us
        self.fingerprint = fingerprint(users)
        if has_changed:
            self._is_told = False
        self.tell()
        if has_changed:
            _log.info("broker_files_replaced", users=len(users), problem=self.problem)
        return has_changed

    def tell(self) -> None:
        """Tell the broker to read its files, unless it has been told."""
        if not self._is_told:
            self.problem = broker_files.reload(self._kept)
            self._is_told = not self.problem

    def look(self, now_us: int) -> None:
        """Ask the broker whether new credentials are in use, so that the old ones end."""
        if self._witness is None:
            return
        with self._database.connect() as connection:
            waiting = credentials.unseen(connection, now_us)
        found = self._witness.seen(waiting) if waiting else []
        if found:
            with self._database.begin() as connection:
                credentials.see(connection, found, now_us)

    def beat(self, now_us: int) -> None:
        """Say what the files hold, for `stillwell check`."""
        with self._database.begin() as connection:
            write_beat(connection, now_us, self.fingerprint, self.problem)

    def run(self, stop: threading.Event) -> None:
        """Keep them until told to stop; a failure is told and tried again."""
        while not stop.is_set():
            now_us = microseconds(SystemClock().now())
            try:
                self.step(now_us)
                if time.monotonic() - self._beat_s >= BEAT_S:
                    self._beat_s = time.monotonic()
                    self.tell()
                    self._look_and_beat(now_us)
            except Exception as problem:  # noqa: BLE001  # tried again: revoking must not end with it
                self.problem = f"{type(problem).__name__}: {problem}"
                _log.exception("broker_files_failed")
                stop.wait(BEAT_S)
            stop.wait(LOOK_S)

    def _look_and_beat(self, now_us: int) -> None:
        try:
            self.look(now_us)
        except (OSError, ValueError) as problem:
            _log.warning("broker_not_asked", error=f"{type(problem).__name__}")
        self.beat(now_us)


def write_beat(connection: Connection, now_us: int, held: str, problem: str) -> None:
    """Write what the broker's files hold."""
    values = {
        "beat_us": now_us,
        "now_us": now_us,
        "is_live": True,
        "state": {"fingerprint": held, "problem": problem},
    }
    heartbeats.write(connection, BROKER, values)


def witness_of(broker: Broker) -> Witness | None:
    """Return who can be asked which users were let in; None where the settings name nobody."""
    if broker.kind == "mosquitto" and broker.log_file is not None:
        return MosquittoLog(broker.log_file)
    if broker.kind == "nats" and broker.monitor_url:
        return NatsMonitor(broker.monitor_url)
    return None


def build(settings: Settings) -> Keeping:
    """Return what keeps the files; ConfigProblem says which setting is missing or wrong."""
    kept, worker = broker_files.kept_by(settings), broker_files.worker_hashes(settings)
    database = wiring.open_database(settings)
    return Keeping(database, kept, worker, witness_of(settings.broker))


def run(settings: Settings) -> None:
    """Keep the files until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    keeping = build(settings)
    keeping.step(microseconds(SystemClock().now()))
    keeping.run(stop)


def render(settings: Settings, *, is_dry_run: bool, tell: Tell) -> None:
    """Bring the files up to date once, and say who is refused."""
    keeping, now_us = build(settings), microseconds(SystemClock().now())
    database, kept = wiring.open_database(settings), broker_files.kept_by(settings)
    with database.connect() as connection:
        users = len(broker_files.gateways(connection, kept.kind, now_us))
        refused = credentials.without(connection, now_us)
    if refused:
        tell(f"{refused:,} gateways have no credential: {kept.kind} will refuse them")
    if is_dry_run:
        tell(f"{users:,} users of gateways and the worker's; nothing was written (--dry-run)")
        return
    has_changed = keeping.step(now_us)
    keeping.beat(now_us)
    state = "replaced" if has_changed else "as they were"
    tell(f"{kept.folder}: {users:,} users of gateways and the worker's, {state}")
    if keeping.problem:
        tell(keeping.problem)
