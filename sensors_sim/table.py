"""Tables of recorded readings, whatever kind of file they came in: columns, sensors, dirt."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim.readings import Readings
from sensors_sim.recording import BadRecording, RecordedSensor, Recording, suggest

REQUIRED: Final = ("time", "sensor", "value")
OPTIONAL: Final = ("arrived", "home", "kind", "room", "exit")
"""``arrived`` is of a reading, the others of its sensor."""

_KINDS: Final = {kind.value: kind for kind in Kind}
_EXIT: Final = {"": None, "0": False, "1": True, "false": False, "true": True}


def recorded_sensor(name: str, row: Mapping[str, str], where: str) -> RecordedSensor:
    """Return the sensor of this name, as a row says or its name suggests; else BadRecording."""
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
    told = (row.get("exit") or "").strip().lower()
    if told not in _EXIT:
        raise BadRecording(f"recording: {where} has exit {told!r}, expected 1 or 0")
    return RecordedSensor(
        name,
        _KINDS.get(said, kind),
        (row.get("room") or "").strip() or room,
        is_exit if _EXIT[told] is None else bool(_EXIT[told]),
        (row.get("home") or "").strip(),
    )


def assembled(
    sensors: tuple[RecordedSensor, ...], said: Readings, arrived_us: NDArray[np.int64] | None
) -> Recording:
    """Return rows as a recording in time order, with what had to be put right in its notes.

    Rows are in order when they come by time or, where ``arrived_us`` is known, by arrival.
    BadRecording when a home has more than one gateway.
    """
    status = [sensor.home for sensor in sensors if sensor.kind is Kind.GATEWAY_STATUS]
    if len(set(status)) < len(status):
        raise BadRecording(
            "recording: a home has several sensors of kind gateway-status, expected its one gateway"
        )
    by_us = said.time_us if arrived_us is None else arrived_us
    back = int((np.diff(by_us) < 0).sum())
    order = np.lexsort((said.sensor, said.time_us))
    made = said.take(order)
    is_same = (np.diff(made.time_us) == 0) & (np.diff(made.sensor) == 0)
    is_same &= np.diff(made.value) == 0
    came = None if arrived_us is None else arrived_us[order]
    if came is not None:
        is_same &= np.diff(came) == 0
    repeats = int(is_same.sum())
    notes = [unsorted_note(back)] if back else []
    if repeats:
        notes.append(f"{repeats:,} rows repeat another one: each counts once")
    return Recording(sensors, made, came, tuple(notes))


def unsorted_note(rows: int) -> str:
    """Return the sentence about rows that were out of order."""
    return f"{rows:,} rows were earlier than the row before: sorted"
