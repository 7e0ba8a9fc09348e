from pathlib import Path

import pytest

from config.kinds import Kind
from sensors_sim.recorded_files import open_recording, read_csv, read_jsonl
from sensors_sim.recording import BadRecording, Tape

HEAD = "time,sensor,value\n"
GOOD = "2026-11-22T07:30:00Z,kitchen motion,1\n"


def csv_file(folder: Path, text: str) -> Path:
    path = folder / "r.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_csv_becomes_ordered_columns_with_suggested_kinds(tmp_path: Path) -> None:
    recording = read_csv(
        csv_file(
            tmp_path,
            "\ufeff" + HEAD + "2026-11-22T08:30:00.250+01:00,kitchen motion,0\n" + GOOD
            + "2026-11-22 07:29:59+00:00,Living room temperature,20.5\n",
        )
    )  # fmt: skip
    assert [(s.address, s.kind, s.room) for s in recording.sensors] == [
        ("kitchen motion", Kind.MOTION, "kitchen"),
        ("Living room temperature", Kind.TEMPERATURE, "living room"),
    ]
    assert recording.readings.sensor.tolist() == [1, 0, 0]
    assert recording.readings.value.tolist() == [20.5, 1.0, 0.0]
    moments = recording.readings.time_us.view("datetime64[us]").astype(str).tolist()
    assert moments == [
        "2026-11-22T07:29:59.000000",
        "2026-11-22T07:30:00.000000",
        "2026-11-22T07:30:00.250000",
    ]


def test_a_column_kind_counts_more_than_a_name(tmp_path: Path) -> None:
    text = "time,sensor,value,kind\n2026-11-22T07:30:00Z,kitchen door,1,motion\n"
    assert read_csv(csv_file(tmp_path, text)).sensors[0].kind is Kind.MOTION


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("2026-11-22T07:30:00,kitchen motion,1", "has time '2026-11-22T07:30:00', expected ISO"),
        ("yesterday,kitchen motion,1", "has time 'yesterday', expected ISO 8601 with an offset"),
        ("2026-11-22T07:30:00Z,kitchen motion,NaN", "has value 'NaN', expected a finite number"),
        ("2026-11-22T07:30:00Z,kitchen motion,on", "has value 'on', expected a finite number"),
        ("2026-11-22T07:30:00Z,kitchen motion", "has value '', expected a finite number"),
        ("2026-11-22T07:30:00Z,,1", "has no sensor, expected its name"),
        ("2026-11-22T07:30:00Z,gizmo,1", "'gizmo', whose name suggests no kind; expected a column"),
        ("2026-11-22T07:30:00Z,kitchen motion,1,2", "has too many fields"),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_what_was_expected(
    tmp_path: Path, line: str, told: str
) -> None:
    with pytest.raises(BadRecording) as caught:
        read_csv(csv_file(tmp_path, HEAD + GOOD + line + "\n"))
    assert "r.csv line 3 " in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.parametrize("text", ["", "time,value\n", "a;b\n"])
def test_a_missing_column_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadRecording, match=r"line 1 has no column .* expected time,sensor,value"):
        read_csv(csv_file(tmp_path, text))


def test_an_unknown_kind_is_told(tmp_path: Path) -> None:
    text = "time,sensor,value,kind\n2026-11-22T07:30:00Z,kitchen motion,1,movement\n"
    with pytest.raises(BadRecording, match="has kind 'movement', expected one of motion"):
        read_csv(csv_file(tmp_path, text))


def test_a_file_that_is_not_text_or_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    with pytest.raises(BadRecording, match=r"r.csv cannot be read"):
        read_csv(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadRecording, match=r"r.csv cannot be read"):
        read_csv(path)


def test_recorded_messages_keep_their_bytes_and_come_in_order(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(
        '{"topic": "z/b", "payload": "OFF", "time": "2026-11-22T07:30:01Z"}\n\n'
        '{"topic": "z/a", "payload": {"smoke": true}, "time": "2026-11-22T07:30:00Z"}\n'
    )
    tape = open_recording(path)
    assert isinstance(tape, Tape)
    assert [message[:2] for message in tape.messages] == [
        ("z/a", b'{"smoke":true}'),
        ("z/b", b"OFF"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[1]",
        '{"topic": "z/b", "payload": 1}',
        '{"topic": "z/#", "payload": 1, "time": "2026-11-22T07:30:00Z"}',
        '{"topic": "z/b", "payload": 1, "time": "2026-11-22T07:30:00"}',
        '{"topic": "z/b", "payload": 1, "time": 5}',
    ],
)
def test_a_bad_recorded_message_is_told_with_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(f"\n{line}\n")
    with pytest.raises(BadRecording, match=r"r.jsonl line 2 .*expected"):
        read_jsonl(path)
