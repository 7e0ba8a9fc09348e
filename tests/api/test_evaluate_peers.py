import copy
import math
from dataclasses import replace

import numpy as np
import pytest

from api.evaluate_forests import fork_scores
from api.evaluate_guard import refuse_peeker
from api.evaluate_hours import Hours, hours_of, rule_of, surprise
from api.evaluate_peers import PEERS, Peer, cusum, ewma, few_homes, judge_peer, poisson
from api.evaluate_stage import build_stage
from api.evaluate_worlds import join
from sensors_sim.inject import DAY_US, HOUR_US
from sensors_sim.score import Floats
from tests.api.town import KITCHEN, START, one, small_town

QUICK = [peer for peer in PEERS if not peer.guarded_homes]
FORESTS = [peer for peer in PEERS if peer.guarded_homes]


def some_hours(homes: int = 2, days: int = 9) -> Hours:
    return hours_of(small_town(homes, days=days))


def test_an_hour_counts_what_happened_in_it_and_knows_its_local_hour() -> None:
    hours = hours_of(one((10.1, KITCHEN), (10.9, KITCHEN), (12.5, KITCHEN)))
    assert hours.count[:3, 0].tolist() == [2, 0, 1]
    assert (hours.end_us[0] - START) / HOUR_US == 11
    assert hours.of_day[0] == 11  # summer time
    assert hours.is_on[:28, 0].all()
    assert not hours.is_on[28:].any()  # 26 hours after it was heard last


def test_surprise_is_that_of_a_plain_loop() -> None:
    hours = some_hours()
    unlike = surprise(hours)
    for home in range(2):
        past: dict[int, list[float]] = {}
        for row, hour in enumerate(hours.of_day.tolist()):
            if not hours.is_on[row, home]:
                continue
            root, seen = math.sqrt(hours.count[row, home]), past.setdefault(hour, [])
            expected = 0.0
            if seen:
                mean = sum(seen) / len(seen)
                spread = sum((value - mean) ** 2 for value in seen)
                expected = (root - mean) / math.sqrt((spread + 0.5) / (len(seen) + 2))
            assert unlike[row, home] == pytest.approx(expected, abs=1e-9)
            seen.append(root)


def test_the_mean_and_the_sum_are_those_of_a_plain_loop() -> None:
    hours = some_hours()
    unlike = surprise(hours)
    means, sums = ewma(hours), cusum(hours)
    level, total = 0.0, 0.0
    for row in range(len(unlike)):
        level = 0.8 * level + 0.2 * unlike[row, 1]
        total = max(total - unlike[row, 1] - 0.5, 0)
        assert means[row, 1] == pytest.approx(-level)
        assert sums[row, 1] == pytest.approx(total)


def test_silence_where_much_is_usual_is_unlikely_and_silence_at_night_is_not() -> None:
    days = [(24.0 * day + hour + part / 6, KITCHEN) for day in range(15) for hour in range(8, 20)
            for part in range(6)]  # fmt: skip
    hours = hours_of(one(*(row for row in days if row[0] < 14 * 24 + 12), (360.0, KITCHEN)))
    score = poisson(hours)[:, 0]
    end_h = (hours.end_us - START) / HOUR_US
    assert score[end_h == 14 * 24 + 18][0] == pytest.approx(36, rel=0.1)
    assert score[end_h == 13 * 24 + 7][0] == pytest.approx(0, abs=0.1)


def test_a_home_is_measured_by_its_own_learning_days_and_raised_once_an_episode() -> None:
    trace = small_town(1, days=30)
    own = np.zeros(hours_of(trace).count.shape)
    own[24 * 10] = 5.0
    own[24 * 23 : 24 * 23 + 4] = 6.0
    own[24 * 25] = 4.0
    own[24 * 26] = 7.0
    raised = rule_of(lambda _: own, "x")(trace)
    first = int(hours_of(trace).end_us[0])
    assert ((raised.found_us - first) / DAY_US).tolist() == [23, 26]
    assert (raised.onset_us < raised.found_us).all()


@pytest.mark.parametrize("peer", QUICK, ids=lambda peer: peer.name)
def test_no_peer_looks_ahead(peer: Peer) -> None:
    town = small_town()
    # A home that is not recorded to the end: whoever knows that it ends is a peeker too.
    ends = (town.home != 1) | (town.time_us < START + 24 * DAY_US)
    town = replace(town, home=town.home[ends], time_us=town.time_us[ends], place=town.place[ends])
    refuse_peeker(peer.name, peer.rule, town, 20, np.random.default_rng(1))


@pytest.mark.parametrize("peer", FORESTS, ids=lambda peer: peer.name)
def test_a_forest_does_not_look_ahead_either(peer: Peer) -> None:
    if peer.missing():
        pytest.skip(peer.missing())
    refuse_peeker(peer.name, peer.rule, small_town(1, days=23), 1, np.random.default_rng(1))


def test_a_library_that_is_not_there_is_told_with_what_to_do() -> None:
    from api.evaluate_forests import missing

    assert missing("no_such_library") == (
        "not judged, no_such_library is not installed; python -m pip install 'stillwell[peers]'"
    )
    assert missing("numpy") == ""


class Tally:
    """A forest whose score depends on all that it was given, in order."""

    def __init__(self) -> None:
        self.seen = 0.0

    def take(self, point: Floats) -> float:
        self.seen = self.seen * 0.9 + float(point[-1]) + 0.01
        return self.seen


def test_homes_with_the_same_past_share_a_forest_and_score_as_if_alone() -> None:
    trace = small_town(2, days=6)
    cut = copy.deepcopy(trace)
    kept = (cut.time_us < START + 3 * DAY_US) | (cut.time_us > START + 4 * DAY_US)
    cut = type(cut)(cut.homes, cut.home[kept], cut.time_us[kept], cut.place[kept])
    hours = hours_of(join([trace, cut]))
    together = fork_scores(hours, Tally)
    for home in range(4):
        alone = Hours(
            hours.count[:, [home]], hours.end_us, hours.of_day, hours.of_week,
            hours.is_on[:, [home]],
        )  # fmt: skip
        assert together[:, home].tolist() == fork_scores(alone, Tally)[:, 0].tolist()


def test_a_peer_is_judged_on_homes_and_on_their_copies() -> None:
    trace = small_town(5, days=26)
    stage = build_stage(trace, 3, np.random.default_rng(1))
    judged, note = judge_peer(QUICK[2], stage)
    assert judged.found["all"].count == len(stage.draws)
    assert judged.found["waking-day"].within[24].value > 0.5
    assert "5 homes" in note
    few, _ = judge_peer(Peer("x", "x", QUICK[2].rule, homes=2), stage)
    assert 0 < few.found["all"].count < len(stage.draws)
    assert few_homes(trace, 2).homes == ("home0", "home4")
    assert few_homes(trace, 0).homes == trace.homes
