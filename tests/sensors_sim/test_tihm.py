import gzip
from pathlib import Path

import numpy as np
import pytest

from sensors_sim.recording import BadRecording
from sensors_sim.tihm import PLACES, PULSE_US, SENSORS, read_tihm, recording, to_local, to_utc
from tests.shared_data import require_shared_data

HEADER = "home,local_time,place\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "homes.csv"
    path.write_text(text, "utf-8")
    return path


def local_s(text: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([np.datetime64(text, "s").astype(np.int64)])


def test_a_row_is_an_activation_at_that_moment_in_utc(tmp_path: Path) -> None:
    read = read_tihm(write(tmp_path, HEADER + "h1,2019-06-28 13:03:29,kitchen\n"))
    assert read.homes == ("h1",)
    assert read.time_us.view("datetime64[us]").tolist()[0].isoformat() == "2019-06-28T12:03:29"
    assert PLACES[read.place[0]] == "kitchen"


def test_a_packed_file_reads_as_an_unpacked_one(tmp_path: Path) -> None:
    text = HEADER + "h1,2019-01-28 13:03:29,kitchen\nh2,2019-01-28 13:03:29,lounge\n"
    packed = tmp_path / "homes.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    plain = read_tihm(write(tmp_path, text))
    assert read_tihm(packed).time_us.tolist() == plain.time_us.tolist()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1 has no column 'home'"),
        ("home,time,place\n", "line 1 has no column 'local_time', expected home,local_time,place"),
        ("home,place,local_time,place\n", "line 1 has more than one column 'place'"),
        (HEADER + "h1,2019-06-28 13:03:29\n", "line 2 has 2 fields, expected 3"),
        (HEADER + "h1,NaN,kitchen\n", "line 2 has local_time 'NaN', expected a value"),
        (HEADER + "h1,2019-06-28 13:03:29,nan\n", "line 2 has place 'nan'"),
        (HEADER + ",2019-06-28 13:03:29,kitchen\n", "line 2 has home ''"),
        (
            HEADER + "h1,2019-06-28 13:03:29,kitchen\nh1,2019-06-28T13:03:29+01:00,kitchen\n",
            "line 3 has local_time '2019-06-28T13:03:29+01:00', expected local time of this",
        ),
        (HEADER + "h1,1970-01-01 00:00:00,kitchen\n", "line 2 has local_time '1970-01-01"),
        (HEADER + "h1,2019-02-30 13:03:29,kitchen\n", "line 2 has local_time '2019-02-30"),
        (HEADER, "holds nothing that is known: it has no rows"),
        (HEADER + "h1,2019-06-28 13:03:29,attic\n", "first 'attic' in line 2, expected one of"),
    ],
)
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadRecording) as problem:
        read_tihm(write(tmp_path, text))
    assert told in str(problem.value)
    assert "homes.csv" in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_file_that_is_not_there_or_cut_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRecording, match="cannot be read"):
        read_tihm(tmp_path / "none.csv")
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress((HEADER + "h1,2019-06-28 13:03:29,kitchen\n").encode())[:-9])
    with pytest.raises(BadRecording, match="cannot be read"):
        read_tihm(cut)
    cut.write_bytes(gzip.compress(HEADER.encode())[:12] + b"\xff" * 40)
    with pytest.raises(BadRecording, match="cannot be read"):
        read_tihm(cut)


def test_normal_dirt_is_put_right_and_counted(tmp_path: Path) -> None:
    rows = (
        "h1,2019-06-28 13:00:00,kitchen",
        "h1,2019-06-28 12:00:00,kitchen",
        "h1,2019-06-28 13:00:00,kitchen",
        "h1,2019-06-28 14:00:00,attic",
        "h1,2019-06-28 15:00:00,cellar",
    )
    read = read_tihm(write(tmp_path, HEADER + "\n".join(rows) + "\n"))
    assert (read.dirt.unsorted, read.dirt.repeated, read.dirt.unknown_places) == (1, 1, 2)
    assert len(read) == 2
    assert (np.diff(read.time_us) > 0).all()
    assert any("'attic' in line 5" in line for line in read.dirt.lines())


def test_homes_in_turn_are_not_out_of_order(tmp_path: Path) -> None:
    rows = "h2,2019-06-28 13:00:00,kitchen\nh1,2019-06-28 12:00:00,kitchen\n"
    assert read_tihm(write(tmp_path, HEADER + rows)).dirt.lines() == []


def test_the_hour_that_october_has_twice_is_taken_as_summer_time_and_counted(
    tmp_path: Path,
) -> None:
    utc_s, is_ambiguous = to_utc(local_s("2019-10-27T01:30:00"))
    assert utc_s == local_s("2019-10-27T00:30:00")
    assert is_ambiguous.all()
    read = read_tihm(write(tmp_path, HEADER + "h1,2019-10-27 01:30:00,kitchen\n"))
    assert read.dirt.ambiguous == 1


def test_the_hour_that_march_leaves_out_is_moved_on_and_counted(tmp_path: Path) -> None:
    utc_s, _ = to_utc(local_s("2019-03-31T01:30:00"))
    local, _ = to_local(utc_s * 1_000_000)
    assert local // 1_000_000 == local_s("2019-03-31T02:30:00")
    read = read_tihm(write(tmp_path, HEADER + "h1,2019-03-31 01:30:00,kitchen\n"))
    assert read.dirt.missing_hour == 1


def test_a_door_opens_and_closes_in_a_recording_and_a_movement_is_one_reading(
    tmp_path: Path,
) -> None:
    rows = "h1,2019-06-28 13:00:00,kitchen\nh1,2019-06-28 14:00:00,front-door\n"
    made = recording(read_tihm(write(tmp_path, HEADER + rows)), 0)
    assert [SENSORS[row].address for row in made.readings.sensor.tolist()] == [
        "kitchen",
        "front-door",
        "front-door",
    ]
    assert made.readings.value.tolist() == [1, 1, 0]
    assert np.diff(made.readings.time_us)[1] == PULSE_US


def test_the_real_homes_read_whole_and_clean() -> None:
    read = read_tihm(require_shared_data() / "tihm_activity.csv.gz")
    assert (len(read.homes), len(read)) == (28, 467_839)
    assert read.dirt.lines() == []
