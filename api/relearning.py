"""What ``stillwell relearn`` does: stored days in, a file beside the checkpoint out."""

import sqlite3
from collections.abc import Callable

from alerts.checkpoint import Checkpoint, learned_beside, write_checkpoint
from alerts.detect.columns import DAY_US
from alerts.past_readings import of_homes
from alerts.relearn import relearn
from api import store_work, stores, wiring
from api.exits import CommandFailed
from config.settings import Settings
from ingest.batch import empty
from ingest.clock import Instant, microseconds
from ingest.sink import CannotDo, StoreBusy, StoreDown
from ingest.store.pieces import StoreDamaged


def relearn_all(
    settings: Settings,
    days: int,
    *,
    on_progress: Callable[[float], None],
    now: Instant | None = None,
) -> int:
    """Learn from the days before now; return of how many homes something is known.

    CommandFailed when the store cannot be read, or has nothing to learn from.
    """
    table = store_work.roster(settings)
    if now is None:
        now = wiring.worker_clock(settings, wiring.open_database(settings)).now()
    stop_us = microseconds(now)
    store = stores.open_to_read(settings)
    try:
        memory = relearn(
            of_homes(store, sorted(table.homes)),
            table,
            wiring.places(settings),
            start_us=stop_us - days * DAY_US,
            stop_us=stop_us,
            tick_s=settings.engine.tick_s,
            on_progress=on_progress,
        )
    except (CannotDo, StoreBusy, StoreDown, StoreDamaged, sqlite3.Error) as problem:
        raise CommandFailed(f"store: {str(problem).removeprefix('store: ')}") from problem
    finally:
        store.close()
    homes = int((memory.state.peak_count > 0).sum())
    if not homes:
        raise CommandFailed(
            f"relearn: the store has no day of any home in the last {days} days, nothing to learn; "
            "see whether the settings name the store of this installation"
        )
    learned = Checkpoint(0, memory.folded_us, memory.places, memory.state, empty())
    write_checkpoint(learned_beside(wiring.files(settings).checkpoint), learned)
    return homes
