"""Files that people recorded: readings as CSV, MQTT messages as JSON lines."""

import csv
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from config.kinds import Kind
from sensors_sim import readings
from sensors_sim.datasets import read_kasteren, read_ordonez
from sensors_sim.readings import Readings
from sensors_sim.recording import BadRecording, RecordedSensor, Recording, Tape, suggest

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_REQUIRED: Final = ("time", "sensor", "value")
_ISO: Final = "ISO 8601 with an offset, such as 2026-11-22T07:30:00Z"
_KINDS: Final = {kind.value: kind for kind in Kind}


def open_recording(path: Path) -> Recording | Tape:
    """Return the recording in this file, told by its name.

    ``.csv``, ``.jsonl``, Kasteren's ``.sensors`` and Ordonez' ``_Sensors.txt`` are known;
    BadRecording for any other name and for what is wrong in the file.
    """
    if path.suffix == ".csv":
        return read_csv(path)
    if path.suffix == ".jsonl":
        return read_jsonl(path)
    if path.suffix == ".sensors":
        return read_kasteren(path)
    if path.name.endswith("_Sensors.txt"):
        return read_ordonez(path)
    raise BadRecording(
        f"recording: {path.name} is of no known kind, expected .csv, .jsonl, "
        ".sensors (Kasteren) or _Sensors.txt (Ordonez)"
    )


def read_csv(path: Path) -> Recording:
    """Return the readings of a CSV file with the columns time, sensor, value.

    A further column ``kind`` may say what a sensor measures; otherwise its name must suggest
    it. BadRecording tells the line and what was expected.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read_rows(csv.DictReader(file, restkey="", restval=""), path.name)
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise BadRecording(f"recording: {path.name} cannot be read: {problem}") from problem


def _read_rows(rows: "csv.DictReader[str]", file: str) -> Recording:
    missing = [name for name in _REQUIRED if name not in (rows.fieldnames or ())]
    if missing:
        raise BadRecording(
            f"recording: {file} line 1 has no column {missing[0]!r}, expected time,sensor,value"
        )
    sensors: dict[str, RecordedSensor] = {}
    number: dict[str, int] = {}
    columns: list[tuple[int, int, float]] = []
    for row in rows:
        where = f"{file} line {rows.line_num}"
        if "" in row:
            raise BadRecording(f"recording: {where} has too many fields, expected those of line 1")
        name = row["sensor"].strip()
        if name not in sensors:
            sensors[name] = _sensor(name, row, where)
            number[name] = len(number)
        columns.append((number[name], _time_us(row["time"], where), _value(row["value"], where)))
    made = Readings(
        np.array([sensor for sensor, _, _ in columns], np.int32),
        np.array([time_us for _, time_us, _ in columns], np.int64),
        np.array([value for _, _, value in columns], np.float64),
    )
    return Recording(tuple(sensors.values()), readings.ordered(made))


def _sensor(name: str, row: Mapping[str, str], where: str) -> RecordedSensor:
    if not name:
        raise BadRecording(f"recording: {where} has no sensor, expected its name")
    said = (row.get("kind") or "").strip()
    if said and said not in _KINDS:
        raise BadRecording(
            f"recording: {where} has kind {said!r}, expected one of {', '.join(_KINDS)}"
        )
    guess = suggest(name)
    if guess is None and not said:
        raise BadRecording(
            f"recording: {where} has sensor {name!r}, whose name suggests no kind; "
            "expected a column kind"
        )
    kind, room, is_exit = guess or (Kind.CONTACT, "", False)
    return RecordedSensor(name, _KINDS.get(said, kind), room, is_exit)


def _time_us(text: object, where: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip()) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRecording(f"recording: {where} has time {text!r}, expected {_ISO}")
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
    return Tape(tuple(sorted(messages, key=lambda message: message[2])))


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
