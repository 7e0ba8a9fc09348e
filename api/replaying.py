"""``stillwell replay``: a recorded file through the real broker, on a virtual clock."""

import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from api import wiring
from api.exits import CommandFailed
from api.fast_path import feed
from api.progress import Progress
from api.site import read_target
from config import registry
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import SystemClock, microseconds
from ingest.publisher import PublishFailedError
from sensors_sim.recorded_files import open_recording
from sensors_sim.recording import BadRecording, Recording, Slice, Tape, replay_slices, roster
from sensors_sim.replay import replay, tape_slices


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
    is_in_process: bool,
    tell: Callable[[str], None],
) -> None:
    """Enrol the recording's sensors where they are not, and publish it; tell how far it is.

    In process, everything but MQTT is the same code; no worker may run beside it.
    """
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
    with Progress(f"replaying {file.name}", tell) as progress:

        def show(at_us: int, _sent: int) -> None:
            progress.show((at_us - first_us) / max(last_us - first_us, 1))

        if is_in_process:
            slices = slices_of_recording(recording, place, gateway)
            sent = await feed(settings, first_us, slices, on_progress=show)
        else:
            sent = await _publish(settings, credentials, recording, place, gateway, speed, show)
    how = "taken in" if is_in_process else "acknowledged by the broker"
    tell(f"{file.name}: {sent} messages {how}")


async def _publish(
    settings: Settings,
    credentials: Path | None,
    recording: Recording | Tape,
    place: str,
    gateway: str,
    speed: float,
    show: Callable[[int, int], None],
) -> int:
    target = read_target(settings.mqtt.host, settings.mqtt.port, credentials)
    try:
        return await replay(
            recording, target, place, gateway, speed=speed or math.inf, on_progress=show
        )
    except PublishFailedError as problem:
        raise CommandFailed(f"replay: {problem}") from problem


def slices_of_recording(recording: Recording | Tape, place: str, gateway: str) -> Iterator[Slice]:
    """Yield what the real path would publish, slice by slice."""
    if isinstance(recording, Tape):
        return tape_slices(recording, place, gateway)
    return replay_slices(recording, place, gateway)


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
