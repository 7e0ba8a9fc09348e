from pathlib import Path

import numpy as np
import pytest

from config.kinds import Kind
from config.sensor_table import build_sensor_table
from ingest.clock_mark import SLICE_US
from ingest.decode import decode
from ingest.message import Message
from sensors_sim.datasets import read_kasteren, read_ordonez
from sensors_sim.recorded_files import open_recording
from sensors_sim.recording import BadRecording, Recording, replay_messages, replay_slices, roster
from tests.shared_data import require_shared_data


def kasteren(folder: Path, lines: str, names: str = "1\tFront door\n24\tPIR keuken\n") -> Path:
    (folder / "houseX.sensor_names").write_text(names)
    path = folder / "houseX.sensors"
    path.write_text(lines)
    return path


def triples(recording: Recording) -> list[tuple[str, int, float]]:
    columns = recording.readings
    return [
        (recording.sensors[sensor].address, time_us, value)
        for sensor, time_us, value in zip(
            columns.sensor.tolist(), columns.time_us.tolist(), columns.value.tolist(), strict=True
        )
    ]


def test_a_kasteren_line_is_on_at_its_start_and_off_at_its_end(tmp_path: Path) -> None:
    recording = read_kasteren(kasteren(tmp_path, "1000\t60\t24\r\n\r\n990\t5\t1\r\n"))
    assert triples(recording) == [
        ("01-front-door", 990_000_000, 1),
        ("01-front-door", 995_000_000, 0),
        ("24-pir-keuken", 1_000_000_000, 1),
        ("24-pir-keuken", 1_060_000_000, 0),
    ]
    door, pir = recording.sensors
    assert (door.kind, door.is_exit, pir.kind, pir.room) == (
        Kind.CONTACT,
        True,
        Kind.MOTION,
        "kitchen",
    )


def test_off_and_on_again_within_one_second_are_both_kept_and_end_on(tmp_path: Path) -> None:
    recording = read_kasteren(kasteren(tmp_path, "1000\t60\t24\n1060\t3\t24\n"))
    assert [(t // 1_000_000, v) for _, t, v in triples(recording)] == [
        (1000, 1),
        (1060, 0),
        (1060, 1),
        (1063, 0),
    ]


@pytest.mark.parametrize("line", ["1000\t60", "1000\t60\tx", "a b c", "1.5 2 3"])
def test_a_bad_kasteren_line_is_told_with_its_number(tmp_path: Path, line: str) -> None:
    with pytest.raises(BadRecording, match=r"houseX.sensors line 2 is .* expected start in unix"):
        read_kasteren(kasteren(tmp_path, f"1000\t60\t24\n{line}\n"))


def test_a_missing_list_of_names_is_told(tmp_path: Path) -> None:
    path = tmp_path / "houseY.sensors"
    path.write_text("1000\t60\t24\n")
    with pytest.raises(BadRecording, match=r"houseY\.sensor_names cannot be read"):
        read_kasteren(path)


def test_an_ordonez_line_is_taken_as_utc(tmp_path: Path) -> None:
    path = tmp_path / "OrdonezX_Sensors.txt"
    path.write_text(
        "Start time \t End time \tLocation\tType\tPlace\r\n----\t----\t----\t----\t----\r\n"
        "2011-11-28 02:27:59\t\t2011-11-28 10:18:11\t\tBed\t\t\tPressure\tBedroom\t\r\n"
    )
    recording = open_recording(path)
    assert isinstance(recording, Recording)
    [bed] = recording.sensors
    assert (bed.address, bed.kind, bed.room) == ("bed-pressure-bedroom", Kind.BED, "bedroom")
    assert recording.readings.time_us.view("datetime64[us]").astype(str).tolist() == [
        "2011-11-28T02:27:59.000000",
        "2011-11-28T10:18:11.000000",
    ]


@pytest.mark.parametrize(
    "line",
    ["2011-11-28 02:27:59 Bed Pressure Bedroom", "2011-13-28 02:27:59 2011-11-28 10:18:11 B P R"],
)
def test_a_bad_ordonez_line_is_told_with_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "OrdonezX_Sensors.txt"
    path.write_text(f"Start time\n{line}\n")
    with pytest.raises(BadRecording, match=r"line 2 is .* expected start and end as YYYY-MM-DD"):
        read_ordonez(path)


@pytest.mark.parametrize(
    ("file", "sensors", "distinct", "shared"),
    [
        ("kasteren/houseA.sensors", 14, 2_458, 8),
        ("kasteren/houseB.sensors", 23, 38_113, 790),
        ("kasteren/houseC.sensors", 21, 45_400, 779),
        ("ordonez/OrdonezA_Sensors.txt", 12, 818, None),
        ("ordonez/OrdonezB_Sensors.txt", 12, 4_668, None),
    ],
)
def test_the_real_homes_survive_decode_reading_by_reading(
    file: str, sensors: int, distinct: int, shared: int | None
) -> None:
    recording = open_recording(require_shared_data() / file)
    assert isinstance(recording, Recording)
    made = triples(recording)
    assert len(recording.sensors) == len({s.address for s in recording.sensors}) == sensors
    assert len(set(made)) == distinct
    if shared is not None:
        assert len(made) - len({(sensor, time_us) for sensor, time_us, _ in made}) == shared

    enrolment = roster(recording, "fenbridge")
    [gateway] = enrolment.gateways
    table = build_sensor_table(enrolment.homes, enrolment.gateways, enrolment.sensors)
    sent = replay_messages(recording, "fenbridge", gateway.id)
    back = decode([Message(m.topic.encode(), m.payload, m.time_us) for m in sent], table)
    assert not back.rejects
    kept = [
        (table.sensors[sensor].address, time_us, value)
        for sensor, time_us, value in zip(
            back.batch.sensor.tolist(),
            back.batch.time.astype(np.int64).tolist(),
            back.batch.value.tolist(),
            strict=True,
        )
    ]
    assert sorted(kept) == sorted(made)


def test_slices_follow_one_another_without_a_gap_and_hold_only_their_own(tmp_path: Path) -> None:
    path = kasteren(tmp_path, "7300\t60\t24\n100000\t3\t24\n7100\t200\t1\n")
    parts = list(replay_slices(read_kasteren(path), "fenbridge", "gateway-1"))
    assert np.diff([part.end_us for part in parts]).tolist() == [SLICE_US] * (len(parts) - 1)
    assert sum(bool(part.messages) for part in parts) == 3
    for part in parts:
        for message in part.messages:
            assert part.end_us - SLICE_US <= message.time_us < part.end_us
            assert message.topic == "stillwell/v1/fenbridge/gateway-1/native/r"


def test_an_empty_recording_has_no_slices(tmp_path: Path) -> None:
    assert replay_messages(read_kasteren(kasteren(tmp_path, "")), "fenbridge", "gateway-1") == []


def test_a_file_of_no_known_kind_is_refused() -> None:
    with pytest.raises(BadRecording, match=r"notes.txt is of no known kind, expected .csv"):
        open_recording(Path("notes.txt"))
