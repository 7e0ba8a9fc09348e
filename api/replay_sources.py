"""What a replay may be given: a scenario, a recorded file, a stretch of a store."""

import hashlib
from pathlib import Path

from api import stored_past
from api.stored_past import Stretch
from config.problems import ConfigProblem
from sensors_sim import reels, scenario
from sensors_sim.recorded_files import open_recording
from sensors_sim.recording import BadRecording, Recording, Tape
from sensors_sim.replay import Reel
from sensors_sim.scenario import BadScenario

GATEWAY = "replayed-gateway"
"""In whose name a recording without gateways is told, unless one is given."""


def read(file: Path, home: str = "") -> Recording | Tape:
    """Return the recording in this file; ConfigProblem says what is wrong with it."""
    try:
        return open_recording(file, home)
    except BadRecording as problem:
        raise ConfigProblem(str(problem)) from problem
    except OSError as problem:
        raise ConfigProblem(f"replay: {file} cannot be read: {problem.strerror}") from problem


def open_reel(
    source: str, *, place: str, gateway: str, home: str, places: tuple[str, ...], stretch: Stretch
) -> Reel:
    """Return the reel that these words of a command mean; ConfigProblem says what is wrong."""
    if place:
        require_place(place, places)
    if stretch.store is not None:
        if source:
            raise ConfigProblem(f"replay: {source} and --store are both given, expected one")
        if gateway:
            raise ConfigProblem("replay: --gateway is not for a store, whose gateways keep theirs")
        return stored_past.reel(stretch, place, home, places)
    if stretch.start or stretch.end:
        raise ConfigProblem("replay: --from and --to are for --store; a file is replayed whole")
    if not source:
        raise ConfigProblem(
            "replay: nothing to replay, expected a scenario, a recorded file or --store FOLDER"
        )
    if _is_scenario(source):
        return _of_scenario(source, places, is_whole=not (place or gateway or home))
    return _of_file(Path(source), place, gateway, home)


def _is_scenario(source: str) -> bool:
    path = Path(source)
    return path.suffix == ".toml" or (not path.suffix and not path.is_file())


def _of_scenario(source: str, places: tuple[str, ...], *, is_whole: bool) -> Reel:
    if not is_whole:
        raise ConfigProblem(
            f"replay: {source} is a scenario, which says its places, homes and gateways itself; "
            "leave out --place, --home and --gateway"
        )
    try:
        loaded = scenario.load(source)
    except BadScenario as problem:
        raise ConfigProblem(str(problem)) from problem
    for place in loaded.places:
        require_place(place, places)
    return reels.of_scenario(loaded, Path(source).stem)


def _of_file(file: Path, place: str, gateway: str, home: str) -> Reel:
    if not place:
        raise ConfigProblem(f"replay: {file.name} names no place; say where it goes with --place")
    said = read(file, home)
    digest = hashlib.sha256(f"{home} ".encode() + file.read_bytes()).hexdigest()
    try:
        if isinstance(said, Tape):
            return reels.of_tape(said, place, gateway, name=file.name, digest=digest)
        return reels.of_recording(said, place, gateway or GATEWAY, name=file.name, digest=digest)
    except BadRecording as problem:
        raise ConfigProblem(str(problem)) from problem


def require_place(place: str, places: tuple[str, ...]) -> None:
    """Raise ConfigProblem unless there is this place."""
    if place not in places:
        raise ConfigProblem(
            f"replay: there is no place {place!r}, expected one of {', '.join(places)}"
        )
