"""What a tick decides: a finding to raise, or a step of an alert that was raised before."""

from dataclasses import dataclass

from alerts.alert import Finding
from alerts.budget import Calibration
from alerts.lifecycle import Event


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to the alert of this id; ``note`` goes into its history."""

    event: Event
    alert: str
    note: str


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a place's last weeks say of its threshold; ``is_applied`` says that it is in force."""

    place: str
    at_us: int
    budget: float
    found: Calibration
    is_applied: bool


@dataclass(frozen=True, slots=True)
class Proposed:
    """A longer cap that a person should be asked about; ``home`` and ``place`` are ids.

    ``count`` long silences at home, of the last 28 days, began from ``from_min`` up to ``to_min``
    past local midnight.
    """

    home: str
    place: str
    from_min: int
    to_min: int
    cap_h: float
    count: int
    at_us: int


@dataclass(frozen=True, slots=True)
class Proposals:
    """Every longer cap that is proposed, once a day."""

    all: tuple[Proposed, ...]


Action = Finding | Step | Calibrated | Proposals
