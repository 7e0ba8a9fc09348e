"""How far the engine is, as one frozen value that any thread may read; what it waits on."""

from dataclasses import asdict, dataclass
from typing import Protocol

from alerts.detect.columns import NEVER


class Wait(Protocol):
    """Blocks until the journal has an entry after ``after``, or for ``timeout_s`` seconds."""

    def __call__(self, after: int, timeout_s: float, /) -> object:
        """Return when there may be something to read."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the engine is after a step.

    ``position`` is the journal entry it has read; ``folded_us`` the last moment it decided,
    NEVER before any; ``ticks`` and ``readings`` are of this step, ``raised`` counts alerts since
    the start. ``is_settled`` is false while it waits for the link and its backlog; ``is_behind``
    says that another step has work to do at once.
    """

    position: int = 0
    now_us: int = 0
    folded_us: int = NEVER
    ticks: int = 0
    readings: int = 0
    raised: int = 0
    is_settled: bool = False
    is_behind: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the values as the heartbeat row keeps them."""
        return asdict(self)
