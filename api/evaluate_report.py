"""The report of an evaluation: one HTML file with its pictures inside, no network."""

from collections.abc import Mapping, Sequence
from typing import Final

from api import rows
from api.evaluate_figures import EngineFigures, Evaluation
from api.evaluate_judge import Judged
from api.evaluate_kinds import ALWAYS
from api.evaluate_load import BUDGETS, EVERYTHING
from api.evaluate_pictures import curves, intervals, trade_off
from api.evaluate_rows import engine_rows, strict_rows
from api.evaluate_settings import SWEPT
from api.evaluate_tables import number, section, table, words
from sensors_sim.score import WITHIN_H

_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}
th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #b1b4b6;white-space:nowrap}
td.n{text-align:right;font-variant-numeric:tabular-nums}
svg{max-width:100%;height:auto}svg text{font:13px system-ui,sans-serif}
"""


_DELAYS: Final = (*(f"in {hours} h" for hours in WITHIN_H), "median h", "90th percentile h")


def page(result: Evaluation) -> str:
    """Return the whole report."""
    detectors = [result.engine.silences, result.engine.capped, *result.floors, *result.peers]
    sections = [
        section("What was measured", _about(result)),
        section("Goals, floors and peers", _rows(result.rows)),
        section("False alerts of silences", intervals(detectors) + _false(detectors)),
        section("Simulated silences found", curves(detectors) + _found(detectors)),
        section("What another threshold would give", _curve(result)),
        section("What each step of the rule buys", _steps(result)),
        section("False alerts by kind", _kinds(result.engine)),
        section("Injections found, by day and night", _cases(result.engine)),
        section("The two halves of the homes", _halves(result)),
        section("Load on a team", _load(result)),
        section("What other injections brought about", _added(result.engine)),
        section("Verdicts", _verdicts(result.engine)),
    ]
    if result.against is not None:
        sections.insert(2, section("Against the other settings", _against(result, result.against)))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Stillwell: evaluation</title><style>{_STYLE}</style></head><body>"
        f"<h1>Evaluation on recorded homes</h1>{''.join(sections)}</body></html>\n"
    )


def _about(result: Evaluation) -> str:
    dirt = "; ".join(result.dirt) or "nothing had to be put right"
    settings = ", ".join(f"{name} {value}" for name, value in result.settings.items())
    return (
        words(
            f"{result.homes} homes, {result.tested} of them tested, over {result.weeks:.1f} "
            f"home-weeks. In the file: {dirt}. Each home teaches for 21 days and is tested on "
            "the rest, by the code that runs live, on event time. Brackets are 95 % intervals "
            "from a bootstrap over homes. Every detector was refused if another future changed "
            "what it had said."
        )
        + words(
            "A false alert is any alert or notice about the person on untouched data, real "
            "absences and dead sensors included. Home leaves out \u201cnot back\u201d notices "
            "and silences that hold an empty calendar day. A simulated silence removes every "
            "activation of a home for 24 hours."
        )
        + words(f"Settings: {settings}.")
        + "".join(words(note) for note in result.peer_notes)
    )


def _rows(made: Sequence[rows.Row]) -> str:
    return table(
        ("figure", "value", "published", "unit", "bar or interval", "holds"),
        (
            (
                row.name,
                row.value,
                "-" if row.reference is None else row.reference,
                row.unit,
                row.bar,
                "-" if row.holds is None else ("yes" if row.holds else "NO"),
            )
            for row in made
            if not row.name.startswith(("half_", "against.", "difference."))
        ),
    )


def _false(detectors: Sequence[Judged]) -> str:
    head = ("detector", "raw a home-week", "home", "90th percentile home", "by day", "by night")
    return table(
        head,
        (
            (
                one.name,
                one.raw.mean,
                one.home.mean,
                one.raw.p90,
                one.by_day.mean,
                one.by_night.mean,
            )
            for one in detectors
        ),
    )


def _found(detectors: Sequence[Judged]) -> str:
    return table(
        ("detector", "draws of", "draws", *_DELAYS),
        (
            (
                one.name,
                kind,
                delays.count,
                *(delays.within[hours] for hours in WITHIN_H),
                delays.median_h,
                delays.p90_h,
            )
            for one in detectors
            for kind, delays in one.found.items()
        ),
    )


def _curve(result: Evaluation) -> str:
    head = (SWEPT, "homes", "raw a home-week", "home", "median h by day", "by night", "in 12 h")
    body = (
        (
            one.name,
            name,
            one.raw.mean,
            one.home.mean,
            one.found["waking-day"].median_h,
            one.found["night"].median_h,
            one.found["all"].within[12],
        )
        for name, line in result.curves.items()
        for one in line
    )
    said = words("All other limits and parameters as they are; from one collapse in three.")
    return said + trade_off(result.curves, [*result.floors, *result.peers]) + table(head, body)


def _steps(result: Evaluation) -> str:
    head = ("step", "what it knows", "threshold", "raw a home-week", "home", "median h by day")
    body = (
        (
            stepped.step.name,
            stepped.step.about,
            f"{one.name} {stepped.step.unit}",
            one.raw.mean,
            one.home.mean,
            one.found["waking-day"].median_h,
        )
        for stepped in result.steps
        for one in stepped.line
    )
    only = result.only_12h
    said = words(
        "The rule built up without the engine, without the cap of 12 hours and without its "
        "shortest silence, so that steps differ in what they know alone. Whatever is known, 12 "
        f"hours at home or away are told: that alone is {number(only.raw.mean.value)} raw and "
        f"{number(only.home.mean.value)} home a home-week where nobody accepts a longer cap."
    )
    lines = {stepped.step.name: stepped.line for stepped in result.steps}
    return said + trade_off(lines, result.floors) + table(head, body)


def _kinds(figures: EngineFigures) -> str:
    head = ("kind", "a home-week", "90th percentile home", "by day", "by night", "")
    return table(
        head,
        (
            (one.kind, one.raw.mean, one.raw.p90, one.by_day.mean, one.by_night.mean, one.note)
            for one in figures.kinds
        ),
    )


def _cases(figures: EngineFigures) -> str:
    head = ("injection", "begun", "copies", *_DELAYS, "in its time", "raised anyway")
    return table(
        head,
        (
            (
                one.case,
                time,
                delays.count,
                *(delays.within[hours] for hours in WITHIN_H),
                delays.median_h,
                delays.p90_h,
                delays.within[one.window_h],
                one.anyway if time == ALWAYS else "",
            )
            for one in figures.found
            for time, delays in one.by_time.items()
        ),
    )


def _halves(result: Evaluation) -> str:
    said = words(
        "Homes in order of name, alternately: what is chosen on one half is confirmed on the other."
    )
    made = {half: engine_rows(figures) for half, figures in result.halves.items()}
    return said + _beside(made)


def _beside(made: Mapping[str, Sequence[rows.Row]]) -> str:
    """Return the rows of several runs side by side, by name."""
    by_name = {name: {row.name: row for row in column} for name, column in made.items()}
    names = list(dict.fromkeys(name for column in by_name.values() for name in column))
    return table(
        ("figure", *made, "bar"),
        (
            (
                name,
                *(column[name].value if name in column else "-" for column in by_name.values()),
                next(column[name].bar for column in by_name.values() if name in column),
            )
            for name in names
        ),
    )


def _against(result: Evaluation, against: EngineFigures) -> str:
    changed = [
        f"{name} {result.settings.get(name)} against {value}"
        for name, value in result.against_settings.items()
        if result.settings.get(name) != value
    ]
    said = words(
        "Same homes, days and draws. " + ("; ".join(changed) or "No setting differs") + "."
    )
    made = {"these": engine_rows(result.engine), "the other": engine_rows(against)}
    differences = table(
        ("these minus the other", "difference", "unit"),
        ((one.name, one.figure, one.unit) for one in result.differences),
    )
    return said + _beside(made) + differences


def _load(result: Evaluation) -> str:
    loads = {name: rate.per_100_homes for name, rate in result.engine.load.items()}
    total = loads[EVERYTHING]
    said = "; ".join(
        f"a budget of {budget} is {'kept' if total <= budget else 'exceeded'}" for budget in BUDGETS
    )
    chosen = table(
        (
            "budget",
            "came to",
            "of it no budget moves",
            "found in 12 h",
            "median h by day",
            "by night",
            "threshold by week",
        ),
        (
            (
                one.budget,
                one.load.per_100_homes,
                one.fixed.per_100_homes,
                one.found["all"].within[12],
                one.found["waking-day"].median_h,
                one.found["night"].median_h,
                " ".join(number(value) for value in one.chosen),
            )
            for one in result.budgets
        ),
    )
    return (
        words(f"Alerts and notices per 100 homes a week on untouched days: {said}.")
        + table(("kind", "per 100 homes a week"), loads.items())
        + words(
            "Within a budget: each week's threshold is the quickest that kept the budget in all "
            "weeks before, the most patient one where none did. No budget moves absences, homes "
            "that cannot be seen, and silences past the cap of hours."
        )
        + chosen
        + words("Every detector at the strictest that a budget may choose:")
        + _beside(
            {
                name.removesuffix(".") or "all": strict_rows(strict, "")
                for name, strict in result.strict.items()
            }
        )
    )


def _added(figures: EngineFigures) -> str:
    head = ("injection", "copies", "alerts added: share of copies, median delay", "about person")
    return table(
        head,
        (
            (case.case, case.count, _shares(case.share, case.delay_h), case.about_person)
            for case in figures.added
        ),
    )


def _shares(share: Mapping[str, float], delay_h: Mapping[str, float]) -> str:
    return "; ".join(f"{k} {v:.2f}, {delay_h[k]:.1f} h" for k, v in share.items()) or "none"


def _verdicts(figures: EngineFigures) -> str:
    said = list(next(iter(figures.verdicts.values()), {}))
    confusion = table(
        ("truth", *(f"said {name}" for name in said)),
        ((truth, *counts.values()) for truth, counts in figures.verdicts.items()),
    )
    kinds = ", ".join(f"{count} {kind}" for kind, count in figures.fleet.kinds.items()) or "none"
    late = ", ".join(number(minutes) for minutes in figures.fleet.delay_min)
    days = len(figures.fleet.delay_min)
    return confusion + words(
        f"Alerts on {days} days on which no home is heard: {kinds}; minutes to an outage: {late}."
    )
