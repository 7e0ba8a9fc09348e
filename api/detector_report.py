"""Detectors and their parameters as lines of text, for ``stillwell detectors``."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from alerts.action import Calibrated
from alerts.budget import sentences
from alerts.detect.parameters import PARAMETERS, Parameter, values
from alerts.detect.place_limits import LIMITS
from alerts.precision import ENOUGH, Precision
from alerts.thresholds import FEWEST_DAYS, FEWEST_HOMES
from api.detectors import DetectorAtPlace
from api.web import words
from config.places import Place


def report(
    rows: Sequence[DetectorAtPlace],
    places: Mapping[str, Place],
    names: Mapping[str, str],
    budgets: Mapping[str, Calibrated],
    own: Mapping[str, Sequence[tuple[str, float]]],
) -> Iterator[str]:
    """Yield the budget and the detectors of each place, then the settings of these places.

    ``own`` are (id, value) of the homes that have a setting of their own, by its name.
    """
    for key, place in places.items():
        here = [row for row in rows if row.place == key]
        yield f"{key} ({place.name}), {here[0].homes} homes watched"
        yield from textwrap.wrap(
            " ".join(budget_text(budgets.get(key), place)),
            96,
            initial_indent="  ",
            subsequent_indent="    ",
        )
        for row in here:
            yield f"  {row.detector.key:<18} {row.mode.value:<7} {row.detector.title}"
            yield from (f"{'':21}{line}" for line in _facts(row, place, names))
        yield ""
    held = {key: {**place.limits.model_dump(), **values(place)} for key, place in places.items()}
    yield "Limits, each a line of [limits] in the place's file:"
    yield from _settings(LIMITS, held, own)
    yield "Parameters, each a line of [detectors] in the place's file:"
    yield from _settings(PARAMETERS, held, own)


def _facts(row: DetectorAtPlace, place: Place, names: Mapping[str, str]) -> Iterator[str]:
    switch = row.switch
    if switch is None:
        yield "never switched: in shadow, nothing of it is sent"
    else:
        who = names.get(switch.account, switch.account)
        yield f"since {words.moment(switch.since_us, place.zone)} by {who}: {switch.evidence}"
        if switch.without_evidence:
            yield f"judged by then: {judged_text(switch.judged)}"
            yield f"live without more evidence because: {switch.without_evidence}"
    yield found_text(row)
    yield f"judged: {judged_text(row.judged)}"


def budget_text(last: Calibrated | None, place: Place) -> list[str]:
    """Return what a place may expect of its alert budget, and whether it is in force.

    Each is a whole sentence, so that pages can say it in their own language.
    """
    if last is None:
        wanted = f"Alert budget: {place.alert_budget:g} per 100 homes a week; "
        return [f"{wanted}no day has been counted yet, so nothing is expected of it."]
    told = sentences(last.found, last.budget)
    when = words.moment(last.at_us, place.zone)
    if last.is_applied:
        return [*told, f"Silences are told at silence_z {last.found.z:.2f} since {when}."]
    if "silence_z" in place.detectors:
        why = "the place chose its own silence_z"
    elif last.found.homes < FEWEST_HOMES:
        why = f"it takes {FEWEST_HOMES} homes"
    else:
        why = f"{last.found.days} of {FEWEST_DAYS} days have been counted"
    return [*told, f"The budget is not in force: {why}; as of {when}."]


def found_text(row: DetectorAtPlace) -> str:
    """Return how much it found in shadow, as a load that a team can compare with its budget."""
    found = f"{row.found} {'finding' if row.found == 1 else 'findings'} in shadow in 28 days"
    if row.rate is None:
        return f"{found}; no rate before a week in shadow with homes to watch"
    weeks = "" if row.weeks > 3.95 else f", over the {row.weeks:.1f} weeks in shadow"
    return f"{found}, {row.rate:.1f} per 100 homes a week{weeks}"


def judged_text(judged: Precision) -> str:
    """Return how often people agreed, with its interval, or that too few were judged."""
    counts = f"{judged.true} true, {judged.false} false, {judged.unclear} unclear in 12 weeks"
    if judged.share is None or judged.interval is None:
        return f"{counts}; no precision yet"
    low, high = judged.interval
    share = f"precision {judged.share:.0%}, 95 % interval {low:.0%} to {high:.0%}"
    few = "" if judged.is_enough else f"; too few to judge by ({judged.decided} of {ENOUGH})"
    return f"{counts}; {share}{few}"


def _settings(
    settings: Sequence[Parameter],
    held: Mapping[str, Mapping[str, float]],
    own: Mapping[str, Sequence[tuple[str, float]]],
) -> Iterator[str]:
    for one in settings:
        span = f"{one.low:g} to {one.high:g} {one.unit}"
        yield f"  {one.name}: {span}, default {one.default:g}"
        yield from textwrap.wrap(one.sentence, 96, initial_indent="    ", subsequent_indent="    ")
        set_here = [f"{key} {values_here[one.name]:g}" for key, values_here in held.items()]
        yield f"    here: {', '.join(set_here)}"
        yield from (f"    home {home}: {value:g}" for home, value in own.get(one.name, ()))
