"""All worlds of an evaluation, and one run of the engine over them under several settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from api.evaluate_cases import CaseWorld, build_cases
from api.evaluate_engine import World, run_worlds
from api.evaluate_fleet import FLEETS, Failure, fleet_silent, real_failure
from api.evaluate_guard import other_futures, refuse_difference
from api.evaluate_settings import SWEEP, swept
from api.evaluate_worlds import Draws, Window, copies, draw, window
from config.places import Place
from sensors_sim import inject, tihm
from sensors_sim.score import Alerts

_EVERY: Final = 3
"""The curve over settings is drawn from one collapse in three."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The homes as they were and what was done to copies of them.

    ``fallen`` has a home per draw, ``few`` one per ``few_draws``; ``fleets`` are the homes with a
    day on which nothing is heard of any, and when it begins.
    """

    trace: tihm.Activations
    judged: Window
    draws: Draws
    fallen: tihm.Activations
    few_draws: Draws
    few: tihm.Activations
    cases: CaseWorld
    fleets: Sequence[tuple[tihm.Activations, int]]
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class Raised:
    """What the engine raised under one setting, world by world.

    A tester accepts every longer cap that is proposed; ``untouched_capped`` and ``fallen_capped``
    are what is raised where nobody accepts one.
    """

    place: Place
    untouched: Alerts
    fallen: Alerts
    cases: Alerts
    untouched_capped: Alerts
    fallen_capped: Alerts
    fleets: Sequence[Alerts]


@dataclass(frozen=True, slots=True)
class Swept:
    """What it raised under one value of the threshold for silences.

    ``cases`` are known of the strictest value only: what a budget may cost other detectors.
    """

    value: float
    untouched: Alerts
    few: Alerts
    cases: Alerts | None = None


def build_stage(trace: tihm.Activations, a_home: int, rng: np.random.Generator) -> Stage:
    """Return the worlds of these homes, with so many collapses in each home."""
    draws = draw(trace, a_home, rng)
    fallen = copies(trace, draws, _collapse, rng)
    few_draws = draws.take(np.arange(0, len(draws), _EVERY))
    return Stage(
        trace,
        window(trace),
        draws,
        fallen,
        few_draws,
        copies(trace, few_draws, _collapse, rng),
        build_cases(trace, rng),
        [fleet_silent(trace, rng) for _ in range(FLEETS)],
        real_failure(trace),
    )


def _collapse(stream: inject.Stream, at_us: int, _: np.random.Generator) -> inject.Stream:
    return inject.collapse(stream, at_us)


def run_stage(
    stage: Stage, places: Sequence[Place], *, tick_s: int, tell: Callable[[str], None]
) -> tuple[list[Raised], list[Swept]]:
    """Return what the engine raises under each of these settings, and along the first one's curve.

    All of it in one run: settings are those of councils side by side.
    """
    worlds = []
    for place in places:
        worlds += _worlds(stage, place)
    for value in SWEEP:
        other = swept(places[0], value)
        worlds += [World(homes, other, is_accepting=True) for homes in (stage.trace, stage.few)]
    worlds.append(World(stage.cases.trace, other, stage.cases.status, is_accepting=True))
    alerts = iter(run_worlds(worlds, tick_s=tick_s, tell=tell))
    raised = [
        Raised(
            place,
            next(alerts),
            next(alerts),
            next(alerts),
            next(alerts),
            next(alerts),
            [next(alerts) for _ in stage.fleets],
        )
        for place in places
    ]
    sweep = [Swept(value, next(alerts), next(alerts)) for value in SWEEP]
    return raised, [*sweep[:-1], replace(sweep[-1], cases=next(alerts))]


def _worlds(stage: Stage, place: Place) -> list[World]:
    """Return the worlds in the order of ``Raised``."""
    return [
        World(stage.trace, place, is_accepting=True),
        World(stage.fallen, place, is_accepting=True),
        World(stage.cases.trace, place, stage.cases.status, is_accepting=True),
        World(stage.trace, place),
        World(stage.fallen, place),
        *(World(fleet, place, is_accepting=True) for fleet, _ in stage.fleets),
    ]


def refuse_engine(
    name: str,
    stage: Stage,
    raised: Raised,
    peeks: int,
    rng: np.random.Generator,
    *,
    tick_s: int,
) -> None:
    """Raise Peeked when the engine said something else before another future began."""
    at_us, others = other_futures(raised.untouched, stage.trace, peeks, rng)
    worlds = [World(other, raised.place, is_accepting=True) for other in others]
    alerts = run_worlds(worlds, tick_s=tick_s, until_us=int(at_us.max()))
    refuse_difference(name, stage.trace, raised.untouched, at_us, alerts)
