"""``stillwell replay``: what was recorded, simulated or stored, through the real pipeline."""

import asyncio
import math
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from alerts.checkpoint import CheckpointDamaged, read_checkpoint
from api import health, replay_position, wiring
from api.exits import CommandFailed, Exit
from api.fast_path import feed
from api.progress import Progress
from api.replay_position import Position
from api.simulation import wait_for_worker, worker_now
from api.site import read_target
from config import registry
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import SystemClock, microseconds
from ingest.publisher import PublishFailedError
from sensors_sim.replay import Reel, Watch, replay


@dataclass(frozen=True, slots=True)
class Wish:
    """How a reel is to be replayed; ``speed`` is times real time, infinite for flat out."""

    speed: float = math.inf
    is_in_process: bool = False
    is_resumed: bool = False
    command: str = "the same command and --resume"
    """What to type to go on."""


async def run(
    reel: Reel,
    settings: Settings,
    credentials: Path | None,
    wish: Wish,
    tell: Callable[[str], None],
) -> None:
    """Enrol the reel's homes where they are not, and replay it; SystemExit(130) when stopped.

    In process, everything but MQTT is the same code; no worker may run beside it.
    """
    require_virtual(settings)
    for note in reel.notes:
        tell(f"{reel.name}: {note}")
    database = wiring.open_database(settings)
    enrol(database, reel)
    begun = _begin(database, reel, settings, wish, tell)
    with _stopping() as stop, Progress(f"replaying {reel.name}", tell) as progress:
        journey = _Journey(reel, settings.data, begun, progress, stop)
        if wish.is_in_process:
            await _in_process(journey, settings, wish, tell)
        else:
            await _through_broker(journey, settings, credentials, database, wish)
    database.dispose()
    _end(journey, settings, wish, tell)


def require_virtual(settings: Settings) -> None:
    """Raise ConfigProblem unless time may be told by the replay."""
    if settings.clock != "virtual":
        raise ConfigProblem(
            'replay: the settings say clock = "system"; a replay needs clock = "virtual", '
            "in the worker's settings too"
        )


class _Journey:
    """One replay on its way: shows how far it is and keeps where it may go on."""

    def __init__(
        self, reel: Reel, folder: Path, begun: Position, progress: Progress, stop: asyncio.Event
    ) -> None:
        self.reel, self.begun, self.stop = reel, begun, stop
        self.after_us = begun.at_us or None
        self.position = begun
        self._folder, self._progress = folder, progress
        self._first_us = self.after_us or reel.start_us
        self.watch = Watch(self._reached, stop.is_set)

    def _reached(self, at_us: int, sent: int) -> None:
        self.position = replace(self.begun, at_us=at_us, sent=self.begun.sent + sent)
        span_us = max(self.reel.end_us - self._first_us, 1)
        self._progress.show((at_us - self._first_us) / span_us, moment(at_us), sent)

    def save(self) -> None:
        """Keep the position, when there is one."""
        if self.position.at_us:
            replay_position.save(self._folder, self.position)

    @property
    def is_over(self) -> bool:
        """Whether all of the reel has been told."""
        return self.position.at_us >= self.reel.end_us


async def _in_process(
    journey: _Journey, settings: Settings, wish: Wish, tell: Callable[[str], None]
) -> None:
    refused = await feed(
        settings,
        journey.reel,
        speed=wish.speed,
        after_us=journey.after_us,
        watch=journey.watch,
        on_kept=journey.save,
    )
    _tell_refused(refused, tell)


def _tell_refused(refused: Mapping[str, int], tell: Callable[[str], None]) -> None:
    if refused:
        counts = ", ".join(f"{count:,} {reason}" for reason, count in sorted(refused.items()))
        tell(f"refused, and kept as dead letters: {counts}")


async def _through_broker(
    journey: _Journey,
    settings: Settings,
    credentials: Path | None,
    database: Engine,
    wish: Wish,
) -> None:
    target = read_target(settings.mqtt.host, settings.mqtt.port, credentials)
    await wait_for_worker(database, "replay")
    try:
        await replay(
            journey.reel,
            target,
            speed=wish.speed,
            after_us=journey.after_us,
            watch=journey.watch,
            worker_now=lambda: worker_now(database),
        )
    except PublishFailedError as problem:
        raise CommandFailed(
            f"replay: {problem}; all up to {moment(journey.position.at_us)} was acknowledged. "
            f"Go on with:\n  {wish.command}"
        ) from problem
    finally:
        journey.save()


@contextmanager
def _stopping() -> Iterator[asyncio.Event]:
    """Give an event that the first Ctrl-C or SIGTERM sets; a second Ctrl-C ends at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)

    def ask() -> None:
        stop.set()
        for number in signals:
            loop.remove_signal_handler(number)

    for number in signals:
        loop.add_signal_handler(number, ask)
    try:
        yield stop
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _begin(
    database: Engine, reel: Reel, settings: Settings, wish: Wish, tell: Callable[[str], None]
) -> Position:
    """Return where to begin; say so when the data folder has seen later days already."""
    way = "in process" if wish.is_in_process else "broker"
    speed = 0.0 if math.isinf(wish.speed) else wish.speed
    wanted = Position(reel.name, reel.digest, reel.place, reel.gateways[0], way, speed)
    if wish.is_resumed:
        kept = replay_position.resumed(settings.data, wanted)
        tell(f"{reel.name}: going on from {moment(kept.at_us)}")
        return kept
    with database.connect() as connection:
        worker = health.beats(connection).get(health.WORKER)
    if worker is not None and worker.is_live:
        raise ConfigProblem(
            "replay: this data folder follows the wall clock since an earlier replay went live; "
            "use a new one"
        )
    now_us = max(_decided_us(settings), 0 if worker is None else worker.now_us)
    if now_us > reel.start_us:
        tell(_already(reel, now_us))
    return wanted


def _decided_us(settings: Settings) -> int:
    """Return the last moment that an engine has decided in this data folder, 0 before any."""
    try:
        saved = read_checkpoint(wiring.files(settings).checkpoint)
    except CheckpointDamaged:
        saved = None
    return 0 if saved is None else saved.folded_us


def _already(reel: Reel, now_us: int) -> str:
    return (
        f"{reel.name}: begins at {moment(reel.start_us)}, but it is {moment(now_us)} here already: "
        "what is older is kept as history and hardly judged; for its alerts use a new data folder"
    )


def _end(journey: _Journey, settings: Settings, wish: Wish, tell: Callable[[str], None]) -> None:
    how = "taken in" if wish.is_in_process else "acknowledged by the broker"
    done = journey.position
    if journey.is_over or not journey.stop.is_set():
        replay_position.forget(settings.data)
        tell(f"{journey.reel.name}: {done.sent:,} messages {how}")
        return
    where = moment(done.at_us or journey.reel.start_us)
    tell(f"stopped at {where}, {done.sent:,} messages {how}. Go on with:\n  {wish.command}")
    raise SystemExit(Exit.STOPPED)


def moment(at_us: int) -> str:
    """Return a moment as people read it, to the second."""
    return f"{np.datetime64(at_us // 1_000_000, 's')}Z"


def enrol(database: Engine, reel: Reel) -> None:
    """Make the reel's gateways known with their homes and sensors, unless they are."""
    with database.begin() as connection:
        known = registry.load(connection).gateway_number
        missing = [gateway for gateway in reel.gateways if gateway not in known]
        if not missing:
            return
        if reel.enrolment is None:
            raise ConfigProblem(
                f"replay: the gateway {missing[0]!r} is not enrolled and recorded messages do not "
                "say what its sensors are: stillwell enrol FILE first"
            )
        if len(missing) < len(reel.gateways):
            raise ConfigProblem(
                f"replay: of {len(reel.gateways)} gateways of {reel.name}, {len(missing)} are not "
                f"enrolled here ({missing[0]}) and the others are; use a new data folder"
            )
        registry.enrol(connection, reel.enrolment, now_us=microseconds(SystemClock().now()))
