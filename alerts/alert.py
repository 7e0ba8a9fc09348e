"""What an alert is: closed sets of words, the finding that raises one, and its lasting id."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Priority(StrEnum):
    """How soon, and to whom."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    T = "T"


class AlertKind(StrEnum):
    """What was found."""

    SMOKE = "smoke"
    CARBON_MONOXIDE = "carbon-monoxide"
    FLOOD = "flood"
    PENDANT = "pendant"
    FALL = "fall"
    NO_SIGN_OF_LIFE = "no-sign-of-life"
    NOT_BACK = "not-back"
    OUT_AT_NIGHT = "out-at-night"
    LONG_IN_ROOM = "long-in-room"
    BATHROOM_AT_NIGHT = "bathroom-at-night"
    SLEEP_SHIFT = "sleep-shift"
    LESS_MOVEMENT = "less-movement"
    COLD_HOME = "cold-home"
    VERY_COLD_HOME = "very-cold-home"
    HOT_HOME = "hot-home"
    VERY_HOT_HOME = "very-hot-home"
    HEATING_FAILED = "heating-failed"
    BED_LEFT = "bed-left"
    SEAT_NOT_LEFT = "seat-not-left"
    MISSED_DOSE = "missed-dose"
    KITCHEN_UNUSED = "kitchen-unused"
    HOME_AGAIN = "home-again"
    PAUSE_ENDS = "pause-ends"
    ROTA_GAP = "rota-gap"
    VISIT_NOT_SEEN = "visit-not-seen"
    UNWATCHED_HOME = "unwatched-home"
    SENSOR_SILENT = "sensor-silent"
    GATEWAY_SILENT = "gateway-silent"
    OUTAGE = "outage"
    MAINS_FAILED = "mains-failed"


class State(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    ATTENDING = "attending"
    RESOLVED = "resolved"
    CLOSED = "closed"


STANDING: Final = (State.OPEN, State.ACKNOWLEDGED, State.ATTENDING)
"""States in which an alert still wants somebody."""


class Outcome(StrEnum):
    """What a person found when an alert was resolved."""

    SPOKEN_TO = "spoken-to"
    SEEN_WELL = "seen-well"
    NEEDS_HELP = "needs-help"
    REFERRED = "referred"
    FALSE_VISITOR = "false-visitor"
    FALSE_SENSOR = "false-sensor"
    TEST = "test"
    OTHER = "other"
    ENROLMENT_ENDED = "enrolment-ended"


CHOICES: Final = tuple(one for one in Outcome if one is not Outcome.ENROLMENT_ENDED)
"""Outcomes that a person may say of an alert; the other one comes with the end of an enrolment."""


class Verdict(StrEnum):
    """What a silence comes from; outage > gateway > sensor > person."""

    PERSON = "person"
    AWAY = "away"
    VISITOR = "visitor"
    SENSOR = "sensor"
    GATEWAY = "gateway"
    OUTAGE = "outage"
    UNKNOWN = "unknown"


LIFE_SAFETY: Final = frozenset(
    {
        AlertKind.SMOKE,
        AlertKind.CARBON_MONOXIDE,
        AlertKind.FLOOD,
        AlertKind.PENDANT,
        AlertKind.FALL,
    }
)
"""Kinds raised at once by a single reading; each is also the sensor kind of that name."""

SILENCES: Final = frozenset({AlertKind.NO_SIGN_OF_LIFE, AlertKind.NOT_BACK, AlertKind.OUT_AT_NIGHT})
"""Kinds that come back when they were resolved and nobody has been seen since."""

CONTINUING: Final = frozenset(
    {
        AlertKind.COLD_HOME,
        AlertKind.VERY_COLD_HOME,
        AlertKind.HOT_HOME,
        AlertKind.VERY_HOT_HOME,
        AlertKind.UNWATCHED_HOME,
        AlertKind.HOME_AGAIN,
    }
)
"""Kinds of which a home has one at a time: a new onset takes "eased" back from the standing one."""

TECHNICAL: Final = frozenset(
    {
        AlertKind.SENSOR_SILENT,
        AlertKind.GATEWAY_SILENT,
        AlertKind.OUTAGE,
        AlertKind.MAINS_FAILED,
    }
)
"""Kinds that the system may close when the thing works again."""

NOTICES: Final = frozenset({AlertKind.PAUSE_ENDS, AlertKind.ROTA_GAP})
"""Kinds that tell of something to come; the system may close them once it is over."""

PRIORITY: Final[Mapping[AlertKind, Priority]] = {
    **dict.fromkeys(LIFE_SAFETY, Priority.P1),
    AlertKind.NO_SIGN_OF_LIFE: Priority.P2,
    AlertKind.NOT_BACK: Priority.P2,
    AlertKind.OUT_AT_NIGHT: Priority.P2,
    AlertKind.LONG_IN_ROOM: Priority.P2,
    AlertKind.BATHROOM_AT_NIGHT: Priority.P3,
    AlertKind.SLEEP_SHIFT: Priority.P3,
    AlertKind.LESS_MOVEMENT: Priority.P3,
    AlertKind.COLD_HOME: Priority.P3,
    AlertKind.VERY_COLD_HOME: Priority.P2,
    AlertKind.HOT_HOME: Priority.P3,
    AlertKind.VERY_HOT_HOME: Priority.P2,
    AlertKind.HEATING_FAILED: Priority.P2,
    AlertKind.BED_LEFT: Priority.P2,
    AlertKind.SEAT_NOT_LEFT: Priority.P2,
    AlertKind.MISSED_DOSE: Priority.P3,
    AlertKind.KITCHEN_UNUSED: Priority.P3,
    AlertKind.HOME_AGAIN: Priority.P3,
    AlertKind.PAUSE_ENDS: Priority.P3,
    AlertKind.ROTA_GAP: Priority.P3,
    AlertKind.VISIT_NOT_SEEN: Priority.P2,
    AlertKind.UNWATCHED_HOME: Priority.P2,
    **dict.fromkeys(TECHNICAL, Priority.T),
}
"""Priority of each kind; a place may make its floods P2."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition that a detector found, ready to be raised.

    ``place``, ``home``, ``gateway`` and ``sensor`` are ids, empty where there is none.
    ``onset_us`` is when it began and ``found_us`` the tick that decided it, both microseconds
    since 1970 UTC. ``evidence`` holds the numbers that decided, as JSON values.
    """

    id: str
    kind: AlertKind
    priority: Priority
    verdict: Verdict
    place: str
    home: str
    gateway: str
    sensor: str
    onset_us: int
    found_us: int
    sentence: str
    evidence: Mapping[str, object]
    is_late: bool = False
    is_test: bool = False
    """Whether it is a test alarm: of a canary home, which concerns nobody, or of a walk test."""

    tester: str = ""
    """Who (account) tests the home, where a walk test is under way."""

    @property
    def short_text(self) -> str:
        """A message of at most 160 characters without name, address or occupancy."""
        return short_text(self.priority, self.id)


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A home that cannot be seen: since when (microseconds) and why."""

    home: str
    place: str
    since_us: int
    reason: str


def alert_id(subject: str, kind: AlertKind, onset: int | str, sensor: str = "") -> str:
    """Return the same 32 characters for the same subject, kind, onset and sensor.

    ``subject`` is the id of the home, or of the gateway or place that has the fault. ``onset``
    is in event time, so that restart, redelivery and replay name the same alert.
    """
    key = "\x1f".join((subject, kind.value, str(onset), sensor))
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def reference(id_: str) -> str:
    """Return the four characters by which people tell alerts apart on the phone."""
    return id_[:4].upper()


def short_text(priority: Priority, id_: str) -> str:
    """Return the text for small screens: nothing in it says who, where or whether at home."""
    where = "System fault" if priority is Priority.T else f"{priority.value} alert"
    return f"{where} in your area. Open Stillwell to see it. Ref {reference(id_)}."
