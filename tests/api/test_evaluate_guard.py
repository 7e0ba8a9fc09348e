from dataclasses import replace

import numpy as np
import pytest

from api import evaluate
from api.evaluate_engine import run_engine
from api.evaluate_floors import Rule, silence
from api.evaluate_guard import Peeked, refuse_peeker, scrambled
from api.evaluate_published import FLOORS, NIGHT
from api.exits import CommandFailed
from sensors_sim import tihm
from sensors_sim.inject import DAY_US, HOUR_US
from sensors_sim.score import Alerts
from tests.api.town import (
    START,
    small_town,
)


def peeker(trace: tihm.Activations) -> Alerts:
    """Knows at once which silences will last for four hours."""
    late = silence(4)(trace)
    return replace(late, found_us=late.onset_us + HOUR_US)


@pytest.mark.parametrize("name", [*FLOORS, *NIGHT])
def test_no_rule_looks_ahead(name: str) -> None:
    rule: Rule = {**FLOORS, **NIGHT}[name][0]
    trace = small_town()
    refuse_peeker(name, rule, trace, 20, np.random.default_rng(1))


def test_the_engine_does_not_look_ahead() -> None:
    rng = np.random.default_rng(1)
    refuse_peeker("engine", lambda t: run_engine(t, tick_s=600), small_town(2), 3, rng)


def test_a_planted_peeker_is_refused_by_name() -> None:
    with pytest.raises(Peeked, match="evaluate: planted looked ahead"):
        refuse_peeker("planted", peeker, small_town(), 1, np.random.default_rng(1))


def test_who_keeps_quiet_because_a_silence_will_end_is_refused() -> None:
    def kind_peeker(trace: tihm.Activations) -> Alerts:
        long = set(silence(4.5)(trace).onset_us.tolist())
        raised = silence(4)(trace)
        return raised.take(np.array([onset in long for onset in raised.onset_us.tolist()]))

    with pytest.raises(Peeked, match="looked ahead"):
        refuse_peeker("planted", kind_peeker, small_town(), 3, np.random.default_rng(1))


def test_a_peeker_fails_the_whole_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FLOORS, "floor.silence_4h", (peeker, 1.0))
    request = evaluate.Request(a_home=1, tick_s=300)
    with pytest.raises(CommandFailed, match=r"floor\.silence_4h looked ahead"):
        evaluate.evaluate(small_town(), request, tell=lambda _: None)


def test_scrambling_keeps_the_past_and_changes_the_future() -> None:
    trace = small_town(2)
    at_us = START + 20 * DAY_US
    other = scrambled(trace, at_us, np.random.default_rng(1))
    for home in range(2):
        was, now = trace.time_us[trace.home == home], other.time_us[other.home == home]
        assert now[now <= at_us].tolist() == was[was <= at_us].tolist()
        assert now[now > at_us].tolist() != was[was > at_us].tolist()
