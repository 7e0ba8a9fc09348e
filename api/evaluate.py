"""Evaluation: the live engine, simple rules and peers on recorded homes, by one harness.

Each home teaches for 21 days and is tested on the rest. Untouched days give the false alerts;
copies of homes to which something was done give what is found and how soon.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from api import rows
from api.evaluate_added import added
from api.evaluate_against import differences
from api.evaluate_engine import DEFAULTS
from api.evaluate_figures import ENGINE, Evaluation, engine_figures, strict_figures
from api.evaluate_floors import Rule
from api.evaluate_guard import Peeked, refuse_peeker
from api.evaluate_json import beside_rows
from api.evaluate_judge import Judged, judge
from api.evaluate_load import BUDGETS, curve, within_budget
from api.evaluate_peers import PEERS, few_homes, judge_peer
from api.evaluate_published import FLOORS, NIGHT, NIGHT_FOUND
from api.evaluate_report import page
from api.evaluate_rows import make_rows
from api.evaluate_settings import read_judged, told
from api.evaluate_stage import Raised, Stage, build_stage, refuse_engine, run_stage
from api.evaluate_steps import STEPS, judge_steps, rule_of, twelve_hours
from api.exits import CommandFailed
from api.realism import realism_rows
from config.places import Place
from config.problems import ConfigProblem
from sensors_sim import score, tihm
from sensors_sim.recording import BadRecording
from sensors_sim.score import Bools

Tell = Callable[[str], None]

A_HOME: Final = 12
"""Collapses drawn in each home."""

PEEKS: Final = 3
HALVES: Final = ("a", "b")
_SEED: Final = 3
_LONGEST_US: Final = 3 * 365 * score.DAY_US


@dataclass(frozen=True, slots=True)
class Request:
    """What to judge: a setting, perhaps another one beside it, perhaps peers."""

    place: Place = DEFAULTS
    against: Place | None = None
    has_peers: bool = False
    a_home: int = A_HOME
    tick_s: int = 60


def run(
    file: Path,
    out: Path,
    *,
    tell: Tell,
    settings: Path | None = None,
    against: Path | None = None,
    half: str = "",
    has_peers: bool = False,
    tick_s: int = 60,
) -> None:
    """Evaluate on this file; write ``out`` and, beside it, the report as HTML; print the table.

    ConfigProblem says what is wrong in a file or in ``half``, CommandFailed that a detector
    looked ahead or that nothing can be tested.
    """
    if half not in ("", *HALVES):
        raise ConfigProblem(f"evaluate: --half is {half!r}, expected a or b")
    place = read_judged(settings)
    other = None if against is None else read_judged(against)
    request = Request(place, other, has_peers, tick_s=tick_s)
    try:
        trace = tihm.read_tihm(file)
    except BadRecording as problem:
        raise ConfigProblem(str(problem)) from problem
    for line in trace.dirt.lines():
        tell(f"{file.name}: {line}")
    result = evaluate(take_half(trace, half), request, tell=tell)
    result = replace(result, rows=[*result.rows, *realism_rows(trace, tell)])
    tell(rows.table(result.rows))
    report = out.with_suffix(".html")
    try:
        rows.write(result.rows, out, beside_rows(result))
        report.write_text(page(result), "utf-8")
    except OSError as problem:
        raise CommandFailed(f"evaluate: cannot write: {problem}") from problem
    tell(f"wrote {out} and {report}")


def take_half(trace: tihm.Activations, half: str) -> tihm.Activations:
    """Return every other home in order of name, the first for "a"; all of them for ""."""
    return trace if not half else tihm.only(trace, _halves(trace)[half])


def _halves(trace: tihm.Activations) -> dict[str, Bools]:
    """Homes are numbered in order of their names, so that the split is always the same."""
    is_even = np.arange(len(trace.homes)) % 2 == 0
    return {"a": is_even, "b": ~is_even}


def evaluate(trace: tihm.Activations, request: Request, *, tell: Tell) -> Evaluation:
    """Return the figures of the live engine, the simple rules and, if asked, peers."""
    _refuse_long(trace)
    rng = np.random.default_rng(_SEED)
    stage = build_stage(trace, request.a_home, rng)
    if not len(stage.draws):
        raise CommandFailed(
            "evaluate: no home is recorded for more than 22 days; expected some with a day "
            "to test after the 21 days of learning"
        )
    tested, weeks = int((stage.judged.weeks > 0).sum()), float(stage.judged.weeks.sum())
    tell(f"{len(trace.homes)} homes, {tested} tested over {weeks:.1f} home-weeks")
    tell("simple rules: judged, and refused where they look ahead")
    rules = {name: rule for name, (rule, _) in {**FLOORS, **NIGHT}.items()}
    rules |= {f"step.{step.name}": rule_of(step, step.thresholds[3]) for step in STEPS}
    _guard(rules, trace)
    steps = judge_steps(trace, stage.fallen, stage.judged, stage.draws)
    floors = [_judge_rule(name, rule, stage) for name, (rule, _) in FLOORS.items()]
    copies = len(stage.draws) + len(stage.cases.draws)
    tell(f"the engine: untouched days, {copies} injections, other thresholds (about a minute)")
    places = [place for place in (request.place, request.against) if place is not None]
    raised, sweep = run_stage(stage, places, tick_s=request.tick_s, tell=tell)
    tell("scrambling the future: the engine may not notice")
    _guard_engine(stage, raised[0], request.tick_s)
    everyone = np.ones(len(trace.homes), np.bool_)
    parts = {"all": everyone, **{f"half {k}": v for k, v in _halves(trace).items() if v.any()}}
    cap_h = request.place.limits.silence_cap_h
    result = Evaluation(
        len(trace.homes),
        tested,
        weeks,
        trace.dirt.lines(),
        told(request.place),
        engine_figures(stage, raised[0], everyone),
        {k: engine_figures(stage, raised[0], v) for k, v in _halves(trace).items() if v.any()},
        {name: curve(stage, sweep, homes) for name, homes in parts.items()},
        [within_budget(stage, sweep, budget, everyone, cap_h) for budget in BUDGETS],
        steps,
        _judge_rule("only the 12 hours", twelve_hours, stage),
        floors,
        {name: _false(rule(trace), stage) for name, (rule, _) in NIGHT.items()},
        _night_found(stage),
        half_budgets={
            half: [within_budget(stage, sweep, budget, homes, cap_h) for budget in BUDGETS]
            for half, homes in _halves(trace).items()
            if homes.any()
        },
        strict={
            name: strict_figures(stage, sweep[-1], homes, cap_h)
            for name, homes in (
                ("", everyone),
                *((f"half_{k}.", v) for k, v in _halves(trace).items() if v.any()),
            )
        },
    )
    if request.against is not None:
        result = _with_against(result, stage, raised, request.against)
    if request.has_peers:
        result = _with_peers(result, stage, tell)
    return replace(result, rows=make_rows(result))


def _refuse_long(trace: tihm.Activations) -> None:
    """Refuse a file whose stray rows would have the engine tick through empty years."""
    span_us = int(trace.time_us.max() - trace.time_us.min())
    if span_us > _LONGEST_US:
        first = np.datetime64(int(trace.time_us.min()), "us")
        last = np.datetime64(int(trace.time_us.max()), "us")
        raise CommandFailed(
            f"evaluate: the file goes from {first} to {last} UTC, expected at most three years; "
            "look for rows with a wrong year"
        )


def _with_against(
    result: Evaluation, stage: Stage, raised: Sequence[Raised], place: Place
) -> Evaluation:
    everyone = np.ones(len(stage.trace.homes), np.bool_)
    return replace(
        result,
        against_settings=told(place),
        against=engine_figures(stage, raised[1], everyone),
        differences=differences(stage, raised[0], raised[1], everyone),
    )


def _with_peers(result: Evaluation, stage: Stage, tell: Tell) -> Evaluation:
    found, notes = [], []
    for peer in PEERS:
        tell(f"{peer.name}: {peer.about}")
        problem = peer.missing()
        if problem:
            notes.append(f"{peer.name}: {problem}")
            tell(notes[-1])
            continue
        _guard({peer.name: peer.rule}, few_homes(stage.trace, peer.guarded_homes))
        judged, note = judge_peer(peer, stage)
        found.append(judged)
        notes.append(note)
    return replace(result, peers=found, peer_notes=notes)


def _judge_rule(name: str, rule: Rule, stage: Stage) -> Judged:
    trace, fallen = stage.trace, stage.fallen
    return judge(name, rule(trace), rule(fallen), trace, stage.judged, stage.draws)


def _guard(rules: Mapping[str, Rule], trace: tihm.Activations) -> None:
    """Refuse every rule that looks ahead; CommandFailed says which, where and when."""
    rng = np.random.default_rng(_SEED)
    try:
        for name, rule in rules.items():
            refuse_peeker(name, rule, trace, PEEKS, rng)
    except Peeked as problem:
        raise CommandFailed(str(problem)) from problem


def _guard_engine(stage: Stage, raised: Raised, tick_s: int) -> None:
    rng = np.random.default_rng(_SEED)
    try:
        refuse_engine(ENGINE, stage, raised, PEEKS, rng, tick_s=tick_s)
    except Peeked as problem:
        raise CommandFailed(str(problem)) from problem


def _false(alerts: score.Alerts, stage: Stage) -> score.FalseRate:
    home = alerts.home[stage.judged.holds(alerts.home, alerts.found_us)]
    return score.false_rate(home, stage.judged.weeks)


def _night_found(stage: Stage) -> dict[str, float]:
    """Return the share of injected nights in which the rule about visits raised something new."""
    rule, _ = NIGHT["floor.night_visits_3sd"]
    everyone = np.ones(len(stage.trace.homes), np.bool_)
    found, _ = added(stage.cases, rule(stage.cases.trace), rule(stage.trace), everyone)
    by_case = {one.case: one for one in found}
    return {
        name: by_case[case].about_person / max(by_case[case].count, 1)
        for name, (case, _) in NIGHT_FOUND.items()
    }
