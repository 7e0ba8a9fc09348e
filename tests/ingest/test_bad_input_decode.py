"""Each bad message comes between two good ones, and costs nothing but a dead letter."""

import gzip
import json
import time
import warnings

import msgspec
import pytest

from config.kinds import Kind
from config.sensor_table import SensorTable
from ingest.clock import instant
from ingest.decode import decode
from ingest.message import Message, Reason
from ingest.screen import screen
from tests.ingest.corpus import GATEWAY, PREFIX, RECEIVED_US, table_of
from tests.ingest.decoding import message

MS = RECEIVED_US // 1000 - 1000
LIMIT_S = 5.0
KINDS = (Kind.MOTION, Kind.TEMPERATURE, Kind.SMOKE)
R = Reason


def table() -> SensorTable:
    return table_of(
        [
            ("native", "pir", (Kind.MOTION,), ""),
            ("native", "probe", (Kind.TEMPERATURE,), ""),
            ("zigbee2mqtt", "hall", KINDS, ""),
            ("chirpstack", "24e124abcdef0123", KINDS, ""),
            ("senml", "urn:x", KINDS, ""),
        ]
    )


def judge(bad: Message) -> tuple[list[float], list[Reason], list[str]]:
    """Return the values stored, the reasons of dead letters and the kinds of strays."""
    before = message("native", "r", {"b": "1", "s": 1, "r": [["pir", MS, 1]]})
    after = message("native", "r", {"b": "1", "s": 2, "r": [["pir", MS + 1, 0]]})
    known = table()
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decoded = decode([before, bad, after], known)
        screened = screen(decoded.batch, known, now=instant(RECEIVED_US))
    assert time.process_time() - start < LIMIT_S
    values = screened.batch.value.tolist()
    assert values[0] == 1.0
    assert values[-1] == 0.0
    assert (decoded.sequences[0].sequence, decoded.sequences[-1].sequence) == (1, 2)
    rejects = [*decoded.rejects, *screened.rejects]
    for reject in rejects:
        assert reject.detail
        assert len(reject.first_bytes) <= 256
        assert reject.topic.encode()
    return (
        values[1:-1],
        [reject.reason for reject in rejects],
        [stray.kind for stray in (*decoded.strays, *screened.strays)],
    )


BYTES = {
    "ff fe 7b": (b"\xff\xfe\x7b", R.NOT_UTF8),
    "bad UTF-8 in JSON": (b'{"r": [["\xff", 1, 1]]}', R.NOT_UTF8),
    "UTF-16 with BOM": ('{"r": []}'.encode("utf-16"), R.NOT_UTF8),
    "UTF-8 with BOM": (b'\xef\xbb\xbf{"r": []}', R.NOT_JSON),
    "NUL": (b"\0", R.NOT_JSON),
    "empty": (b"", R.EMPTY),
    "one byte": (b"x", R.NOT_JSON),
    "256 KiB": (b" " * (256 << 10), R.NOT_JSON),
    "1 MiB": (b"[" + b"1," * (512 << 10) + b"1]", R.WRONG_SHAPE),
    "gzip bomb": (gzip.compress(b"\0" * (8 << 20)), R.NOT_UTF8),
    "100k nesting of arrays": (b"[" * 100_000, R.NOT_JSON),
    "100k nesting, closed": (b"[" * 100_000 + b"]" * 100_000, R.NOT_JSON),
    "100k nesting of objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, R.NOT_JSON),
    "truncated": (b'{"r": [["pir", 1', R.NOT_JSON),
    "null": (b"null", R.WRONG_SHAPE),
    "array at root": (b"[1, 2]", R.WRONG_SHAPE),
    "true": (b"true", R.WRONG_SHAPE),
}


@pytest.mark.parametrize(("payload", "reason"), BYTES.values(), ids=BYTES)
def test_bytes_that_are_no_document(payload: bytes, reason: Reason) -> None:
    assert judge(message("native", "r", payload)) == ([], [reason], [])


@pytest.mark.parametrize(
    ("dialect", "rest"),
    [
        ("zigbee2mqtt", "hall"),
        ("chirpstack", "application/1/device/24e124abcdef0123/event/up"),
        ("senml", "x"),
        ("status", ""),
    ],
)
@pytest.mark.parametrize("payload", [p for p, _ in BYTES.values()], ids=BYTES)
def test_no_bytes_break_another_dialect(dialect: str, rest: str, payload: bytes) -> None:
    values, reasons, strays = judge(message(dialect, rest, payload))
    assert values == []
    assert len(reasons) == 1
    assert strays == []


def test_a_million_keys_cost_time_but_no_reading() -> None:
    keys = ",".join(f'"k{i}":{i}' for i in range(1_000_000))
    payload = b'{"occupancy":true,' + keys.encode() + b"}"
    assert judge(message("zigbee2mqtt", "hall", payload)) == ([1.0], [], [])
    assert judge(message("native", "r", payload)) == ([], [R.WRONG_SHAPE], [])


VALUES = {
    "NaN": (b"NaN", R.NOT_A_NUMBER),
    "Infinity": (b"Infinity", R.NOT_A_NUMBER),
    "-Infinity": (b"-Infinity", R.NOT_A_NUMBER),
    "1e400": (b"1e400", R.NOT_A_NUMBER),
    "5,000 digits": (b"9" * 5000, R.NOT_A_NUMBER),
    "2**63": (b"9223372036854775808", R.IMPLAUSIBLE),
    "true as number": (b"true", R.NOT_A_NUMBER),
    "comma": (b'"21,5"', R.NOT_A_NUMBER),
    "string": (b'"21.5"', R.NOT_A_NUMBER),
    "lone surrogate": (b'"\\ud800"', R.NOT_A_NUMBER),
    "Fahrenheit": (b"69.8", R.IMPLAUSIBLE),
    "DS18B20 disconnected": (b"-127", R.IMPLAUSIBLE),
    "DS18B20 power-on": (b"85.0", R.IMPLAUSIBLE),
}


@pytest.mark.parametrize(("value", "reason"), VALUES.values(), ids=VALUES)
def test_a_value_that_is_no_temperature(value: bytes, reason: Reason) -> None:
    row = b'["probe", %d, %s]' % (MS, value)
    assert judge(message("native", "r", b'{"r": [' + row + b"]}")) == ([], [reason], [])
    said = b'{"temperature": ' + value + b"}"
    assert judge(message("zigbee2mqtt", "hall", said)) == ([], [reason], [])
    uplink = message(
        "chirpstack",
        "application/1/device/24e124abcdef0123/event/up",
        b'{"object": ' + said + b"}",
    )
    assert judge(uplink) == ([], [reason], [])
    record = b'[{"n": "urn:x:temperature", "u": "Cel", "v": ' + value + b"}]"
    assert judge(message("senml", "x", record)) == ([], [reason], [])


def test_minus_zero_is_zero() -> None:
    values, reasons, _ = judge(message("zigbee2mqtt", "hall", b'{"temperature": -0.0}'))
    assert (str(values[0]), reasons) == ("0.0", [])


def test_null_is_no_value() -> None:
    said = message("zigbee2mqtt", "hall", {"temperature": None})
    assert judge(said) == ([], [R.NO_VALUE], [])


def test_of_duplicate_keys_the_last_counts() -> None:
    said = message("zigbee2mqtt", "hall", b'{"occupancy": false, "occupancy": true}')
    assert judge(said) == ([1.0], [], [])


def test_unknown_fields_and_a_missing_position_cost_nothing() -> None:
    said = message("native", "r", {"r": [["probe", MS, 20]], "colour": {"a": [None]}})
    assert judge(said) == ([20.0], [], [])


def test_a_sequence_that_goes_back_or_jumps_costs_no_reading() -> None:
    for sequence in (1, 99):
        said = message("native", "r", {"b": "1", "s": sequence, "r": [["probe", MS, 20]]})
        assert judge(said) == ([20.0], [], [])


def test_two_values_at_one_moment_are_both_kept() -> None:
    said = message("native", "r", {"r": [["probe", MS, 20], ["probe", MS, 21]]})
    assert judge(said) == ([20.0, 21.0], [], [])


TIMES = {
    "0": (0, R.STALE),
    "1970": (86_400_000, R.STALE),
    "-1": (-1, R.STALE),
    "2099": (4_070_908_800_000, R.FUTURE),
    "1e20": (1e20, R.BAD_TIME),
    "10**30": (10**30, R.BAD_TIME),
    "seconds": (MS // 1000, R.STALE),
    "microseconds": (MS * 1000, R.BAD_TIME),
    "nanoseconds": (MS * 1_000_000, R.BAD_TIME),
    "text": ("2026-05-28T20:26:39Z", R.BAD_TIME),
    "NaN": (float("nan"), R.BAD_TIME),
    "null": (None, R.BAD_TIME),
    "bool": (True, R.BAD_TIME),
}


@pytest.mark.parametrize(("moment", "reason"), TIMES.values(), ids=TIMES)
def test_a_clock_that_cannot_be_believed(moment: object, reason: Reason) -> None:
    said = message("native", "r", {"r": [["probe", moment, 20]]})
    assert judge(said) == ([], [reason], [])
    # The same clock on an alarm, enrolled or not: refused, and raised.
    alarm = {"smoke": True, "last_seen": moment}
    if moment is not None and reason is not R.BAD_TIME:
        assert judge(message("zigbee2mqtt", "hall", alarm)) == ([], [reason], ["smoke"])
    unknown = message("native", "r", {"r": [["attic", moment, 1, "smoke"]]})
    values, reasons, strays = judge(unknown)
    assert (values, strays) == ([], ["smoke"])
    assert len(reasons) == 1


ISO = {
    "25:00": "2026-05-28T25:00:00Z",
    "no zone": "2026-05-28T20:26:39",
    "twice in London": "2026-10-25T01:30:00",
    "never in London": "2026-03-29T01:30:00",
    "a zone by name": "2026-10-25T01:30:00 Europe/London",
    "leap second": "2016-12-31T23:59:60Z",
    "empty": "",
    "month 13": "2026-13-01T00:00:00Z",
    "long": "2" * 100_000,
}


@pytest.mark.parametrize("text", ISO.values(), ids=ISO)
def test_a_text_that_is_no_moment(text: str) -> None:
    said = {"temperature": 20, "last_seen": text}
    assert judge(message("zigbee2mqtt", "hall", said)) == ([], [R.BAD_TIME], [])
    alarm = {"smoke": True, "last_seen": text}
    assert judge(message("zigbee2mqtt", "hall", alarm)) == ([], [R.BAD_TIME], ["smoke"])


TOPICS = {
    "another place": (f"stillwell/v1/abercoed/{GATEWAY}/native/r".encode(), R.WRONG_PLACE),
    "another gateway": (b"stillwell/v1/fenbridge/gate-000002/native/r", R.UNKNOWN_GATEWAY),
    "empty level": (b"stillwell/v1//gate-000001/native/r", R.BAD_TOPIC),
    "$SYS": (b"$SYS/broker/uptime", R.BAD_TOPIC),
    "$CONTROL": (b"$CONTROL/dynamic-security/v1", R.BAD_TOPIC),
    "plus": (f"{PREFIX}/native/+".encode(), R.BAD_TOPIC),
    "hash": (f"{PREFIX}/zigbee2mqtt/#".encode(), R.BAD_TOPIC),
    "invalid UTF-8": (f"{PREFIX}/native/r".encode() + b"\xff", R.BAD_TOPIC),
    "NUL": (f"{PREFIX}/native/r\0".encode(), R.BAD_TOPIC),
    "65,535 bytes": (f"{PREFIX}/native/".encode().ljust(65_535, b"x"), R.BAD_TOPIC),
    "65,535 levels": (f"{PREFIX}/native/".encode().ljust(65_535, b"/"), R.BAD_TOPIC),
    "line protocol": (f"{PREFIX}/native/r,home=2 v=1\n".encode(), R.BAD_TOPIC),
    "look-alike place": (
        f"stillwell/v1/f\N{CYRILLIC SMALL LETTER IE}nbridge/{GATEWAY}/native/r".encode(),
        R.WRONG_PLACE,
    ),
    "upper case": (
        f"stillwell/v1/fenbridge/{GATEWAY.upper()}/native/r".encode(),
        R.UNKNOWN_GATEWAY,
    ),
}


@pytest.mark.parametrize(("topic", "reason"), TOPICS.values(), ids=TOPICS)
def test_a_topic_that_nobody_may_speak_under(topic: bytes, reason: Reason) -> None:
    said = message("native", "r", {"b": "1", "s": 1, "r": [["pir", MS, 1]]}, topic=topic)
    assert judge(said) == ([], [reason], [])


@pytest.mark.parametrize("name", ["ha ll", "ha,ll", "ha=ll\n", "=cmd()", "<script>", "h\u0430ll"])
def test_a_device_of_another_name_is_unknown_whatever_the_name(name: str) -> None:
    said = message("zigbee2mqtt", name, {"occupancy": True})
    assert judge(said) == ([], [R.UNKNOWN_SENSOR], [])
    alarm = message("zigbee2mqtt", name, {"smoke": True})
    assert judge(alarm) == ([], [R.UNKNOWN_SENSOR], ["smoke"])


def test_a_retained_reading() -> None:
    said = message("zigbee2mqtt", "hall", {"occupancy": True})
    assert judge(msgspec.structs.replace(said, is_retained=True)) == ([], [R.RETAINED], [])


def test_an_oversize_message_and_one_at_qos_0() -> None:
    said = message("zigbee2mqtt", "hall", {"occupancy": True})
    assert judge(msgspec.structs.replace(said, is_oversize=True)) == ([], [R.OVERSIZE], [])
    assert judge(msgspec.structs.replace(said, qos=0, packet_id=0)) == ([1.0], [], [])


def test_a_type_conflict_in_the_middle_of_a_batch_costs_only_itself() -> None:
    rows = [["probe", MS + i, i / 4] for i in range(100)]
    rows[50][2] = json.loads('{"a": 1}')
    values, reasons, _ = judge(message("native", "r", {"r": rows}))
    assert len(values) == 99
    assert reasons == [R.NOT_A_NUMBER]
