"""``stillwell replay``: a recorded file through the real broker, on a virtual clock."""

import math
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from api import wiring
from api.exits import CommandFailed
from api.progress import Progress
from api.site import read_target
from config import registry
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import SystemClock, microseconds
from ingest.publisher import PublishFailedError
from sensors_sim.recorded_files import open_recording
from sensors_sim.recording import BadRecording, Recording, Tape, roster
from sensors_sim.replay import replay


def read(file: Path) -> Recording | Tape:
    """Return the recording in this file; ConfigProblem says what is wrong with it."""
    try:
        return open_recording(file)
    except BadRecording as problem:
        raise ConfigProblem(str(problem)) from problem
    except OSError as problem:
        raise ConfigProblem(f"replay: {file} cannot be read: {problem.strerror}") from problem


async def run(
    file: Path,
    settings: Settings,
    credentials: Path | None,
    *,
    place: str,
    gateway: str,
    speed: float,
    tell: Callable[[str], None],
) -> None:
    """Enrol the recording's sensors where they are not, and publish it; tell how far it is."""
    if settings.clock != "virtual":
        raise ConfigProblem(
            'replay: the settings say clock = "system"; a recording needs clock = "virtual", '
            "in the worker's settings too"
        )
    if place not in wiring.places(settings):
        raise ConfigProblem(
            f"replay: there is no place {place!r}, expected one of "
            f"{', '.join(wiring.places(settings))}"
        )
    recording = read(file)
    first_us, last_us = _span(recording, file)
    enrol(settings, recording, place, gateway)
    target = read_target(settings.mqtt.host, settings.mqtt.port, credentials)
    try:
        with Progress(f"replaying {file.name}", tell) as progress:
            sent = await replay(
                recording,
                target,
                place,
                gateway,
                speed=speed or math.inf,
                on_progress=lambda at_us, _: progress.show(
                    (at_us - first_us) / max(last_us - first_us, 1)
                ),
            )
    except PublishFailedError as problem:
        raise CommandFailed(f"replay: {problem}") from problem
    tell(f"{file.name}: {sent} messages acknowledged by the broker")


def _span(recording: Recording | Tape, file: Path) -> tuple[int, int]:
    if isinstance(recording, Tape):
        times = [at_us for _, _, at_us in recording.messages]
    else:
        times = recording.readings.time_us.tolist()
    if not times:
        raise ConfigProblem(f"replay: {file.name} holds no reading")
    return times[0], times[-1]


def enrol(settings: Settings, recording: Recording | Tape, place: str, gateway: str) -> None:
    """Make the gateway and the sensors known, unless the gateway is; a tape has none to add."""
    database = wiring.open_database(settings)
    with database.begin() as connection:
        known = registry.load(connection).gateway_number
        if gateway in known:
            return
        if isinstance(recording, Tape):
            raise ConfigProblem(
                f"replay: the gateway {gateway!r} is not enrolled and recorded messages do not "
                "say what its sensors are: stillwell enrol FILE first"
            )
        made = roster(recording, place, seed=zlib.crc32(gateway.encode()))
        named = replace(made, gateways=(replace(made.gateways[0], id=gateway),))
        registry.enrol(connection, named, now_us=microseconds(SystemClock().now()))
