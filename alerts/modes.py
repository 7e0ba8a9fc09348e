"""Which detectors there are, and what becomes of what each finds at a place: off, shadow, live.

A detector goes shadow first (safety rule 8): where nobody has switched it, it is in shadow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from alerts.alert import LIFE_SAFETY, NOTICES, TECHNICAL, AlertKind


class Mode(StrEnum):
    """What becomes of a finding: dropped, recorded for supervisors only, or raised."""

    OFF = "off"
    SHADOW = "shadow"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Detector:
    """What is switched as one; ``looks_for`` completes "Looks for ..." for a supervisor."""

    key: str
    title: str
    kinds: frozenset[AlertKind]
    looks_for: str


DETECTORS: Final = (
    Detector(
        "inactivity",
        "No sign of the person",
        frozenset({AlertKind.NO_SIGN_OF_LIFE, AlertKind.NOT_BACK}),
        "a silence that is long for this home and this hour, at home or after the door was used.",
    ),
    Detector(
        "cold",
        "Cold home",
        frozenset({AlertKind.COLD_HOME, AlertKind.VERY_COLD_HOME}),
        "a home whose warmest room stays below a limit.",
    ),
    Detector(
        "hot",
        "Hot home",
        frozenset({AlertKind.HOT_HOME, AlertKind.VERY_HOT_HOME}),
        "a home in which even the coolest room stays above a limit.",
    ),
    Detector(
        "night-door",
        "Out at night",
        frozenset({AlertKind.OUT_AT_NIGHT}),
        "an outside door between 01:00 and 05:00 with no movement inside after it, in a home where "
        "that is rare.",
    ),
    Detector(
        "room-stay",
        "Long in one room",
        frozenset({AlertKind.LONG_IN_ROOM}),
        "movement that stays in the bathroom or hall far longer than is usual in this home.",
    ),
    Detector(
        "bathroom",
        "Bathroom visits at night",
        frozenset({AlertKind.BATHROOM_AT_NIGHT}),
        "more visits to the bathroom at night than this home usually has, over several nights.",
    ),
    Detector(
        "trend",
        "Slow change",
        frozenset({AlertKind.SLEEP_SHIFT, AlertKind.LESS_MOVEMENT}),
        "days that have moved by hours, or that hold less and less movement.",
    ),
    Detector(
        "bed-left",
        "Bed left at night",
        frozenset({AlertKind.BED_LEFT}),
        "a bed that was left at night and stays empty far longer than is usual in this home.",
    ),
    Detector(
        "seat",
        "Bed or chair not left",
        frozenset({AlertKind.SEAT_NOT_LEFT}),
        "a bed or chair that stays taken far longer than is usual in this home, with no movement "
        "elsewhere.",
    ),
    Detector(
        "dose",
        "Missed dose",
        frozenset({AlertKind.MISSED_DOSE}),
        "a dose that the dispenser says was missed, or that was not taken by the time by which "
        "this home usually takes it.",
    ),
    Detector(
        "kitchen",
        "Kitchen unused",
        frozenset({AlertKind.KITCHEN_UNUSED}),
        "kettle, cooker and fridge unused by the time by which this home usually uses one.",
    ),
    Detector(
        "heating",
        "Heating failed",
        frozenset({AlertKind.HEATING_FAILED}),
        "a home that gets colder than its own day usually goes, with no door or window open.",
    ),
    Detector(
        "visit",
        "Carer expected and not seen",
        frozenset({AlertKind.VISIT_NOT_SEEN}),
        "a booked visit of a carer in whose time no outside door was used.",
    ),
)
"""Every detector that has a mode; a place switches each on its own."""

ALWAYS_LIVE: Final = (
    LIFE_SAFETY | TECHNICAL | NOTICES | {AlertKind.UNWATCHED_HOME, AlertKind.HOME_AGAIN}
)
"""Kinds without a mode: life safety, and what says that a home or a part of it is not seen.

2026-11-27: the end of a pause, and life in a paused home, follow from what a person entered.
"""

EPISODES: Final = frozenset(
    {AlertKind.BATHROOM_AT_NIGHT, AlertKind.SLEEP_SHIFT, AlertKind.LESS_MOVEMENT}
)
"""Kinds that tell of days or nights gone by. Every other kind with a mode lasts until something
ends it, and what lasts is raised when its detector is switched live."""

_DETECTOR: Final = {kind: detector.key for detector in DETECTORS for kind in detector.kinds}
_BY_KEY: Final = {detector.key: detector for detector in DETECTORS}


def find_detector(key: str) -> Detector | None:
    """Return the detector of this key, or None."""
    return _BY_KEY.get(key)


def detector_of(kind: AlertKind) -> str | None:
    """Return the key of the detector that finds this kind, None for one that is always live.

    A kind that is in no list yet is a detector of its own: what was forgotten sends nothing.
    """
    return None if kind in ALWAYS_LIVE else _DETECTOR.get(kind, kind.value)


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes in force, by (place, detector); what is absent is in shadow."""

    switched: Mapping[tuple[str, str], Mode]

    def of(self, place: str, detector: str) -> Mode:
        """Return the mode of this detector at this place."""
        return self.switched.get((place, detector), Mode.SHADOW)

    def of_kind(self, place: str, kind: AlertKind) -> Mode:
        """Return what becomes of a finding of this kind at this place."""
        detector = detector_of(kind)
        return Mode.LIVE if detector is None else self.of(place, detector)
