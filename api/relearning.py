"""What was usual, learned again: stored days in, a file beside the checkpoint out.

``stillwell relearn`` does it by hand; a worker that starts without its memory does it by itself.
"""

import os
import sqlite3
import threading
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import structlog

from alerts.checkpoint import Checkpoint, learned_beside, write_checkpoint
from alerts.detect.columns import DAY_US
from alerts.past_readings import of_homes
from alerts.relearn import DAYS, relearn
from api import store_work, stores, wiring
from api.exits import CommandFailed
from config.settings import Settings
from ingest.batch import empty
from ingest.clock import Clock, Instant, microseconds
from ingest.sink import CannotDo, StoreBusy, StoreDown
from ingest.store.pieces import StoreDamaged

AGAIN_S: Final = 60.0
"""How long after a store could not be read it is tried again."""

_STEP: Final = 0.1
_NICE: Final = 10
_log = structlog.get_logger()


class NothingLearned(CommandFailed):
    """The store holds no day of any home: another try would find none either."""


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
        raise NothingLearned(
            f"relearn: the store has no day of any home in the last {days} days, nothing to learn; "
            "see whether the settings name the store of this installation"
        )
    learned = Checkpoint(
        0, memory.folded_us, memory.places, memory.state, empty(), since=memory.since
    )
    write_checkpoint(learned_beside(wiring.files(settings).checkpoint), learned)
    return homes


class Relearning:
    """Learns in a process of its own what a worker forgot, while the worker goes on.

    A worker that began without its memory leaves a mark, so that one that ends meanwhile does
    not forget that it has to learn.
    """

    def __init__(self, settings: Settings, clock: Clock, *, is_forgetful: bool) -> None:
        self._settings, self._clock = settings, clock
        self._mark = mark_beside(wiring.files(settings).checkpoint)
        self._is_due = is_forgetful or self._mark.exists()

    def run(self, ending: threading.Event) -> None:
        """Learn until all is learned or there is nothing to learn; return with ``ending``."""
        if self._is_due:
            self._mark.touch()
        while self._is_due and not ending.is_set():
            _log.info("relearning_started", days=DAYS)
            problem, is_final = _learn_once(self._settings, self._clock.now(), ending)
            if ending.is_set():
                return
            if is_final:
                self._is_due = False
                self._mark.unlink(missing_ok=True)
                _log.info("relearning_ended", why=problem or "all is learned")
            else:
                _log.warning("relearning_failed", why=problem, again_s=AGAIN_S)
                ending.wait(AGAIN_S)
        ending.wait()


def mark_beside(checkpoint: Path) -> Path:
    """Return the file that says that what was usual is still to be learned again."""
    return checkpoint.with_suffix(checkpoint.suffix + ".relearn")


def _learn_once(settings: Settings, now: Instant, ending: threading.Event) -> tuple[str, bool]:
    """Return (what went wrong, empty where nothing did; whether this was the last try)."""
    context = get_context("spawn")  # not forked: this process has threads
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_learn, args=(settings, now, theirs), daemon=True)
    process.start()
    theirs.close()
    told, last = 0.0, ("its process ended before its time", False)
    try:
        while not ending.is_set():
            if not ours.poll(0.5):
                continue
            message = ours.recv()
            if isinstance(message, tuple):
                last = message
            elif message - told >= _STEP:
                told = message
                _log.info("relearning", share=round(told, 2))
    except EOFError:
        pass
    finally:
        process.terminate()
        process.join()
        ours.close()
    return last


def _learn(settings: Settings, now: Instant, pipe: Connection) -> None:
    """Tell the share that is done, then how it ended; a parent that is gone ends this too."""
    os.nice(_NICE)
    try:
        relearn_all(settings, DAYS, on_progress=pipe.send, now=now)
    except NothingLearned as problem:
        pipe.send((str(problem), True))
    except CommandFailed as problem:
        pipe.send((str(problem), False))
    else:
        pipe.send(("", True))
