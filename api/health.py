"""Whether the worker is alive, live and keeping up, judged from its heartbeats."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from alerts import tables

WORKER: Final = "worker"
"""Name under which the worker writes its heartbeat."""

WATCH: Final = "watch"
"""Name under which the watch writes its heartbeat."""

BROKER: Final = "broker"
"""Name under which whoever keeps the broker's files writes what they hold."""

WATCH_STALE_S: Final = 60
"""Seconds without a beat after which the watch counts as gone."""

STALE_S: Final = 15
"""Seconds without a beat after which the worker counts as gone."""

BEHIND_S: Final = 60.0
"""Seconds by which the engine may trail the journal and still count as keeping up."""

MISSED_S: Final = 2 * STALE_S
"""Seconds without a beat of a thread of the worker (two beats) after which it counts as dead."""

SLOW_S: Final = 120.0
"""The same for a channel, which may wait for one slow server after another."""

STUCK_S: Final = 30.0
"""Seconds without a commit, while messages wait, after which readings count as stuck."""

_SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Beat:
    """The last heartbeat of a process: by the wall, and by its own clock; both in us of UTC.

    The worker's ``state`` holds ``is_connected`` (bool), ``journal_error`` and ``engine_error``
    (text, empty when the last commit and the last step succeeded) and ``behind_s`` (seconds);
    more keys are shown as they are.
    """

    process: str
    beat_us: int
    now_us: int
    is_live: bool
    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Liveness:
    """What a page says about itself: live, replaying (``replay_us``), or not since ``since_us``."""

    is_live: bool
    since_us: int | None = None
    replay_us: int | None = None


def beats(connection: Connection) -> dict[str, Beat]:
    """Return the last beat of each process, by name."""
    rows = connection.execute(select(tables.heartbeats).order_by(tables.heartbeats.c.process))
    return {r.process: Beat(r.process, r.beat_us, r.now_us, r.is_live, r.state or {}) for r in rows}


def liveness(worker: Beat | None, wall_us: int) -> Liveness:
    """Return whether what pages show is fresh."""
    if worker is None:
        return Liveness(is_live=False)
    if wall_us - worker.beat_us > STALE_S * _SECOND_US:
        return Liveness(is_live=False, since_us=worker.beat_us)
    return Liveness(is_live=True, replay_us=None if worker.is_live else worker.now_us)


def reasons(worker: Beat | None, wall_us: int) -> list[str]:
    """Return why the service is not ready, one sentence each; empty when it is."""
    if worker is None:
        return ["The worker has not started: run `stillwell worker`."]
    age_s = (wall_us - worker.beat_us) / _SECOND_US
    if age_s > STALE_S:
        return [f"The worker was last heard {age_s:.0f} s ago, expected under {STALE_S} s."]
    state = worker.state
    found = []
    if not state.get("is_connected", False):
        found.append("The worker is not connected to the broker.")
    found += [str(problem) for problem in state.get("broker_problems", ())]
    stuck_s = state.get("stuck_s", 0.0)
    if isinstance(stuck_s, int | float) and stuck_s > STUCK_S:
        found.append(f"Messages wait, and nothing was committed for {stuck_s:.0f} s.")
    if state.get("journal_error"):
        found.append("The journal cannot be written, so nothing is acknowledged.")
    found += dead_threads(worker)
    if state.get("engine_error"):
        found.append(f"The engine is failing, so alerts are not raised: {state['engine_error']}.")
    behind_s = state.get("behind_s", 0.0)
    if isinstance(behind_s, int | float) and behind_s > BEHIND_S:
        found.append(f"The engine is {behind_s:.0f} s behind, expected under {BEHIND_S:.0f} s.")
    return found


def dead_threads(worker: Beat) -> list[str]:
    """Return which threads of a worker that beats do not, one sentence each."""
    found = []
    for key, says in (
        ("engine_beat_s", "The engine has not looked for {age:.0f} s, so alerts are not raised."),
        ("keeper_beat_s", "Nobody has looked at ladders for {age:.0f} s."),
    ):
        age_s = worker.state.get(key, 0.0)
        if isinstance(age_s, int | float) and age_s > MISSED_S:
            found.append(says.format(age=age_s))
    channels = worker.state.get("outbox_beat_s")
    for name, age_s in channels.items() if isinstance(channels, Mapping) else ():
        if age_s > SLOW_S:
            found.append(f"Messages by {name} have not been looked at for {age_s:.0f} s.")
    return found
