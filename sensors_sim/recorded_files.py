"""Files that people recorded: readings as CSV or Parquet, MQTT messages as JSON lines."""

import csv
import gzip
import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final, TextIO

import numpy as np

from sensors_sim import tihm
from sensors_sim.datasets import read_kasteren, read_ordonez
from sensors_sim.parquet import read_parquet
from sensors_sim.readings import Readings
from sensors_sim.recording import BadRecording, RecordedSensor, Recording, Tape
from sensors_sim.table import REQUIRED, assembled, recorded_sensor, unsorted_note

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ISO: Final = "ISO 8601 with an offset, such as 2026-11-22T07:30:00Z"


def open_recording(path: Path, home: str = "") -> Recording | Tape:
    """Return the recording in this file, told by its name, and for a CSV by its heading.

    ``.csv``, ``.csv.gz``, ``.parquet``, ``.jsonl``, Kasteren's ``.sensors`` and Ordonez'
    ``_Sensors.txt`` are known; a CSV with ``home,local_time,place`` is TIHM's. ``home`` takes
    one home of a file that holds several. BadRecording for any other name and for what is
    wrong in the file.
    """
    if path.name.endswith((".csv", ".csv.gz")):
        made: Recording | Tape = _tihm(path, home) if _is_tihm(path) else read_csv(path)
    elif path.suffix == ".parquet":
        made = read_parquet(path)
    elif path.suffix == ".jsonl":
        made = read_jsonl(path)
    elif path.suffix == ".sensors":
        made = read_kasteren(path)
    elif path.name.endswith("_Sensors.txt"):
        made = read_ordonez(path)
    else:
        raise BadRecording(
            f"recording: {path.name} is of no known kind, expected .csv, .csv.gz, .parquet, "
            ".jsonl, .sensors (Kasteren) or _Sensors.txt (Ordonez)"
        )
    return one_home(made, home, path.name) if home else made


def one_home(made: Recording | Tape, home: str, file: str) -> Recording | Tape:
    """Return what is of this home; BadRecording when the file does not name it."""
    if isinstance(made, Tape):
        raise BadRecording(f"recording: {file} holds messages, which name no home")
    homes = sorted({sensor.home for sensor in made.sensors})
    if home not in homes:
        known = ", ".join(filter(None, homes[:5])) or "none, for it names no homes"
        raise BadRecording(f"recording: {file} has no home {home!r}, expected one of {known}")
    mine = np.array([sensor.home == home for sensor in made.sensors])
    row, rows = np.cumsum(mine, dtype=np.int32) - 1, mine[made.readings.sensor]
    kept = made.readings.take(rows)
    return replace(
        made,
        sensors=tuple(sensor for sensor in made.sensors if sensor.home == home),
        readings=replace(kept, sensor=row[kept.sensor].astype(np.int32)),
        arrived_us=None if made.arrived_us is None else made.arrived_us[rows],
    )


def _is_tihm(path: Path) -> bool:
    try:
        with _opened(path) as file:
            names = {name.strip() for name in file.readline().split(",")}
    except (OSError, EOFError, UnicodeDecodeError) as problem:
        raise BadRecording(f"recording: {path.name} cannot be read: {problem}") from problem
    return "local_time" in names or {"home", "place"} <= names


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _tihm(path: Path, home: str) -> Recording:
    """Return every home of a TIHM file, or this one only, which is quicker."""
    said = tihm.read_tihm(path)
    names = (home,) if home in said.homes else said.homes
    codes = np.array([said.homes.index(name) for name in names], np.int32)
    rows = np.isin(said.home, codes)
    number = np.searchsorted(codes, said.home[rows])
    made = tihm.readings(said.place[rows], said.time_us[rows], number * len(tihm.SENSORS))
    sensors = tuple(replace(sensor, home=name) for name in names for sensor in tihm.SENSORS)
    return Recording(sensors, made, notes=tuple(said.dirt.lines()))


def read_csv(path: Path) -> Recording:
    """Return the readings of a CSV file with the columns time, sensor, value.

    Further columns count where they are there: ``arrived`` (when it reached the broker),
    ``home``, ``kind``, ``room`` and ``exit`` of its sensor; without a kind its name must
    suggest one. BadRecording tells the line and what was expected. Rows that are out of order
    or said twice are put right and counted.
    """
    try:
        with _opened(path) as file:
            return _read_rows(csv.DictReader(file, restkey="", restval=""), path.name)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as problem:
        raise BadRecording(f"recording: {path.name} cannot be read: {problem}") from problem


def _read_rows(rows: "csv.DictReader[str]", file: str) -> Recording:
    names = rows.fieldnames or ()
    for column in REQUIRED:
        if names.count(column) != 1:
            what = "has no" if column not in names else "has more than one"
            raise BadRecording(
                f"recording: {file} line 1 {what} column {column!r}, expected {','.join(REQUIRED)}"
            )
    sensors: dict[tuple[str, str], RecordedSensor] = {}
    number: dict[tuple[str, str], int] = {}
    columns: list[tuple[int, int, float]] = []
    arrived: list[int] = []
    for row in rows:
        where = f"{file} line {rows.line_num}"
        if "" in row:
            raise BadRecording(f"recording: {where} has too many fields, expected those of line 1")
        name = (row.get("home", "").strip(), row["sensor"].strip())
        if name not in sensors:
            sensors[name] = recorded_sensor(name[1], row, where)
            number[name] = len(number)
        time_us = _time_us(row["time"], where)
        columns.append((number[name], time_us, _value(row["value"], where)))
        if "arrived" in names:
            arrived.append(_time_us(row["arrived"], where, "arrived"))
    made = Readings(
        np.array([sensor for sensor, _, _ in columns], np.int32),
        np.array([time_us for _, time_us, _ in columns], np.int64),
        np.array([value for _, _, value in columns], np.float64),
    )
    came = np.array(arrived, np.int64) if "arrived" in names else None
    return assembled(tuple(sensors.values()), made, came)


def _time_us(text: object, where: str, column: str = "time") -> int:
    try:
        moment = datetime.fromisoformat(text.strip()) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRecording(f"recording: {where} has {column} {text!r}, expected {_ISO}")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _value(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadRecording(f"recording: {where} has value {text!r}, expected a finite number")
    return value


def read_jsonl(path: Path) -> Tape:
    """Return the MQTT messages of a file with one ``{"topic", "payload", "time"}`` a line.

    A payload that is text is sent as it stands, anything else as JSON. BadRecording tells the
    line and what was expected.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise BadRecording(f"recording: {path.name} cannot be read: {problem}") from problem
    messages = [
        _message(line, f"{path.name} line {number}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    times = [at_us for _, _, at_us in messages]
    back = sum(after < before for before, after in pairwise(times))
    notes = (unsorted_note(back),) if back else ()
    return Tape(tuple(sorted(messages, key=lambda message: message[2])), notes)


def _message(line: str, where: str) -> tuple[str, bytes, int]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not {"topic", "payload", "time"} <= said.keys():
        raise BadRecording(
            f'recording: {where} is {line[:60]!r}, expected {{"topic":, "payload":, "time":}}'
        )
    topic, payload = said["topic"], said["payload"]
    if not isinstance(topic, str) or not topic or any(sign in topic for sign in "+#\0"):
        raise BadRecording(f"recording: {where} has topic {topic!r}, expected one to publish to")
    sent = payload if isinstance(payload, str) else json.dumps(payload, separators=(",", ":"))
    return topic, sent.encode(), _time_us(said["time"], where)
