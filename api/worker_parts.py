"""What one worker runs: built from the settings, started and stopped by ``api.worker``."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import structlog
from sqlalchemy import Engine as Database

from alerts.engine import Engine
from alerts.keeper import Keeper
from alerts.lease import Lease
from alerts.ledger import Ledger
from alerts.notify.outbox import Outbox
from alerts.shadow import Shadow
from api import expiring, stores, wiring
from api.anchoring import Anchoring
from api.announcing import Announcing
from api.broker_watch import Broker
from api.channels import channels
from api.current_roster import CurrentRoster
from api.disk import DiskWatch
from api.engine_tail import EngineTail
from api.exits import CommandFailed
from api.handover import keeping_live
from api.pace import Pace
from api.relearning import Relearning
from config import alert_budgets
from config.places import Place
from config.settings import Settings
from ingest.clock import Clock, SystemClock, VirtualClock, instant
from ingest.decode import decode
from ingest.follower import Follower
from ingest.journal import Journal, JournalDamaged, JournalInUse, JournalTail
from ingest.mqtt import Subscriber
from ingest.pipeline import Pipeline
from ingest.receipts import Receipts
from ingest.screen import screen
from ingest.sink import Store

OPEN_DAYS: Final = np.timedelta64(2, "D")
"""A day's readings are packed for good once its lateness window has closed."""

SETTLE_S: Final = 120
"""How long the broker's link must have stood before silence says anything."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that one worker runs."""

    database: Database
    lease: Lease
    clock: Clock
    pace: Pace
    roster: CurrentRoster
    journal: Journal
    store: Store
    pipeline: Pipeline
    subscriber: Subscriber
    receipts: Receipts
    follower: Follower
    engine: Engine
    relearning: Relearning
    shadow: Shadow
    ledger: Ledger
    outbox: Outbox
    keeper: Keeper
    broker: Broker
    disk: DiskWatch
    anchoring: Anchoring
    announcing: Announcing


def build(settings: Settings, *, replayed: VirtualClock | None = None) -> Parts:
    """Open everything; ConfigProblem or CommandFailed say what is wrong and what to do.

    ``replayed`` is the clock where readings do not come from a broker: nothing is ever lost
    on the way, and the engine need not wait for a link to settle.
    """
    lease = Lease(wiring.open_database(settings), _holder(settings.data))
    database = lease.fenced
    of_files = wiring.places(settings)

    def places_now() -> dict[str, Place]:
        with database.connect() as connection:
            return alert_budgets.in_force(connection, of_files)

    places = places_now()
    where = wiring.files(settings)
    clock = replayed or wiring.worker_clock(settings, database)
    roster = CurrentRoster(database)
    store = stores.open_to_write(
        settings,
        lambda rejects: journal.refuse(rejects),  # noqa: PLW0108 - it is opened below
    )
    journal = _open_journal(where, store.position())
    if isinstance(clock, VirtualClock) and replayed is None:
        clock.advance(instant(journal.last_received_us))
    tail = EngineTail(JournalTail.open(where.journal), journal)
    pace = Pace(tail, journal, clock, lambda: engine.progress)
    announcing = Announcing(database, places, roster.table)
    pipeline = Pipeline(
        journal,
        decode,
        screen,
        roster.table,
        clock,
        refresh=roster.refresh,
        on_mark=pace.mark,
        on_announced=announcing.take,
    )
    handle = keeping_live(pipeline.handle, clock, where.live)
    options = wiring.connect_options(settings)
    subscriber = Subscriber(options, clock, handle)
    receipts = Receipts(options, pipeline.positions, roster.box_id)
    retention = expiring.build(settings, places, store, roster.table, database)

    def tend() -> None:
        store.tend(clock.now() - OPEN_DAYS)
        retention.step(clock.now())

    follower = Follower(
        JournalTail.open(where.journal),
        store,
        lambda: roster.table().sensor_home,
        wait=journal.wait,
        tend=tend,
    )
    ledger = Ledger(database, is_muted=lambda: settings.outbox.is_muted or not pace.is_live)
    shadow = Shadow(database, roster.table, places)
    engine = Engine(
        pace,
        roster.table,
        places,
        ledger,
        pace,
        is_linked=lambda: (
            replayed is not None or (subscriber.is_connected and subscriber.problem is None)
        ),
        orphan_place=wiring.orphan_place(settings, sorted(places)),
        tick_s=settings.engine.tick_s,
        reorder_s=settings.engine.reorder_s,
        settle_s=0 if replayed is not None else SETTLE_S,
        code=wiring.code(),
        shadow=shadow,
        places_now=places_now,
    )
    is_forgetful = not engine.restore(where.checkpoint) and store.position() > 0
    relearning = Relearning(settings, clock, is_forgetful=is_forgetful)
    outbox = Outbox(database, channels(settings, database), SystemClock())
    return Parts(
        database,
        lease,
        clock,
        pace,
        roster,
        journal,
        store,
        pipeline,
        subscriber,
        receipts,
        follower,
        engine,
        relearning,
        shadow,
        ledger,
        outbox,
        Keeper(database, ledger, places, clock.now, lambda: pace.is_live),
        Broker(),
        DiskWatch(settings.data),
        Anchoring(
            database,
            settings.audit.anchor_file or settings.data / "audit-anchors.jsonl",
            channels(settings, database).get("webhook"),
        ),
        announcing,
    )


def _holder(data: Path) -> str:
    """Return the name of this data folder: whoever has locked its journal follows itself."""
    file = data / "worker-id"
    if not file.exists():
        file.write_text(uuid.uuid4().hex, "ascii")
    return file.read_text("ascii")[:40]


def _open_journal(where: wiring.Files, taken: int) -> Journal:
    try:
        journal = Journal.open(where.journal, read_up_to=taken)
    except (JournalInUse, JournalDamaged) as problem:
        raise CommandFailed(str(problem)) from problem
    for fault in journal.verify():
        _log.error("journal_problem", kind=fault.kind.value, what=fault.sentence)
    return journal
