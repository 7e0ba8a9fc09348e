"""``make faults``: injects the faults of the list, prints the figures, writes faults.json.

``make faults KILLS=10`` kills ten times where the whole run kills sixty or a hundred times;
``make faults FAULTS=fault_17`` runs what is named.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from api.rows import Row, table, write
from tests.faults import (
    broker_db,
    changed_clocks,
    crowd,
    flips,
    full_disk,
    kills,
    ladders,
    listeners,
    living,
    notifier,
    orders,
    partition,
    proving,
    restarts,
    restoring,
    silent,
    two_workers,
    whole_council,
)

OUTPUT = Path("faults.json")
KILLS = int(os.environ.get("KILLS") or 0)


def fault_01() -> Iterator[Row]:
    """Kill the worker under load, with timed and untimed readings."""
    yield from kills.worker_killed(KILLS or 100, is_timed=True)
    yield from kills.worker_killed(KILLS or 100, is_timed=False)


def fault_02() -> Iterator[Row]:
    """Kill broker and worker, with and without outboxes; stop and start them in every order."""
    yield from kills.both_killed(KILLS or 60, has_outbox=True)
    yield from kills.both_killed(KILLS or 60, has_outbox=False)
    yield from orders.any_order()


def fault_03() -> Iterator[Row]:
    """Kill what raises and sends alerts, two at a time (also fault 18)."""
    yield from notifier.notifier_killed(KILLS or 100)


def hazard_8() -> Iterator[Row]:
    """Restart everything while ten thousand alerts stand open."""
    yield from restarts.many_open(max(100, 1000 * KILLS) if KILLS else restarts.ALERTS)


def living_faults() -> Iterator[Row]:
    """Faults 4, 6, 8 (a file that may not grow), 9, 10, 19 and 20, on one installation."""
    with tempfile.TemporaryDirectory() as folder, living.installed(Path(folder)) as stack:
        for fault in (*living.ALL, restoring.restored_elsewhere):
            if fault is living.store_held_up and not KILLS:
                yield from living.store_held_up(stack, seconds=600)
            else:
                yield from fault(stack)


def fault_05() -> Iterator[Row]:
    """Probe a broker that loses in silence."""
    yield from silent.default_settings()


def fault_07() -> Iterator[Row]:
    """Freeze every process and the engine's thread; somebody outside is told."""
    yield from proving.told_of_everything()


def fault_08() -> Iterator[Row]:
    """Fill a disk."""
    yield from full_disk.tmpfs_full()


def fault_09() -> Iterator[Row]:
    """Put clocks forward and back."""
    yield from changed_clocks.changed_clocks()


def ladder_faults() -> Iterator[Row]:
    """Faults 11, 12 and 14, on a clock that is turned by hand."""
    yield from ladders.channels_fail()
    yield from ladders.nobody_answers()
    yield from whole_council.whole_council()


def fault_13() -> Iterator[Row]:
    """Let ten thousand gateways come back at once."""
    yield from crowd.all_at_once(crowd.GATEWAYS)


def fault_16() -> Iterator[Row]:
    """Let five hundred pages listen, fifty of them frozen."""
    yield from listeners.many_listeners()


def fault_17() -> Iterator[Row]:
    """Damage journals, and the broker's file of sessions."""
    yield from flips.damaged_journals()
    yield from broker_db.cut_sessions()


def fault_18() -> Iterator[Row]:
    """Let a second worker take over from one that is frozen, or cut off, which then comes back."""
    yield from two_workers.frozen_and_followed()
    yield from partition.cut_off_and_followed()


def main() -> None:
    """Inject one fault after another, since they share the cores."""
    faults: Sequence[Callable[[], Iterator[Row]]]
    faults = (
        fault_01,
        fault_02,
        fault_03,
        hazard_8,
        living_faults,
        fault_05,
        fault_07,
        fault_08,
        fault_09,
        ladder_faults,
        fault_13,
        fault_16,
        fault_17,
        fault_18,
    )
    wanted, rows = set(sys.argv[1:]), list[Row]()
    for fault in faults:
        if not wanted or fault.__name__ in wanted:
            sys.stderr.write(f"injecting {fault.__name__} ...\n")
            rows += fault()
    rows.sort(key=lambda row: row.name)
    sys.stdout.write(table(rows) + "\n")
    write(rows, OUTPUT)
    if any(row.holds is False for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
