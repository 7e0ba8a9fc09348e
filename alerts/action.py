"""What a tick decides: a finding to raise, or a step of an alert that was raised before."""

from dataclasses import dataclass

from alerts.alert import Finding
from alerts.lifecycle import Event


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to the alert of this id; ``note`` goes into its history."""

    event: Event
    alert: str
    note: str


Action = Finding | Step
