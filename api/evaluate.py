"""Evaluation: the live engine and the simple rules on recorded homes, by one harness.

Each home teaches for 21 days and is tested on the rest. Untouched days give the false alerts;
copies of homes to which something was done give what is found and how soon.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from api import rows
from api.evaluate_cases import CaseWorld, added, build_cases, fleet_silent, is_about_person
from api.evaluate_engine import run_engine
from api.evaluate_figures import (
    ENGINE,
    FLOORS,
    NIGHT,
    NIGHT_FOUND,
    Evaluation,
    beside_rows,
    make_rows,
)
from api.evaluate_floors import Rule
from api.evaluate_guard import Peeked, refuse_peeker
from api.evaluate_judge import INACTIVITY, judge
from api.evaluate_report import page
from api.evaluate_worlds import LONGEST_US, Draws, Window, copies, draw, window
from api.exits import CommandFailed
from config.problems import ConfigProblem
from sensors_sim import inject, score, tihm
from sensors_sim.recording import BadRecording

Tell = Callable[[str], None]

A_HOME: Final = 12
"""Collapses drawn in each home."""

PEEKS: Final = 3
_SEED: Final = 3


def run(file: Path, out: Path, *, tell: Tell) -> None:
    """Evaluate on this file; write ``out`` and, beside it, the report as HTML; print the table.

    ConfigProblem says what is wrong in the file, CommandFailed that a detector looked ahead or
    that nothing can be tested.
    """
    try:
        trace = tihm.read_tihm(file)
    except BadRecording as problem:
        raise ConfigProblem(str(problem)) from problem
    for line in trace.dirt.lines():
        tell(f"{file.name}: {line}")
    result = evaluate(trace, tell=tell)
    tell(rows.table(result.rows))
    report = out.with_suffix(".html")
    try:
        rows.write(result.rows, out, beside_rows(result))
        report.write_text(page(result), "utf-8")
    except OSError as problem:
        raise CommandFailed(f"evaluate: cannot write: {problem}") from problem
    tell(f"wrote {out} and {report}")


def evaluate(
    trace: tihm.Activations, *, tell: Tell, a_home: int = A_HOME, tick_s: int = 60
) -> Evaluation:
    """Return the figures of the live engine and the simple rules on these homes."""
    judged, rng = window(trace), np.random.default_rng(_SEED)
    draws = draw(trace, a_home, rng)
    if not len(draws):
        raise CommandFailed(
            "evaluate: no home is recorded for more than 22 days; expected some with a day "
            "to test after the 21 days of learning"
        )
    tested = int((judged.weeks > 0).sum())
    tell(f"{len(trace.homes)} homes, {tested} tested over {judged.weeks.sum():.1f} home-weeks")
    engine = partial(run_engine, tick_s=tick_s)
    guard(trace, engine, tell)
    tell(f"untouched days, and {len(draws)} collapses through the engine")
    untouched = engine(trace)
    injected = copies(trace, draws, lambda stream, at, _: inject.collapse(stream, at), rng)
    fallen = engine(injected)
    person = sorted(INACTIVITY)
    found = [
        judge(
            ENGINE,
            untouched.take(np.isin(untouched.kind, person)),
            fallen.take(np.isin(fallen.kind, person)),
            trace,
            judged,
            draws,
        )
    ]
    for name, (rule, _) in FLOORS.items():
        found.append(judge(name, rule(trace), rule(injected), trace, judged, draws))
    night = {name: _false(rule(trace), judged) for name, (rule, _) in NIGHT.items()}
    tell("faults, nights and slow changes through the engine")
    world = build_cases(trace, rng)
    cases, sayings = added(world, run_engine(world.trace, status=world.status, tick_s=tick_s),
                           untouched)  # fmt: skip
    sayings += _collapse_sayings(fallen, draws)
    fleet, fleet_sayings = _fleet(trace, engine, rng)
    return Evaluation(
        len(trace.homes),
        tested,
        float(judged.weeks.sum()),
        trace.dirt.lines(),
        found,
        night,
        _loads(untouched, judged),
        cases,
        score.confusion(*_columns(sayings + fleet_sayings)),
        fleet,
        make_rows(found, night, _night_found(world, trace)),
    )


def guard(trace: tihm.Activations, engine: Rule, tell: Tell) -> None:
    """Refuse every detector that looks ahead; CommandFailed says which, where and when."""
    tell("scrambling the future: nobody may notice")
    rng = np.random.default_rng(_SEED)
    rules = {name: rule for name, (rule, _) in {**FLOORS, **NIGHT}.items()}
    try:
        for name, rule in {ENGINE: engine, **rules}.items():
            refuse_peeker(name, rule, trace, PEEKS, rng)
    except Peeked as problem:
        raise CommandFailed(str(problem)) from problem


def _false(alerts: score.Alerts, judged: Window) -> score.FalseRate:
    home = alerts.home[judged.holds(alerts.home, alerts.found_us)]
    return score.false_rate(home, judged.weeks)


def _loads(untouched: score.Alerts, judged: Window) -> dict[str, score.FalseRate]:
    """All alerts on untouched days, by kind; those of no home (an outage) have no load here."""
    mine = untouched.take(untouched.home >= 0)
    kinds = sorted(set(mine.kind.tolist()))
    care = np.isin(mine.kind, [kind for kind in kinds if is_about_person(kind)])
    by_kind = {kind: _false(mine.take(mine.kind == kind), judged) for kind in kinds}
    return {"all P2 and P3": _false(mine.take(care), judged), **by_kind}


def _night_found(world: CaseWorld, trace: tihm.Activations) -> dict[str, float]:
    """Return the share of injected nights in which the rule about visits raised something new."""
    rule, _ = NIGHT["floor.night_visits_3sd"]
    found, _ = added(world, rule(world.trace), rule(trace))
    by_case = {one.case: one for one in found}
    return {
        name: by_case[case].about_person / max(by_case[case].count, 1)
        for name, (case, _) in NIGHT_FOUND.items()
    }


def _collapse_sayings(fallen: score.Alerts, draws: Draws) -> list[tuple[str, str]]:
    """Return the verdict on collapses of the waking day and after a door: person, away."""
    sayings = []
    person = fallen.take(np.isin(fallen.kind, sorted(INACTIVITY)))
    for copy in np.flatnonzero(draws.is_day | draws.is_after_door).tolist():
        at_us = int(draws.at_us[copy])
        mine = (person.home == copy) & (person.onset_us >= draws.last_us[copy])
        mine &= person.found_us <= at_us + LONGEST_US
        truth = "away" if draws.is_after_door[copy] else "person"
        sayings.append((truth, str(person.verdict[mine][0]) if mine.any() else "none"))
    return sayings


def _fleet(
    trace: tihm.Activations, engine: Rule, rng: np.random.Generator
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return the alerts of a day in which nothing is heard of any home, and the verdicts."""
    silent, at_us = fleet_silent(trace, rng)
    alerts = engine(silent)
    during = alerts.take((alerts.found_us > at_us) & (alerts.found_us <= at_us + LONGEST_US))
    kinds, counts = np.unique(during.kind, return_counts=True)
    about = during.take(np.array([is_about_person(k) for k in during.kind.tolist()], np.bool_))
    place = "outage" if "outage" in during.verdict.tolist() else "none"
    watched = window(trace)
    here = (watched.start_us <= at_us) & (watched.stop_us > at_us + LONGEST_US)
    first = {home: row for row, home in reversed(list(enumerate(about.home.tolist())))}
    said = [
        str(about.verdict[first[home]]) if home in first else place
        for home in np.flatnonzero(here).tolist()
    ]
    return dict(zip(kinds.tolist(), counts.tolist(), strict=True)), [("outage", s) for s in said]


def _columns(sayings: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [truth for truth, _ in sayings], [said for _, said in sayings]
