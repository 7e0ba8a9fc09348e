"""What the worker reports of itself, as Prometheus reads it.

Sums over everything that this worker serves, and no home, gateway or place: what one home said,
and when, is occupancy, and this page is read without signing in. Where there are few homes a sum
tells of them too, so that what moves with their readings is left out. Format: "Exposition
formats", prometheus.io, version 0.0.4.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from api import health

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

COUNTERS: Final[Mapping[str, tuple[str, str]]] = {
    "messages": ("stillwell_messages_total", "Messages taken from the broker."),
    "readings": ("stillwell_readings_total", "Readings committed."),
    "receipts": ("stillwell_receipts_total", "Receipts sent to gateways."),
    "connection_losses": ("stillwell_connection_losses_total", "Lost connections to the broker."),
    "lost_sessions": (
        "stillwell_lost_sessions_total",
        "Times that the broker had forgotten our session, and what was queued in it.",
    ),
}
GAUGES: Final[Mapping[str, tuple[str, str]]] = {
    "unacknowledged": ("stillwell_unacknowledged", "Messages read and not yet committed."),
    "stuck_s": ("stillwell_stuck_seconds", "Since a commit, while messages wait."),
    "behind_s": ("stillwell_engine_lag_seconds", "How far the engine is behind."),
    "gaps": ("stillwell_gaps", "Messages that gateways numbered and that never came."),
    "journal_seq": ("stillwell_journal_position", "Last row of the journal."),
    "store_seq": ("stillwell_store_position", "Last row that the store has taken."),
    "store_waiting": ("stillwell_store_waiting", "Rows of the journal that the store lacks."),
    "engine_seq": ("stillwell_engine_position", "Last row that the engine has taken."),
    "store_retries": ("stillwell_store_retries", "Tries in a row that the store has refused."),
}
BY_REASON: Final[Mapping[str, tuple[str, str, str]]] = {
    "rejects_by_reason": ("stillwell_rejects_total", "counter", "What was not stored, by reason."),
    "odd": ("stillwell_odd", "gauge", "Homes and sensors that teach nothing, by reason."),
}

FEWEST: Final = 5
"""With fewer homes a count that goes up says that somebody moves in one of them."""

OF_FEW: Final = frozenset(
    {"connection_losses", "lost_sessions", "stuck_s", "behind_s", "store_retries"}
)
"""What is told of few homes as well: none of it follows what their sensors say."""


def text(worker: health.Beat | None, wall_us: int) -> str:
    """Return the metrics; only ``stillwell_ready`` where no worker has been heard."""
    return "\n".join(_lines(worker, wall_us)) + "\n"


def _lines(worker: health.Beat | None, wall_us: int) -> Iterator[str]:
    is_ready = not health.reasons(worker, wall_us)
    yield from _one("stillwell_ready", "gauge", "Whether alerts are being raised.", int(is_ready))
    if worker is None:
        return
    age_s = (wall_us - worker.beat_us) / 1e6
    yield from _one("stillwell_beat_age_seconds", "gauge", "Since the worker was heard.", age_s)
    state = {key: value for key, value in worker.state.items() if _is_told(key, worker.state)}
    last_us = state.get("last_commit_us")
    if isinstance(last_us, int) and last_us:
        age_s = (wall_us - last_us) / 1e6
        yield from _one("stillwell_commit_age_seconds", "gauge", "Since the last commit.", age_s)
    for kind, metrics in (("counter", COUNTERS), ("gauge", GAUGES)):
        for key, (name, says) in metrics.items():
            value = state.get(key)
            if isinstance(value, int | float):
                yield from _one(name, kind, says, value)
    for key, (name, kind, says) in BY_REASON.items():
        counts = state.get(key)
        if isinstance(counts, Mapping) and counts:
            yield f"# HELP {name} {says}"
            yield f"# TYPE {name} {kind}"
            for reason, count in sorted(counts.items()):
                yield f'{name}{{reason="{reason}"}} {count}'


def _is_told(key: str, state: Mapping[str, object]) -> bool:
    homes = state.get("homes")
    return key in OF_FEW or (isinstance(homes, int) and homes >= FEWEST)


def _one(name: str, kind: str, says: str, value: float) -> Iterator[str]:
    yield f"# HELP {name} {says}"
    yield f"# TYPE {name} {kind}"
    yield f"{name} {value}" if isinstance(value, int) else f"{name} {value:.6g}"
