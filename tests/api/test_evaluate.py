import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from api import evaluate as evaluation
from api import rows
from api.cli import app
from api.evaluate_added import added
from api.evaluate_cases import CASES, GATEWAY_SILENT, build_cases
from api.evaluate_engine import Status, World, run_engine, run_worlds
from api.evaluate_floors import longest_before, longest_gap, night_door, night_visits, silence
from api.evaluate_judge import in_empty_day, judge
from api.evaluate_published import FLOORS
from api.evaluate_worlds import assemble, copies, describe, draw, window
from sensors_sim import inject, tihm
from sensors_sim.inject import DAY_US, HOUR_US, MINUTE_US, Stream
from sensors_sim.score import Alerts
from tests.api.town import (
    BATHROOM,
    FRONT_DOOR,
    KITCHEN,
    START,
    hours,
    life,
    one,
    small_town,
)

EVERYONE = np.ones(2, np.bool_)


def test_a_silence_is_raised_once_when_it_has_lasted_that_long() -> None:
    trace = one((0, KITCHEN), (5, KITCHEN), (14, KITCHEN), (15, KITCHEN))
    assert hours(silence(8)(trace)) == [13, 23]


def test_the_longest_gap_is_that_of_this_time_of_day_and_the_cap_comes_whatever_was_learned() -> (
    None
):
    days = [(24.0 * day + hour, KITCHEN) for day in range(3) for hour in (9, 13, 20)]
    trace = one(*days, (81, KITCHEN), (96, KITCHEN))
    raised = hours(longest_gap(1.25)(trace))
    # After 09:00 on the fourth day four hours are usual: five are too many.
    assert 86 in raised
    assert [hour for hour in raised if hour < 20] == [] or raised[0] >= 12


def test_a_silence_that_an_exit_door_began_may_be_kept_quiet() -> None:
    trace = one((0, KITCHEN), (1, FRONT_DOOR), (20, KITCHEN), (21, FRONT_DOOR))
    assert len(longest_gap(1.25)(trace))
    assert not len(longest_gap(1.25, is_away_quiet=True)(trace))


def test_the_longest_before_knows_only_earlier_rows_of_its_group() -> None:
    rng = np.random.default_rng(1)
    group, value = np.sort(rng.integers(0, 5, 60)), rng.integers(0, 100, 60)
    naive = [
        max([v for g, v in zip(group[:row], value[:row], strict=True) if g == group[row]] or [0])
        for row in range(60)
    ]
    assert longest_before(group, value).tolist() == naive


def test_a_night_with_many_more_visits_than_usual_is_raised_at_the_one_too_many() -> None:
    usual = [(24.0 * day + hour, BATHROOM) for day in range(10) for hour in (0, 2)]
    many = [(24.0 * 10 + hour / 2, BATHROOM) for hour in range(5)]
    assert hours(night_visits()(one(*usual, *many))) == [241]


def test_a_front_door_at_night_is_raised_once_a_night() -> None:
    trace = one((1, FRONT_DOOR), (2, FRONT_DOOR), (10, FRONT_DOOR), (26, FRONT_DOOR))
    assert hours(night_door()(trace)) == [1, 26]


def test_the_first_three_weeks_and_the_known_outage_are_not_judged() -> None:
    outage = int(np.datetime64("2019-06-15", "us").astype(np.int64))
    times = np.arange(outage - 30 * DAY_US, outage + 10 * DAY_US, HOUR_US)
    trace = assemble(("home0",), (Stream(times, np.zeros(len(times), np.int8)),))
    judged = window(trace)
    moments = times[0] + np.array([1, 20, 22, 30, 35]) * DAY_US
    home = np.zeros(5, np.int32)
    assert judged.holds(home, moments).tolist() == [False, False, True, False, True]
    assert judged.weeks[0] == pytest.approx((40 - 1 / 24 - 21 - 4) / 7)


def test_a_home_recorded_for_three_weeks_or_less_is_not_tested() -> None:
    trace = assemble(("short", "long"), (life(20, 1), life(27, 2)))
    assert (window(trace).weeks > 0).tolist() == [False, True]
    assert set(draw(trace, 3, np.random.default_rng(1)).home.tolist()) == {1}


def test_a_draw_knows_what_came_before_it() -> None:
    trace = one((0, KITCHEN), (10, FRONT_DOOR), (20, KITCHEN))
    moments = START + np.array([9, 12, 23]) * HOUR_US
    draws = describe(trace, np.zeros(3, np.int32), moments)
    assert draws.is_after_door.tolist() == [False, True, False]
    assert draws.is_day.tolist() == [True, False, False]
    assert draws.is_night.tolist() == [False, False, True]


def test_the_truth_of_a_copy_is_not_in_it() -> None:
    trace, rng = small_town(2), np.random.default_rng(1)
    draws = draw(trace, 2, rng)
    made = copies(trace, draws, lambda s, at, _: inject.collapse(s, at), rng)
    assert len(made.homes) == len(draws) == 4
    for copy, (home, at_us) in enumerate(zip(draws.home, draws.at_us, strict=True)):
        kept = trace.time_us[trace.home == home]
        lost = (kept >= at_us) & (kept < at_us + DAY_US)
        assert made.time_us[made.home == copy].tolist() == kept[~lost].tolist()


def test_the_engine_finds_a_collapse_and_leaves_a_quiet_life_alone() -> None:
    trace = small_town(2)
    quiet = run_engine(trace, tick_s=600)
    quiet = quiet.take(quiet.found_us <= trace.time_us.max())
    assert "no-sign-of-life" not in quiet.kind.tolist()
    steps = life(27, 0)
    in_kitchen = steps.time_us[steps.place == KITCHEN]
    at_us = int(in_kitchen[in_kitchen > START + 24 * DAY_US + 11 * HOUR_US][0]) + MINUTE_US // 60
    fallen = inject.collapse(steps, at_us)
    alerts = run_engine(assemble(trace.homes, (fallen, life(27, 1))), tick_s=600)
    mine = alerts.take(alerts.kind == "no-sign-of-life")
    mine = mine.take(mine.found_us <= at_us + DAY_US)
    assert mine.home.tolist() == [0]
    assert HOUR_US < mine.found_us[0] - at_us <= 12 * HOUR_US


def test_a_short_collapse_is_found_when_a_long_one_is_found_before_its_end() -> None:
    at_us = START + 24 * DAY_US + 11 * HOUR_US
    found = []
    worlds = [
        World(assemble(("h",), (inject.collapse(life(27, 0), at_us, hours=length),)))
        for length in (6.0, 12.0, 24.0)
    ]
    for alerts in run_worlds(worlds, tick_s=600):
        until = at_us + 6 * HOUR_US
        rows = (alerts.found_us > at_us) & (alerts.found_us <= until)
        found.append(sorted(zip(alerts.kind[rows], alerts.found_us[rows], strict=True)))
    assert found[0] == found[1] == found[2]


def test_copies_of_a_home_in_one_run_are_judged_as_if_alone() -> None:
    homes = assemble(("a",), (life(25, 3),)), assemble(("a", "b", "c"), (life(25, 3),) * 3)
    alone, among = run_worlds([World(home) for home in homes], tick_s=600)
    person = {"no-sign-of-life", "not-back"}
    for home in range(3):
        mine = among.take((among.home == home) & np.isin(among.kind, sorted(person)))
        own = alone.take(np.isin(alone.kind, sorted(person)))
        assert mine.found_us.tolist() == own.found_us.tolist()


def test_a_gateway_that_says_goodbye_is_no_silence_of_the_person() -> None:
    at_us = START + 24 * DAY_US + 11 * HOUR_US
    fallen = assemble(("h",), (inject.collapse(life(27, 0), at_us),))
    gone = Status(np.zeros(1, np.int32), np.array([at_us]), np.zeros(1))
    alerts = run_engine(fallen, status=gone, tick_s=600)
    during = alerts.take((alerts.found_us > at_us) & (alerts.found_us < at_us + DAY_US))
    assert set(during.verdict.tolist()) == {"gateway"}


def test_a_silence_over_an_empty_day_is_told_apart() -> None:
    trace = one((0, KITCHEN), (60, KITCHEN), (70, KITCHEN), (71, KITCHEN))
    alerts = silence(8)(trace)
    assert in_empty_day(alerts, trace).tolist()[:2] == [True, False]


def test_a_not_back_notice_is_raw_and_not_home() -> None:
    trace = small_town(1)
    draws = draw(trace, 2, np.random.default_rng(1))
    found = int(trace.time_us[-1]) - DAY_US
    notice = Alerts(
        np.zeros(1, np.int32),
        np.array([found - HOUR_US]),
        np.array([found]),
        np.array(["not-back"]),
        np.array(["away"]),
        np.full(1, -1, np.int8),
    )
    nothing = notice.take(np.zeros(1, np.bool_))
    figures = judge("x", notice, nothing, trace, window(trace), draws)
    assert figures.raw.mean.value > 0
    assert figures.home.mean.value == 0
    assert figures.found["all"].within[24].value == 0


def test_every_case_is_injected_into_the_homes_that_are_long_enough() -> None:
    world = build_cases(small_town(2, days=32), np.random.default_rng(1))
    named = {CASES[code].name for code in world.case.tolist()}
    assert {case.name for case in CASES} - named == {
        "thinning, 1 % a day",
        "sleep 2 h later, 14 nights",
    }
    gone = [CASES[world.case[copy]].name for copy in world.status.home.tolist()]
    assert set(gone) == {GATEWAY_SILENT}


def test_what_was_raised_on_untouched_days_too_was_not_added_by_an_injection() -> None:
    trace = small_town(2, days=32)
    world = build_cases(trace, np.random.default_rng(1))
    found, sayings = added(world, silence(4)(world.trace), silence(4)(trace), EVERYONE)
    by_case = {one.case: one for one in found}
    assert by_case["sensor says everything twice"].about_person == 0
    # A night in which silence is usual is raised anyway; what is cut off by day is new.
    assert by_case[GATEWAY_SILENT].about_person >= 1
    assert ("gateway", "person") in sayings


def write_town(path: Path, trace: tihm.Activations) -> None:
    local, _ = tihm.to_local(trace.time_us)
    lines = ["home,local_time,place"]
    for home, moment, place in zip(
        trace.home.tolist(), local.view("datetime64[us]").tolist(), trace.place, strict=True
    ):
        lines.append(f"{trace.homes[home]},{moment:%Y-%m-%d %H:%M:%S},{tihm.PLACES[place]}")
    path.write_text("\n".join(lines) + "\n", "utf-8")


def test_the_command_writes_rows_and_one_report_without_network(tmp_path: Path) -> None:
    write_town(tmp_path / "town.csv", small_town(3, days=25))
    out = tmp_path / "evaluation.json"
    command = ["evaluate", "--data", str(tmp_path / "town.csv"), "--out", str(out)]
    command += ["--tick-s", "600"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    found = {row["name"]: row for row in json.loads(out.read_text("utf-8"))["rows"]}
    for name in ("floor.silence_8h", "floor.silence_12h", "floor.longest_gap_1_25"):
        assert {f"{name}.raw_false_per_hw", f"{name}.recall_12h", f"{name}.delay_median_h"} <= set(
            found
        )
    for name in (
        "home_false_per_hw",
        "raw_false_per_hw",
        "delay_day_median_h",
        "delay_night_median_h",
        "recall_12h",
    ):
        keys = {"name", "value", "unit", "reference", "ratio", "bar", "holds"}
        assert set(found[f"inactivity.{name}"]) == keys
        assert f"inactivity.{name}" in result.output
    report = out.with_suffix(".html").read_text("utf-8")
    assert report.count("<svg") == 4
    assert "http" not in report
    assert "<script" not in report


def test_a_file_that_cannot_be_judged_is_told_in_one_line(tmp_path: Path) -> None:
    write_town(tmp_path / "short.csv", small_town(2, days=5))
    (tmp_path / "bad.csv").write_text("home,place\n", "utf-8")
    for name, code, told in (
        ("short.csv", 1, "no home is recorded for more than 22 days"),
        ("bad.csv", 2, "bad.csv line 1 has no column 'local_time'"),
        ("none.csv", 2, "none.csv cannot be read"),
    ):
        result = CliRunner().invoke(app, ["evaluate", "--data", str(tmp_path / name)])
        assert result.exit_code == code
        assert told in result.stderr


def test_rows_that_are_not_finite_are_null_in_json(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    rows.write([rows.Row("x", float("inf"), "h")], path, {"more": [float("nan"), 1.0]})
    assert json.loads(path.read_text("utf-8"))["rows"][0]["value"] is None
    assert json.loads(path.read_text("utf-8"))["more"] == [None, 1.0]


def test_the_floors_on_the_real_homes_are_those_that_were_published() -> None:
    from tests.shared_data import require_shared_data

    trace = tihm.read_tihm(require_shared_data() / "tihm_activity.csv.gz")
    judged, rng = window(trace), np.random.default_rng(1)
    draws = draw(trace, 4, rng)
    fallen = copies(trace, draws, lambda s, at, _: inject.collapse(s, at), rng)
    # By DETECTION's table for this half of the homes: raw false alerts a home-week.
    for name, published in (
        ("floor.silence_8h", 0.97),
        ("floor.silence_12h", 0.30),
        ("floor.longest_gap_1_25", 0.51),
    ):
        rule = FLOORS[name][0]
        figures = judge(name, rule(trace), rule(fallen), trace, judged, draws)
        assert figures.raw.mean.value == pytest.approx(published, rel=0.1)
        assert figures.found["all"].within[12].value == 1


def test_two_settings_are_judged_on_the_same_draws_and_half_of_the_homes_alone(
    tmp_path: Path,
) -> None:
    write_town(tmp_path / "town.csv", small_town(4, days=24))
    (tmp_path / "soon.toml").write_text("[limits]\nsilence_cap_h = 4\n", "utf-8")
    out = tmp_path / "evaluation.json"
    command = ["evaluate", "--data", str(tmp_path / "town.csv"), "--out", str(out), "--half", "a"]
    command += ["--tick-s", "600"]
    command += ["--settings", str(tmp_path / "soon.toml"), "--against"]
    (tmp_path / "late.toml").write_text("[detectors]\nsilence_z = 6\n", "utf-8")
    result = CliRunner().invoke(app, [*command, str(tmp_path / "late.toml")])
    assert result.exit_code == 0, result.output
    told = json.loads(out.read_text("utf-8"))
    assert told["homes"] == 2
    assert told["settings"]["silence_cap_h"] == 4
    assert told["against_settings"]["silence_cap_h"] == 12
    row = {row["name"]: row for row in told["rows"]}
    difference = row["difference.inactivity.raw_false"]
    assert difference["value"] == pytest.approx(
        row["inactivity.raw_false_per_hw"]["value"]
        - row["against.inactivity.raw_false_per_hw"]["value"],
        abs=0.002,
    )
    assert difference["value"] > 0
    assert ".." in difference["bar"]
    assert {"half_a.inactivity.recall_12h", "half_b.inactivity.recall_12h"} <= set(row)


def test_a_half_that_is_none_and_a_wrong_year_are_told(tmp_path: Path) -> None:
    write_town(tmp_path / "town.csv", small_town(1, days=5))
    command = ["evaluate", "--data", str(tmp_path / "town.csv"), "--half"]
    result = CliRunner().invoke(app, [*command, "c"])
    assert (result.exit_code, "--half is 'c', expected a or b" in result.stderr) == (2, True)
    with (tmp_path / "town.csv").open("a", encoding="utf-8") as file:
        file.write("home0,2001-01-01 00:00:00,kitchen\n")
    result = CliRunner().invoke(app, command[:-1])
    assert result.exit_code == 1
    assert "expected at most three years; look for rows with a wrong year" in result.stderr


def test_halves_are_every_other_home_in_order_of_name() -> None:
    trace = small_town(5, days=2)
    assert evaluation.take_half(trace, "a").homes == ("home0", "home2", "home4")
    assert evaluation.take_half(trace, "b").homes == ("home1", "home3")
    assert evaluation.take_half(trace, "") is trace
