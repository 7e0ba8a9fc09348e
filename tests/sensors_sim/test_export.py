from pathlib import Path

import pytest

from sensors_sim.export import write
from sensors_sim.fleet import Fleet
from sensors_sim.recorded_files import read_csv, read_jsonl
from sensors_sim.scenario import BadScenario, load, parse

TEXT = (
    'seed = 3\nplaces = ["fenbridge"]\nhomes_per_place = 3\nzigbee_homes_per_place = 1\ndays = 2\n'
    "end = 2026-03-30T10:00:00Z\n"
    '[[residents]]\nname = "couple"\nshare = 0.4\n'
    '[[incident]]\nkind = "collapse"\nplace = "fenbridge"\nhome = 2\nbefore_end_h = 9\n'
    '[[fault]]\nkind = "late"\nplace = "fenbridge"\nhome = 1\nbefore_end_h = 9\nlasts_h = 5\n'
)


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_the_same_scenario_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    written = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        lines = write(parse(TEXT, file="s.toml"), folder / name, lambda _share: None)
        written.append([(folder / f).read_bytes() for f in (name, f"{name}.truth.csv")])
        assert lines > 100
    assert written[0] == written[1]
    other = parse(TEXT.replace("seed = 3", "seed = 4"), file="s.toml")
    write(other, tmp_path / name, lambda _share: None)
    assert (tmp_path / name).read_bytes() != written[0][0]


def test_what_is_written_can_be_replayed_and_holds_no_truth(tmp_path: Path) -> None:
    scenario = parse(TEXT, file="s.toml")
    lines = write(scenario, tmp_path / "out.csv", lambda _share: None)
    assert len(read_csv(tmp_path / "out.csv").readings) == lines
    write(scenario, tmp_path / "out.jsonl", lambda _share: None)
    tape = read_jsonl(tmp_path / "out.jsonl")
    assert all(topic.startswith("stillwell/v1/fenbridge/") for topic, _, _ in tape.messages)
    assert b"collapse" not in (tmp_path / "out.jsonl").read_bytes()
    told = (tmp_path / "out.jsonl.truth.csv").read_text("utf-8").splitlines()
    assert told[0] == "home,kind,onset,end"
    assert [line.split(",")[1] for line in told[1:]] == ["late", "collapse"]
    assert told[2].endswith(",2026-03-30T01:00:00.000Z,")


def test_an_end_needs_its_offset() -> None:
    with pytest.raises(BadScenario, match="expected an offset from UTC"):
        parse(TEXT.replace("00Z", "00"), file="s.toml")


def test_days_made_two_at_a_time_are_all_the_days() -> None:
    made = list(Fleet(load("demo"), 1_795_359_400_000_000).make_days())
    assert len(made) == 28
    assert min(made) > 40_000
