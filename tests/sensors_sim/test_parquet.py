import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from config.kinds import Kind
from sensors_sim.export import write
from sensors_sim.recorded_files import open_recording
from sensors_sim.recording import BadRecording, Recording
from sensors_sim.scenario import parse

UTC = pa.timestamp("us", tz="UTC")
T_US = 1_795_000_000_000_000
SCENARIO = (
    'seed = 3\nplaces = ["fenbridge"]\nhomes_per_place = 3\nzigbee_homes_per_place = 1\ndays = 1\n'
    '[[fault]]\nkind = "late"\nplace = "fenbridge"\nhome = 1\nbefore_end_h = 9\nlasts_h = 5\n'
)


def columns(**changes: Any) -> Mapping[str, Any]:  # noqa: ANN401 - pyarrow is untyped
    good = {
        "time": pa.array([T_US, T_US + 5], UTC),
        "sensor": pa.array(["kitchen motion", "front door"]),
        "value": pa.array([1.0, 0.0]),
    }
    return {name: column for name, column in (good | changes).items() if column is not None}


def parquet(folder: Path, **changes: Any) -> Path:  # noqa: ANN401 - pyarrow is untyped
    path = folder / "r.parquet"
    pyarrow.parquet.write_table(pa.table(dict(columns(**changes))), path)
    return path


def opened(path: Path, home: str = "") -> Recording:
    made = open_recording(path, home)
    assert isinstance(made, Recording)
    return made


def test_a_parquet_file_is_read_as_a_csv_would_be(tmp_path: Path) -> None:
    recording = opened(parquet(tmp_path))
    assert [(s.address, s.kind, s.is_exit) for s in recording.sensors] == [
        ("kitchen motion", Kind.MOTION, False),
        ("front door", Kind.CONTACT, True),
    ]
    assert recording.readings.time_us.tolist() == [T_US, T_US + 5]
    assert recording.readings.value.tolist() == [1.0, 0.0]
    assert not recording.notes


def test_a_zone_other_than_utc_and_other_units_are_understood(tmp_path: Path) -> None:
    time = pa.array([T_US * 1000, T_US * 1000 + 5000], pa.timestamp("ns", tz="Europe/London"))
    made = opened(parquet(tmp_path, time=time, value=pa.array([True, False])))
    assert made.readings.time_us.tolist() == [T_US, T_US + 5]
    assert made.readings.value.tolist() == [1.0, 0.0]


def test_a_sensor_of_the_same_name_in_another_home_is_another_one(tmp_path: Path) -> None:
    changes = {
        "sensor": pa.array(["hall motion"] * 2),
        "home": pa.array(["b", "a"]).dictionary_encode(),
        "kind": pa.array(["motion", None]),
        "exit": pa.array([False, False]),
        "arrived": pa.array([T_US + 90, T_US + 5], UTC),
    }
    path = parquet(tmp_path, **changes)
    made = opened(path)
    assert [(s.home, s.address) for s in made.sensors] == [
        ("b", "hall motion"),
        ("a", "hall motion"),
    ]
    assert made.deliveries.sensor.tolist() == [1, 0]
    assert made.notes == ("1 rows were earlier than the row before: sorted",)
    only = opened(path, "a")
    assert [s.home for s in only.sensors] == ["a"]
    assert only.deliveries.sent_us.tolist() == [T_US + 5]
    with pytest.raises(BadRecording, match=r"r.parquet has no home 'c', expected one of a, b"):
        open_recording(path, "c")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"value": None}, "r.parquet has no column 'value', expected time,sensor,value"),
        (
            {"time": pa.array([T_US, T_US], pa.timestamp("us"))},
            "has a column time of timestamp[us], expected timestamps with a zone",
        ),
        ({"time": pa.array([1, 2])}, "has a column time of int64, expected timestamps"),
        ({"time": pa.array([T_US, None], UTC)}, "r.parquet row 2 has no time, expected a value"),
        ({"sensor": pa.array([1, 2])}, "has a column sensor of int64, expected text"),
        ({"sensor": pa.array(["hall motion", " "])}, "row 2 has no sensor, expected its name"),
        ({"sensor": pa.array(["hall motion", "gizmo"])}, "row 2 has sensor 'gizmo', whose name"),
        ({"value": pa.array(["1", "0"])}, "has a column value of string, expected numbers"),
        ({"value": pa.array([1.0, None])}, "r.parquet row 2 has no value, expected a value"),
        ({"value": pa.array([1.0, np.nan])}, "row 2 has value nan, expected a finite number"),
        ({"kind": pa.array(["motion", "door"])}, "row 2 has kind 'door', expected one of motion"),
        ({"exit": pa.array(["1", "maybe"])}, "row 2 has exit 'maybe', expected 1 or 0"),
    ],
)
def test_what_is_wrong_is_told_with_its_row_and_what_was_expected(
    tmp_path: Path, changes: Mapping[str, Any], told: str
) -> None:
    with pytest.raises(BadRecording) as caught:
        open_recording(parquet(tmp_path, **changes))
    assert told in str(caught.value)


def test_a_file_that_is_no_parquet_or_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    with pytest.raises(BadRecording, match=r"r.parquet cannot be read"):
        open_recording(path)
    path.write_bytes(b"time,sensor,value\n")
    with pytest.raises(BadRecording, match=r"r.parquet cannot be read"):
        open_recording(path)


def test_without_pyarrow_the_way_to_install_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = parquet(tmp_path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadRecording, match=r"python -m pip install 'stillwell\[parquet\]'"):
        open_recording(path)


def test_a_scenario_says_the_same_as_parquet_and_as_csv(tmp_path: Path) -> None:
    scenario = parse(SCENARIO, file="s.toml")
    lines = write(scenario, tmp_path / "out.csv", lambda _share: None)
    assert write(scenario, tmp_path / "out.parquet", lambda _share: None) == lines
    by_csv, by_parquet = opened(tmp_path / "out.csv"), opened(tmp_path / "out.parquet")
    assert by_parquet.sensors == by_csv.sensors
    assert len({sensor.home for sensor in by_csv.sensors}) == 3
    a, b = by_csv.deliveries, by_parquet.deliveries
    assert np.array_equal(a.sensor, b.sensor)
    assert np.array_equal(a.time_us, b.time_us)
    assert np.array_equal(a.sent_us, b.sent_us)
    assert np.allclose(a.value, b.value, rtol=1e-9)  # a CSV has ten digits
    assert (by_csv.deliveries.sent_us > by_csv.deliveries.time_us).any()
    again = tmp_path / "again.parquet"
    write(scenario, again, lambda _share: None)
    assert again.read_bytes() == (tmp_path / "out.parquet").read_bytes()
    assert (tmp_path / "out.parquet.truth.csv").exists()
