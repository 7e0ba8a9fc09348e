"""``stillwell realism``: how like real homes the simulated ones are.

The yardstick is how far two random halves of the real homes are apart. Simulated homes were
calibrated on one half of the homes (``sensors_sim/halves.py`` says which) and are judged on the
other; each is looked at for as long as a home of that half was, since a short look makes any
home look odd.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from api import rows
from api.exits import CommandFailed
from api.progress import Progress
from config.problems import ConfigProblem
from sensors_sim import tihm
from sensors_sim.energy import energy_distance
from sensors_sim.halves import GROUPS, Half, Halves, of_group, usual_halves
from sensors_sim.lives import Bools, Floats, Lives, Outages, has_whole_day, outages, spans
from sensors_sim.observed import observe
from sensors_sim.realism import statistics
from sensors_sim.recording import BadRecording
from sensors_sim.scenario import Scenario, load

Tell = Callable[[str], None]

BAR: Final = 1.5
FEWEST: Final = 28
SETS: Final = 20
"""Sets of simulated homes; none of them is chosen, the median counts."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far simulated homes are from real ones in one group of statistics.

    ``distances`` float64[sets] are those of each set of simulated homes from the real ones,
    ``yardstick`` is the median distance between two random sets of real homes. ``halves`` is how
    many yardsticks the two real halves are apart: what is learned from one is hardly closer.
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
    halves = usual_halves(values)
    chosen = halves.rows(half)
    start, end = (np.resize(edge[chosen], sets * len(chosen)) for edge in spans(known))
    scenario = load("realism") if scenario is None else scenario
    with Progress("simulating homes", tell) as shown:
        made, there = observe(scenario, start, end, shown.show)
    simulated, is_kept = _simulated(made)
    of_set = there[is_kept] // len(chosen)
    drawn = [simulated[of_set == number] / halves.scale for number in range(sets)]
    likeness = _likeness(values[chosen] / halves.scale, halves, drawn)
    left = tuple(name for name, kept in zip(names, is_in.tolist(), strict=True) if not kept)
    dirt = tuple(trace.dirt.lines())
    return Realism(half, left, values[chosen], simulated, halves.scale, likeness, dirt)


def _likeness(real: Floats, halves: Halves, drawn: Sequence[Floats]) -> tuple[Likeness, ...]:
    """Hold each set of simulated homes against these real ones, group by group."""
    found = []
    for name, yardstick, apart in zip(GROUPS, halves.yardsticks, halves.apart, strict=True):
        columns = of_group(real, name)
        away = np.array([energy_distance(of_group(one, name), columns) for one in drawn])
        found.append(Likeness(name, away, float(yardstick), float(apart)))
    return tuple(found)


def take(lives: Lives, kept: Bools) -> Lives:
    """Return these homes alone, numbered anew."""
    number = np.cumsum(kept) - 1
    mine = kept[lives.home]
    home = number[lives.home[mine]].astype(np.int32)
    return Lives(int(kept.sum()), home, lives.time_us[mine], lives.place[mine])


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
            f"{one.halves:>8.2f}   {f'<= {BAR:g}':<8}{holds}"
        )
    worst = found.rows[-1]
    lines.append("halves: how far the two real halves are apart, in the same measure")
    lines.append(f"worst ratio {worst.value:.2f}, bar {worst.bar}")
    lines += [f"left out, no whole day: {name}" for name in found.left_out]
    return "\n".join(lines)


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
