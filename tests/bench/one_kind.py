"""One kind of alert alone, by the live engine: figures of both halves, and each false alert.

    python -m tests.bench.one_kind silence
    python -m tests.bench.one_kind sensor-silent --half a --settings mine.toml

The same homes, draws and judge as ``stillwell evaluate``, without the other injections, other
settings, floors and scrambled futures: about a quarter of its time. "silence" is "no sign of
life" and "not back" together.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from api.evaluate import A_HOME, take_half
from api.evaluate_cases import CASES, CaseWorld, build_cases
from api.evaluate_engine import Status, World, run_worlds
from api.evaluate_judge import INACTIVITY, judge
from api.evaluate_kinds import ALWAYS, false_by_kind, found_by_case
from api.evaluate_settings import read_judged
from api.evaluate_worlds import bounds, copies, draw, window
from sensors_sim import inject, tihm
from sensors_sim.score import HOUR_US, Alerts, Bools
from tests.shared_data import shared_data

SILENCE: Final = "silence"
_SEED: Final = 3
_ROOMS: Final = 5


def main(arguments: Sequence[str]) -> int:
    """Run one kind on the recorded homes and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.one_kind", description=__doc__)
    parser.add_argument("kind", help="silence, or a kind of alert such as sensor-silent")
    parser.add_argument("--half", default="", choices=("", "a", "b"))
    parser.add_argument("--settings", type=Path)
    parser.add_argument("--tick-s", type=int, default=300)
    parser.add_argument("--data", type=Path, default=_file())
    asked = parser.parse_args(arguments)
    if asked.data is None:
        sys.stderr.write("no recorded homes here: give --data FILE\n")
        return 2
    trace = take_half(tihm.read_tihm(asked.data), asked.half)
    for line in told(trace, asked.kind, asked.settings, asked.tick_s):
        sys.stdout.write(line + "\n")
    return 0


def told(trace: tihm.Activations, kind: str, settings: Path | None, tick_s: int) -> Iterator[str]:
    """Yield the figures of the whole and of both halves, then a line for each false alert."""
    place, rng = read_judged(settings), np.random.default_rng(_SEED)
    draws = draw(trace, A_HOME, rng)
    fallen = copies(trace, draws, lambda stream, at, _: inject.collapse(stream, at), rng)
    cases = only_kind(build_cases(trace, rng), kind)
    other = fallen if kind == SILENCE else cases.trace
    status = Status(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0))
    worlds = [
        World(trace, place, is_accepting=True),
        World(other, place, status if kind == SILENCE else cases.status, is_accepting=True),
    ]
    untouched, injected = run_worlds(worlds, tick_s=tick_s)
    kinds = sorted(INACTIVITY) if kind == SILENCE else [kind]
    mine, judged = untouched.take(np.isin(untouched.kind, kinds)), window(trace)
    even = np.arange(len(trace.homes)) % 2 == 0
    for name, homes in (("all", np.ones(len(even), np.bool_)), ("half a", even), ("half b", ~even)):
        if kind == SILENCE:
            found = injected.take(np.isin(injected.kind, kinds))
            one = judge(name, mine, found, trace, judged, draws, homes)
            yield (
                f"{name}: raw {one.raw.mean}, home {one.home.mean}, median h by day "
                f"{one.found['waking-day'].median_h}, night {one.found['night'].median_h}, "
                f"in 12 h {one.found['all'].within[12]}"
            )
            continue
        (rate,) = [one.raw for one in false_by_kind(mine, judged, homes) if one.kind == kind]
        yield f"{name}: false {rate.mean}"
        for case in found_by_case(cases, injected, untouched, trace, homes):
            if case.by_time[ALWAYS].count:
                within = case.by_time[ALWAYS].within
                said = ", ".join(f"in {h} h {within[h]}" for h in sorted(within))
                yield f"  {case.case} ({case.by_time[ALWAYS].count}): {said}"
    yield from false_alerts(mine, trace, judged.holds(mine.home, mine.found_us))


def only_kind(world: CaseWorld, kind: str) -> CaseWorld:
    """Return the copies to which something happened that this kind of alert should find."""
    codes = [code for code, case in enumerate(CASES) if kind in case.kinds]
    kept = np.isin(world.case, codes)
    number = np.cumsum(kept) - 1
    gone = kept[world.status.home]
    return replace(
        world,
        trace=tihm.only(world.trace, kept),
        status=Status(
            number[world.status.home[gone]].astype(np.int32),
            world.status.time_us[gone],
            world.status.value[gone],
        ),
        draws=world.draws.take(kept),
        case=world.case[kept],
    )


def false_alerts(alerts: Alerts, trace: tihm.Activations, is_judged: Bools) -> Iterator[str]:
    """Yield one line for each: home, moment, how long it lasted, the rooms before and after."""
    start, stop = bounds(trace)
    for row in np.flatnonzero(is_judged & (alerts.home >= 0)).tolist():
        home, onset, found = (
            int(alerts.home[row]),
            int(alerts.onset_us[row]),
            int(alerts.found_us[row]),
        )
        mine = slice(start[home], stop[home])
        times, places = trace.time_us[mine], trace.place[mine]
        if alerts.place[row] >= 0:
            times = times[places == alerts.place[row]]
        # A door closes a second after it opened: a sign, and no activation.
        after = int(np.searchsorted(times, onset + tihm.PULSE_US, "right"))
        end = f"{(int(times[after]) - onset) / HOUR_US:.1f} h" if after < len(times) else "no end"
        rooms = [tihm.PLACES[place] for place in places.tolist()]
        at = int(np.searchsorted(trace.time_us[mine], onset + tihm.PULSE_US, "right"))
        local, _ = tihm.to_local(np.array([onset]))
        place = tihm.PLACES[alerts.place[row]] + " " if alerts.place[row] >= 0 else ""
        yield (
            f"home {home} ({'ab'[home % 2]}) {alerts.kind[row]} {place}"
            f"since {local.view('datetime64[us]')[0].astype('M8[m]')}, "
            f"raised after {(found - onset) / HOUR_US:.1f} h, lasted {end}: "
            f"{' '.join(rooms[max(at - _ROOMS, 0) : at])} | {' '.join(rooms[at : at + _ROOMS])}"
        )


def _file() -> Path | None:
    folder = shared_data()
    return None if folder is None else folder / "tihm_activity.csv.gz"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
