"""Nobody sees the future: what was raised up to a moment must not depend on what came later."""

from collections.abc import Sequence

import numpy as np

from api.evaluate_floors import Rule
from api.evaluate_worlds import assemble, bounds
from sensors_sim import tihm
from sensors_sim.inject import Stream
from sensors_sim.score import Alerts, Ints


class Peeked(Exception):
    """A detector used what had not happened yet; the message says where it shows."""


def refuse_peeker(
    name: str, rule: Rule, trace: tihm.Activations, peeks: int, rng: np.random.Generator
) -> None:
    """Raise Peeked when scrambling all after a moment changes what was raised up to it.

    The first and every other of the ``peeks`` moments is one at which the rule raised something:
    there a foreknown silence has not yet shown itself. The others are any moments.
    """
    honest = rule(trace)
    at_us, others = other_futures(honest, trace, peeks, rng)
    refuse_difference(name, trace, honest, at_us, [rule(other) for other in others])


def other_futures(
    honest: Alerts, trace: tihm.Activations, peeks: int, rng: np.random.Generator
) -> tuple[Ints, list[tihm.Activations]]:
    """Return moments, and for each the homes as they might have gone on after it."""
    at_us = _moments(honest, trace, peeks, rng)
    others = [
        scrambled(trace, moment, np.random.default_rng(number))
        for number, moment in enumerate(at_us.tolist())
    ]
    return at_us, others


def refuse_difference(
    name: str, trace: tihm.Activations, honest: Alerts, at_us: Ints, others: Sequence[Alerts]
) -> None:
    """Raise Peeked when what was raised with another future differs before that future began."""
    for moment, other in zip(at_us.tolist(), others, strict=True):
        before, after = _up_to(honest, moment), _up_to(other, moment)
        if before != after:
            home, kind, onset_us, found_us = min(before ^ after)
            whose = f"home {trace.homes[home]}" if home >= 0 else "the place"
            raise Peeked(
                f"evaluate: {name} looked ahead: with another future after "
                f"{np.datetime64(moment, 'us')} UTC, its {kind} of {whose} "
                f"(since {np.datetime64(onset_us, 'us')}, raised {np.datetime64(found_us, 'us')}) "
                "differs; expected the same alerts up to then"
            )


def _moments(alerts: Alerts, trace: tihm.Activations, peeks: int, rng: np.random.Generator) -> Ints:
    first, last = int(trace.time_us.min()), int(trace.time_us.max())
    moments = rng.integers(first, last, peeks)
    raised = alerts.found_us[(alerts.found_us > first) & (alerts.found_us < last)]
    if len(raised):
        moments[::2] = rng.choice(raised, len(moments[::2]))
    return moments


def scrambled(trace: tihm.Activations, at_us: int, rng: np.random.Generator) -> tihm.Activations:
    """Return the homes with another future: after the moment, other times, places and silences.

    Homes that begin later keep their first activation, so that the same homes are enrolled.
    """
    start, stop = bounds(trace)
    last_us = int(trace.time_us.max())
    streams = []
    for first, end in zip(start.tolist(), stop.tolist(), strict=True):
        time_us, place = trace.time_us[first:end], trace.place[first:end]
        keeps = max(int(np.searchsorted(time_us, at_us, side="right")), 1)
        rest = max(len(time_us) - keeps, 1)
        begin = max(at_us, int(time_us[keeps - 1])) + 1
        later = np.sort(rng.integers(begin, max(last_us, begin + 1), rng.integers(0, rest + 1)))
        quiet = np.sort(rng.integers(begin, max(last_us, begin + 1), 2))
        later = later[(later < quiet[0]) | (later > quiet[1])]
        other = rng.integers(0, len(tihm.PLACES), len(later))
        streams.append(
            Stream(
                np.concatenate([time_us[:keeps], later]),
                np.concatenate([place[:keeps], other]).astype(np.int8),
            )
        )
    return assemble(trace.homes, streams)


def _up_to(alerts: Alerts, at_us: int) -> set[tuple[int, str, int, int]]:
    mine = alerts.take(alerts.found_us <= at_us)
    return set(
        zip(
            mine.home.tolist(),
            mine.kind.tolist(),
            mine.onset_us.tolist(),
            mine.found_us.tolist(),
            strict=True,
        )
    )
