"""Public data sets as recordings; a user supplies the files, we ship none of them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from config.kinds import Kind
from sensors_sim.readings import Readings
from sensors_sim.recording import BadRecording, RecordedSensor, Recording, suggest

_SECOND_US: Final = 1_000_000
_ORDONEZ_FIELDS: Final = 7


class _Episode(NamedTuple):
    """A sensor was on from ``start_s`` to ``end_s`` (seconds since 1970 UTC)."""

    sensor: str
    start_s: int
    end_s: int


def read_kasteren(sensors: Path) -> Recording:
    """Return a house of van Kasteren et al. (UbiComp 2008) from its ``houseX.sensors``.

    Each line is start (unix seconds, taken as UTC), length (seconds) and sensor number; the
    names are read from ``houseX.sensor_names`` beside it (house A has one without a name).
    BadRecording tells the line.
    """
    names = _kasteren_names(sensors.with_suffix(".sensor_names"))
    episodes = []
    for number, line in enumerate(_lines(sensors), start=1):
        parts = line.split()
        if not parts:
            continue
        try:
            start_s, length_s, sensor = (int(part) for part in parts)
        except ValueError:
            raise BadRecording(
                f"recording: {sensors.name} line {number} is {line[:60]!r}, expected "
                "start in unix seconds, length in seconds and sensor number"
            ) from None
        name = names.get(sensor, "unnamed")
        episodes.append(_Episode(f"{sensor:02d} {name}", start_s, start_s + length_s))
    return _recording(episodes)


def _kasteren_names(path: Path) -> dict[int, str]:
    names = {}
    for number, line in enumerate(_lines(path), start=1):
        code, _, name = line.strip().partition("\t")
        if code.isdigit() and name:
            names[int(code)] = name.strip()
        elif line.strip():
            raise BadRecording(
                f"recording: {path.name} line {number} is {line[:60]!r}, expected "
                "sensor number, tab, name"
            )
    return names


def read_ordonez(sensors: Path) -> Recording:
    """Return a home of Ordonez et al. (Sensors 2013) from its ``OrdonezX_Sensors.txt``.

    Each line below the heading is start, end, location, type and place. The times are local
    and the files do not say where the clocks changed: they are taken as UTC, so that the hours
    of the day stay what they were. BadRecording tells the line.
    """
    episodes = []
    for number, line in enumerate(_lines(sensors), start=1):
        parts = line.split()
        if not parts or parts[0] == "Start" or set(parts[0]) == {"-"}:
            continue
        try:
            if len(parts) != _ORDONEZ_FIELDS:
                raise ValueError  # noqa: TRY301 - said once, below
            start_s, end_s = _seconds(parts[0:2]), _seconds(parts[2:4])
        except ValueError:
            raise BadRecording(
                f"recording: {sensors.name} line {number} is {line[:60]!r}, expected start and "
                "end as YYYY-MM-DD HH:MM:SS, then location, type and place"
            ) from None
        episodes.append(_Episode(" ".join(parts[4:]), start_s, end_s))
    return _recording(episodes)


def _seconds(words: Sequence[str]) -> int:
    moment = datetime.strptime(" ".join(words), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return round(moment.timestamp())


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise BadRecording(f"recording: {path.name} cannot be read: {problem}") from problem


def _recording(episodes: Sequence[_Episode]) -> Recording:
    """Return on at each start and off at each end.

    Of readings with one time those of an earlier line come first, so that a sensor that goes
    off and on again within a second ends on.
    """
    named = sorted({episode.sensor for episode in episodes})
    row = {name: i for i, name in enumerate(named)}
    sensor = np.repeat(np.array([row[e.sensor] for e in episodes], np.int32), 2)
    seconds = np.array([(e.start_s, e.end_s) for e in episodes], np.int64).reshape(-1)
    value = np.tile([1.0, 0.0], len(episodes))
    order = np.argsort(seconds, kind="stable")
    return Recording(
        tuple(_sensor(name) for name in named),
        Readings(sensor[order], seconds[order] * _SECOND_US, value[order]),
    )


def _sensor(name: str) -> RecordedSensor:
    kind, room, is_exit = suggest(name) or (Kind.CONTACT, "", False)
    address = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return RecordedSensor(address, kind, room, is_exit)
