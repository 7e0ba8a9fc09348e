"""``stillwell realism``: how like real homes the simulated ones are.

The yardstick is how far two random halves of the real homes are apart. Simulated homes were
calibrated on one half of the homes and are judged on the other; each is looked at for as long
as a home of that half was, since a short look makes any home look odd.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from api import rows
from api.exits import CommandFailed
from api.progress import Progress
from config.problems import ConfigProblem
from sensors_sim import tihm
from sensors_sim.energy import energy_distance, split_distances
from sensors_sim.lives import Bools, Floats, Lives, Outages, has_whole_day, outages, spans
from sensors_sim.observed import observe
from sensors_sim.realism import GROUP, Group, statistics
from sensors_sim.recording import BadRecording
from sensors_sim.scenario import Scenario, load

Tell = Callable[[str], None]
Measure = Callable[[Floats], Floats]

BAR: Final = 1.5
FEWEST: Final = 28
SPLITS: Final = 200
SETS: Final = 20
"""Sets of simulated homes; none of them is chosen, the median counts."""

WHOLE: Final = "whole"
_SEED: Final = 4


class Half(StrEnum):
    """Which real homes simulated ones are held against."""

    CALIBRATION = "calibration"
    JUDGED = "judged"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far simulated homes are from real ones in one group of statistics.

    ``distances`` float64[sets] are those of each set of simulated homes from the real ones,
    ``yardstick`` is the median distance between two random sets of real homes, ``halves`` that
    of the two real halves from each other: what is learned from one cannot be much closer.
    """

    group: str
    distances: Floats
    yardstick: float
    halves: float

    @property
    def ratios(self) -> Floats:
        """Return the distance of each set in yardsticks."""
        return self.distances / self.yardstick

    @property
    def ratio(self) -> float:
        """Return the median over the sets."""
        return float(np.median(self.ratios))


@dataclass(frozen=True, slots=True)
class Realism:
    """What was compared: statistics of real and simulated homes, [homes, statistics]."""

    half: Half
    left_out: tuple[str, ...]
    size: int
    real: Floats
    simulated: Floats
    scale: Floats
    likeness: tuple[Likeness, ...]
    dirt: tuple[str, ...]

    @property
    def rows(self) -> list[rows.Row]:
        """Return the figures: the whole, each group, and the worst of all."""
        made = [_row(f"realism.{one.group}.ratio", one.ratio) for one in self.likeness]
        return [*made, _row("realism.worst_ratio", max(one.ratio for one in self.likeness))]


def realism_rows(trace: tihm.Activations, tell: Tell) -> list[rows.Row]:
    """Return the figures of simulated homes held against the judged half of these.

    None, said by ``tell``, when the homes are too few to hold a fleet against.
    """
    try:
        return judge(trace, Half.JUDGED, tell=tell).rows
    except ConfigProblem as problem:
        tell(f"{problem}; left out")
        return []


def run(file: Path, out: Path, half: str, *, tell: Tell) -> None:
    """Judge the simulator on this file; print the table, write ``out`` and a page beside it.

    ConfigProblem says what is wrong with the file, CommandFailed that a ratio is above the bar.
    """
    from api.realism_report import page

    if half not in set(Half):
        raise ConfigProblem(f"realism: --half is {half!r}, expected {' or '.join(Half)}")
    try:
        trace = tihm.read_tihm(file)
    except BadRecording as problem:
        raise ConfigProblem(str(problem)) from problem
    found = judge(trace, Half(half), tell=tell)
    for line in found.dirt:
        tell(f"{file.name}: {line}")
    tell(table(found))
    report = out.with_suffix(".html")
    try:
        rows.write(found.rows, out, {"half": half, "sets": _sets(found)})
        report.write_text(page(found), "utf-8")
    except OSError as problem:
        raise CommandFailed(f"realism: cannot write: {problem}") from problem
    tell(f"wrote {out} and {report}")
    if not all(row.holds for row in found.rows):
        raise CommandFailed(f"realism: a ratio is above {BAR:g}: these homes are not believable")


def judge(
    trace: tihm.Activations,
    half: Half,
    *,
    tell: Tell,
    scenario: Scenario | None = None,
    sets: int = SETS,
) -> Realism:
    """Return how like the homes of one half the homes of a scenario are, ours by default."""
    if len(trace.homes) < FEWEST:
        raise ConfigProblem(
            f"realism: the file holds {len(trace.homes)} homes, expected {FEWEST} or more: "
            "half of them are kept from those who set the simulator's parameters"
        )
    lives, silent, names = _real(trace)
    is_in = has_whole_day(lives, silent)
    if is_in.sum() < FEWEST // 2:
        raise ConfigProblem(
            f"realism: only {is_in.sum()} homes are recorded for a whole day, "
            f"expected {FEWEST // 2} or more"
        )
    known = take(lives, is_in)
    values = statistics(known, silent)
    chosen = in_half(len(trace.homes), half)[is_in]
    start, end = (np.resize(edge[chosen], sets * chosen.sum()) for edge in spans(known))
    scenario = load("realism") if scenario is None else scenario
    with Progress("simulating homes", tell) as shown:
        made, there = observe(scenario, start, end, shown.show)
    simulated, is_kept = _simulated(made)
    of_set = there[is_kept] // int(chosen.sum())
    scale, real = scales(values[in_half(len(trace.homes), Half.CALIBRATION)[is_in]]), values[chosen]
    drawn = [simulated[of_set == number] / scale for number in range(sets)]
    likeness = _likeness(values / scale, chosen, drawn)
    left = tuple(name for name, kept in zip(names, is_in.tolist(), strict=True) if not kept)
    size, dirt = len(values) // 2, tuple(trace.dirt.lines())
    return Realism(half, left, size, real, simulated, scale, likeness, dirt)


def _likeness(values: Floats, chosen: Bools, drawn: Sequence[Floats]) -> tuple[Likeness, ...]:
    """Hold each set of simulated homes against the chosen real ones, group by group."""
    rng = np.random.default_rng(_SEED)
    found = []
    for group in (WHOLE, *(group.value for group in Group)):
        columns = of_group(values, group)
        apart = [energy_distance(of_group(one, group), columns[chosen]) for one in drawn]
        between = split_distances(columns, len(values) // 2, SPLITS, rng)
        halves = energy_distance(columns[~chosen], columns[chosen])
        found.append(Likeness(group, np.array(apart), float(np.median(between)), halves))
    return tuple(found)


def in_half(homes: int, half: Half) -> Bools:
    """Return which homes, by name, are in a half: the first, third, fifth calibrate."""
    is_odd: Bools = np.arange(homes) % 2 == 1
    return is_odd if half is Half.JUDGED else ~is_odd


def take(lives: Lives, kept: Bools) -> Lives:
    """Return these homes alone, numbered anew."""
    number = np.cumsum(kept) - 1
    mine = kept[lives.home]
    home = number[lives.home[mine]].astype(np.int32)
    return Lives(int(kept.sum()), home, lives.time_us[mine], lives.place[mine])


def scales(values: Floats) -> Floats:
    """Return what to divide each statistic by: its standard deviation over these homes.

    They are those of the calibration half, whichever half is judged: nothing that is measured
    is known beforehand. A statistic in which few homes differ by little would outweigh all
    others, so it counts at least a quarter of its group's median.
    """
    spread: Floats = np.std(values, axis=0)
    for group in Group:
        mine = group.value == GROUP
        varied = spread[mine & (spread > _SAME)]
        least = np.median(varied) * _LEAST if len(varied) else 1.0
        spread[mine] = np.maximum(spread[mine], least)
    return spread


def of_group(values: Floats, group: str) -> Floats:
    """Return the columns of a group; in the whole vector every group weighs the same."""
    if group != WHOLE:
        mine: Floats = values[:, group == GROUP]
        return mine
    _, row, count = np.unique(GROUP, return_inverse=True, return_counts=True)
    weighed: Floats = values / np.sqrt(count.astype(np.float64)[row])
    return weighed


def table(found: Realism) -> str:
    """Return the ratios as aligned text, with their spread over the sets."""
    sets = len(found.likeness[0].distances)
    homes = f"{len(found.real)} real homes of the {found.half.value} half"
    lines = [
        f"{homes}, {len(found.simulated)} simulated in {sets} sets",
        f"{'group':<16}{'ratio':>7}{'10 %':>8}{'90 %':>8}{'halves':>8}   {'bar':<8}holds",
    ]
    for one in found.likeness:
        low, high = np.quantile(one.ratios, (0.1, 0.9))
        holds = "yes" if one.ratio <= BAR else "NO"
        lines.append(
            f"{one.group:<16}{one.ratio:>7.2f}{low:>8.2f}{high:>8.2f}"
            f"{one.halves / one.yardstick:>8.2f}   {f'<= {BAR:g}':<8}{holds}"
        )
    worst = found.rows[-1]
    lines.append("halves: how far the two real halves are apart, in the same measure")
    lines.append(f"worst ratio {worst.value:.2f}, bar {worst.bar}")
    lines += [f"left out, no whole day: {name}" for name in found.left_out]
    return "\n".join(lines)


_SAME: Final = 1e-9
_LEAST: Final = 0.25


def _row(name: str, ratio: float) -> rows.Row:
    return rows.at_most(name, ratio, "of chance", BAR)


def _sets(found: Realism) -> dict[str, list[float]]:
    return {one.group: [round(ratio, 4) for ratio in one.ratios.tolist()] for one in found.likeness}


def _real(trace: tihm.Activations) -> tuple[Lives, Outages, Sequence[str]]:
    local_us, _ = tihm.to_local(trace.time_us)
    lives = Lives(len(trace.homes), trace.home, local_us, trace.place)
    return lives, outages(lives), trace.homes


def _simulated(made: Lives) -> tuple[Floats, Bools]:
    """Return the statistics of simulated homes, and which have any; nobody had an outage."""
    never = Outages(np.empty(0, np.int64), np.empty(0, np.int64))
    is_in = has_whole_day(made, never)
    return statistics(take(made, is_in), never), is_in
