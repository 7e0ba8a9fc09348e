"""The judge of the simulator, held to homes that are simulated themselves, and to real ones."""

from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from api.cli import app
from api.realism import FEWEST, Realism, judge, realism_rows, table
from api.realism_report import page
from config.problems import ConfigProblem
from sensors_sim import tihm
from sensors_sim.energy import energy_distance, split_distances, splits
from sensors_sim.halves import Half
from sensors_sim.lives import DAY_US
from sensors_sim.observed import observe
from sensors_sim.realism import STATISTICS, Group
from sensors_sim.scenario import Scenario, Tenancy, load
from tests.shared_data import require_shared_data

DAYS = 8
START_US = 18_000 * DAY_US


def hush(_: str) -> None:
    pass


@cache
def neighbours(homes: int = 28) -> tihm.Activations:
    """Return homes of our own, as a file of recorded homes would hold them."""
    start = np.full(homes, START_US)
    scenario = msgspec.structs.replace(load("realism"), seed=99)
    made, _ = observe(scenario, start, start + DAYS * DAY_US, lambda _: None)
    utc_us = tihm.to_utc(made.time_us // 1_000_000)[0] * 1_000_000
    names = tuple(f"home-{number:02d}" for number in range(made.homes))
    return tihm.Activations(names, made.home, utc_us, made.place)


@cache
def judged(half: Half = Half.JUDGED) -> Realism:
    return judge(neighbours(), half, tell=hush, sets=3)


def everybody(name: str) -> Scenario:
    return Scenario(seed=1, places=("fenbridge",), residents=(Tenancy(name=name, share=1.0),))


def worst(found: Realism) -> float:
    return max(one.ratio for one in found.likeness)


@pytest.mark.slow
def test_homes_of_one_street_are_as_like_as_chance_has_it() -> None:
    found = judged()
    assert found.likeness[0].ratio < 1.5
    assert [row.name for row in found.rows] == [
        "realism.whole.ratio",
        *(f"realism.{group.value}.ratio" for group in Group),
        "realism.worst_ratio",
    ]
    assert found.rows[-1].value == round(worst(found), 3)
    assert found.real.shape == (14, len(STATISTICS))
    assert found.simulated.shape == (42, len(STATISTICS))


@pytest.mark.slow
def test_homes_in_which_nobody_leaves_the_bed_are_refused() -> None:
    found = judge(neighbours(), Half.JUDGED, tell=hush, scenario=everybody("bed-bound"), sets=2)
    assert found.likeness[0].ratio > 3
    assert worst(found) > 6
    assert not found.rows[-1].holds


@pytest.mark.slow
def test_homes_that_are_all_alike_are_refused_even_when_they_are_right_in_the_mean() -> None:
    found = judged()
    real = np.concatenate([found.real, judged(Half.CALIBRATION).real]) / found.scale
    alike = np.broadcast_to(real.mean(axis=0), (14, real.shape[1]))
    pairs = splits(28, 14, 50, np.random.default_rng(1))
    chance = np.median(split_distances(real, pairs))
    assert energy_distance(alike, real[:14]) / chance > 2


@pytest.mark.slow
def test_the_same_file_gives_the_same_ratios_and_a_page_with_a_picture_and_a_table_each() -> None:
    again = judge(neighbours(), Half.JUDGED, tell=hush, sets=3)
    assert [row.value for row in again.rows] == [row.value for row in judged().rows]
    assert "worst ratio" in table(again)
    text = page(again)
    assert text.count("<svg") == text.count("<table") == 1 + len(Group)
    assert all(name in text for _, name in STATISTICS)
    assert "http" not in text


def test_too_few_homes_are_refused_and_leave_an_evaluation_without_these_rows() -> None:
    few = neighbours(5)
    with pytest.raises(ConfigProblem, match=f"holds 5 homes, expected {FEWEST} or more"):
        judge(few, Half.JUDGED, tell=hush)
    said: list[str] = []
    assert realism_rows(few, said.append) == []
    assert "left out" in said[0]


def test_homes_without_a_whole_day_are_too_few() -> None:
    homes = 30
    hour_us = 3_600_000_000
    home = np.repeat(np.arange(homes, dtype=np.int32), 5)
    time_us = START_US + np.tile(np.arange(5), homes) * hour_us
    names = tuple(f"home-{number:02d}" for number in range(homes))
    short = tihm.Activations(names, home, time_us, np.zeros(len(home), np.int8))
    with pytest.raises(ConfigProblem, match="only 0 homes are recorded for a whole day"):
        judge(short, Half.JUDGED, tell=hush)


@pytest.mark.parametrize(
    ("text", "more", "told"),
    [
        ("home,when,place\n", [], "has no column 'local_time'"),
        ("home,local_time,place\na,2019-06-28 13:03:29,Kitchen\n", [], "holds 1 homes"),
        ("home,local_time,place\n", ["--half", "third"], "--half is 'third'"),
    ],
)
def test_a_wrong_file_or_half_is_told_plainly(
    tmp_path: Path, text: str, more: list[str], told: str
) -> None:
    file = tmp_path / "homes.csv"
    file.write_text(text.replace("Kitchen", "kitchen"), "utf-8")
    out = str(tmp_path / "realism.json")
    done = CliRunner().invoke(app, ["realism", "--data", str(file), "--out", out, *more])
    assert done.exit_code == 2
    assert told in done.output
    assert "Traceback" not in done.output


@pytest.mark.slow
def test_simulated_homes_are_like_the_real_ones_that_set_their_parameters() -> None:
    file = require_shared_data() / "tihm_activity.csv.gz"
    found = judge(tihm.read_tihm(file), Half.CALIBRATION, tell=hush, sets=5)
    assert found.likeness[0].ratio <= 1.5
    assert worst(found) < 2.0
