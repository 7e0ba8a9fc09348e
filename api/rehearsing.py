"""Rehearsals of the page: each in a process of its own, which writes how far it is.

A web process that ends takes its rehearsals with it, and they say that they were interrupted; one
that is killed leaves them to end by themselves.
"""

import os
import signal
import threading
import time
from multiprocessing import get_context
from types import FrameType
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, select

from alerts import rehearsals
from alerts.rehearsals import Failure, Kept, RehearsalState
from alerts.rehearse import Cancelled
from api import rehearsal_figures, wiring
from api.exits import CommandFailed
from api.rehearsal import OutsidePast, PastMissing, Rehearsed, Request, rehearse_place
from config import tables as registry
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import SystemClock, microseconds
from ingest.sink import StoreBusy, StoreDown

LONGEST_S: Final = 3600.0
"""How long one may take before it is given up."""

BEAT_S: Final = 1.0
_LOOK_S: Final = 0.5
_NICE: Final = 10
_BROKEN: Final = (RehearsalState.FAILED, Failure.BROKEN)
_log = structlog.get_logger()


class Rehearsing:
    """Starts rehearsals of these settings; they end with ``ending``."""

    def __init__(self, settings: Settings, ending: threading.Event) -> None:
        self._settings, self._ending = settings, ending

    def __call__(self, number: int) -> None:
        """Run the rehearsal of this number beside whatever else goes on."""
        threading.Thread(
            target=self._watch, args=(number,), daemon=True, name=f"rehearsal-{number}"
        ).start()

    def _watch(self, number: int) -> None:
        context = get_context("spawn")  # not forked: this process has threads
        process = context.Process(target=_work, args=(self._settings, number))
        process.start()
        while process.is_alive() and not self._ending.wait(_LOOK_S):
            pass
        if process.is_alive():
            process.terminate()
        process.join()
        if process.exitcode and not self._ending.is_set():
            _log.error("rehearsal_died", rehearsal=number, exit=process.exitcode)
            self._bury(number, was_killed=process.exitcode < 0)

    def _bury(self, number: int, *, was_killed: bool) -> None:
        ended = (RehearsalState.INTERRUPTED, None) if was_killed else _BROKEN
        database = wiring.open_database(self._settings)
        try:
            _write(database, number, *ended)
        finally:
            database.dispose()


class _Beating:
    """Writes how far a rehearsal is, and hears whether it is to end."""

    def __init__(self, database: Engine, number: int) -> None:
        self._database, self._number = database, number
        self.share = 0.0
        self.is_wished_away = self.is_stopped = False
        self._over = threading.Event()
        self._end_s = time.monotonic() + LONGEST_S
        self._thread = threading.Thread(target=self._run, daemon=True, name="beat")

    def __enter__(self) -> "_Beating":
        signal.signal(signal.SIGTERM, self._stop)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def show(self, share: float) -> None:
        """Take note of the share that is done."""
        self.share = share

    @property
    def is_too_long(self) -> bool:
        """Whether it took longer than one may."""
        return time.monotonic() > self._end_s

    def is_ending(self) -> bool:
        """Return whether it is to end before it is done."""
        return self.is_wished_away or self.is_stopped or self.is_too_long

    def _run(self) -> None:
        while not self._over.wait(BEAT_S):
            with self._database.begin() as connection:
                goes_on = rehearsals.beat(connection, self._number, self.share, _now_us())
            self.is_wished_away |= not goes_on

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.is_stopped = True


def _work(settings: Settings, number: int) -> None:
    """Rehearse, and write how it ended; whatever happens, the row does not say that it runs."""
    os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who began it is told, and ends it
    database = wiring.open_database(settings)
    with database.connect() as connection:
        kept = rehearsals.find(connection, list(wiring.places(settings)), number)
    if kept is None:
        return
    with _Beating(database, number) as beating:
        state, failure, made = _rehearse(settings, kept, beating)
    if made is None:
        _write(database, number, state, failure)
        return
    with database.connect() as connection:
        homes, gateways = _ids(connection, kept.place)
    found = rehearsal_figures.rows(made, homes, gateways)
    with database.begin() as connection:
        sums = rehearsal_figures.figures(made)
        rehearsals.end(connection, number, state, _now_us(), figures=sums, rows=found)


def _rehearse(
    settings: Settings, kept: Kept, beating: _Beating
) -> tuple[RehearsalState, Failure | None, Rehearsed | None]:
    request = Request(
        kept.place, kept.start_us, kept.stop_us, tried=kept.candidate, homes=kept.homes
    )
    try:
        made = rehearse_place(
            settings,
            request,
            actor=kept.account,
            on_progress=beating.show,
            is_cancelled=beating.is_ending,
        )
    except Cancelled:
        if beating.is_wished_away:
            return RehearsalState.CANCELLED, None, None
        if beating.is_stopped:
            return RehearsalState.INTERRUPTED, None, None
        return RehearsalState.FAILED, Failure.TOO_LONG, None
    except (ConfigProblem, CommandFailed, StoreBusy, StoreDown) as problem:
        return RehearsalState.FAILED, failure_of(problem), None
    return RehearsalState.DONE, None, made


def failure_of(problem: Exception) -> Failure:
    """Return why a rehearsal failed, of what stopped it."""
    if isinstance(problem, PastMissing):
        return problem.failure
    if isinstance(problem, OutsidePast):
        return Failure.OUTSIDE
    is_away = isinstance(problem, StoreBusy | StoreDown)
    return Failure.STORE_AWAY if is_away else Failure.SETTINGS


def _ids(connection: Connection, place: str) -> tuple[frozenset[str], frozenset[str]]:
    h, g = registry.homes.c, registry.gateways.c
    return (
        frozenset(connection.execute(select(h.id).where(h.place == place)).scalars()),
        frozenset(connection.execute(select(g.id).where(g.place == place)).scalars()),
    )


def _write(
    database: Engine, number: int, state: RehearsalState, failure: Failure | None = None
) -> None:
    with database.begin() as connection:
        rehearsals.end(connection, number, state, _now_us(), failure=failure)


def _now_us() -> int:
    return microseconds(SystemClock().now())
