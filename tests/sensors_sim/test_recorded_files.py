import gzip
from pathlib import Path

import pytest

from config.kinds import Kind
from sensors_sim.recorded_files import open_recording, read_csv, read_jsonl
from sensors_sim.recording import BadRecording, RecordedSensor, Recording, Tape, roster
from tests.shared_data import require_shared_data

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


def test_a_column_that_is_there_twice_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadRecording, match="line 1 has more than one column 'value'"):
        read_csv(csv_file(tmp_path, "time,sensor,value,value\n"))


def test_rows_out_of_order_and_repeated_are_put_right_and_counted(tmp_path: Path) -> None:
    later = GOOD.replace("07:30", "08:30")
    made = read_csv(csv_file(tmp_path, HEAD + later + GOOD + GOOD + later))
    assert made.notes == (
        "1 rows were earlier than the row before: sorted",
        "2 rows repeat another one: each counts once",
    )
    assert len(made.readings) == 4


def test_columns_say_home_room_exit_and_arrival(tmp_path: Path) -> None:
    text = (
        "time,arrived,home,sensor,kind,room,exit,value\n"
        "2026-11-22T07:30:00Z,2026-11-22T07:45:00Z,h-1,s-1,contact,porch,1,1\n"
        "2026-11-22T07:40:00Z,2026-11-22T07:40:00Z,h-2,s-1,motion,,,1\n"
        "2026-11-22T07:40:00Z,2026-11-22T07:46:00Z,h-2,own,gateway-status,,,1\n"
    )
    path = csv_file(tmp_path, text)
    made = read_csv(path)
    assert made.sensors[:2] == (
        RecordedSensor("s-1", Kind.CONTACT, "porch", is_exit=True, home="h-1"),
        RecordedSensor("s-1", Kind.MOTION, "", is_exit=False, home="h-2"),
    )
    assert made.deliveries.sensor.tolist() == [1, 0, 2]
    assert made.notes == ("1 rows were earlier than the row before: sorted",)
    homes = roster(made, "fenbridge", gateway="replayed-gateway")
    assert [g.id for g in homes.gateways] == ["replayed-gateway-0001", "replayed-gateway-0002"]
    own = [
        (s.gateway, s.dialect, s.address) for s in homes.sensors if s.kind is Kind.GATEWAY_STATUS
    ]
    assert own == [(2, "status", ""), (1, "status", "")]
    only = open_recording(path, "h-2")
    assert isinstance(only, Recording)
    assert [sensor.home for sensor in only.sensors] == ["h-2", "h-2"]
    assert only.deliveries.sensor.tolist() == [0, 1]


def test_a_home_has_one_gateway(tmp_path: Path) -> None:
    row = "2026-11-22T07:30:00Z,{},1,gateway-status\n"
    text = "time,sensor,value,kind\n" + row.format("a") + row.format("b")
    with pytest.raises(BadRecording, match="a home has several sensors of kind gateway-status"):
        read_csv(csv_file(tmp_path, text))


def test_an_arrival_without_a_zone_is_told(tmp_path: Path) -> None:
    text = "time,arrived,sensor,value\n2026-11-22T07:30:00Z,2026-11-22T07:30:00,hall motion,1\n"
    with pytest.raises(BadRecording, match="line 2 has arrived '2026-11-22T07:30:00', expected"):
        read_csv(csv_file(tmp_path, text))


@pytest.mark.parametrize("name", ["tihm.csv", "tihm.csv.gz"])
def test_a_tihm_file_is_known_by_its_heading_and_holds_a_home_each(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    rows = (
        b"home,local_time,place\n"
        b"b,2019-06-28 13:03:29,kitchen\n"
        b"a,2019-06-28 13:03:30,front-door\n"
        b"a,2019-06-28 13:03:30,front-door\n"
        b"a,2019-06-28 13:00:00,lounge\n"
        b"a,2019-06-28 13:00:00,attic\n"
    )
    path.write_bytes(gzip.compress(rows) if name.endswith("gz") else rows)
    whole = open_recording(path)
    assert isinstance(whole, Recording)
    assert sorted({sensor.home for sensor in whole.sensors}) == ["a", "b"]
    told = [whole.sensors[i] for i in whole.readings.sensor.tolist()]
    assert [(s.home, s.address) for s in told] == [
        ("a", "lounge"),
        ("b", "kitchen"),
        ("a", "front-door"),
        ("a", "front-door"),
    ]
    assert [note.split(",")[0] for note in whole.notes] == [
        "1 rows were earlier than the row before of their home: sorted",
        "1 rows repeat another one: each counts once",
        "1 rows left out",
    ]
    one = open_recording(path, "a")
    assert isinstance(one, Recording)
    assert {sensor.home for sensor in one.sensors} == {"a"}
    assert len(one.readings) == 3
    with pytest.raises(BadRecording, match="has no home 'z', expected one of a, b"):
        open_recording(path, "z")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("home,place\na,kitchen\n", "line 1 has no column 'local_time'"),
        ("home,local_time,place\na,28.06.2019 13:03,kitchen\n", "line 2 has local_time '28.06"),
        ("home,local_time,place\na,NaN,kitchen\n", "line 2 has local_time 'NaN', expected a"),
        ("home,local_time,place\na,2019-06-28 13:03:29,attic\n", "holds nothing that is known"),
    ],
)
def test_a_bad_tihm_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadRecording) as caught:
        open_recording(csv_file(tmp_path, text))
    assert told in str(caught.value)


def test_the_real_tihm_homes_are_all_there() -> None:
    made = open_recording(require_shared_data() / "tihm_activity.csv.gz")
    assert isinstance(made, Recording)
    assert len({sensor.home for sensor in made.sensors}) == 28
    assert len(made.deliveries) > 467_000


def test_messages_name_no_home_and_their_order_is_told(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    line = '{"topic": "z/b", "payload": "OFF", "time": "2026-11-22T07:30:0%dZ"}\n'
    path.write_text(line % 3 + line % 2)
    tape = open_recording(path)
    assert tape.notes == ("1 rows were earlier than the row before: sorted",)
    with pytest.raises(BadRecording, match=r"r.jsonl holds messages, which name no home"):
        open_recording(path, "a")


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
