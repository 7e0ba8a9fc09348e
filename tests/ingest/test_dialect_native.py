from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.kinds import Kind
from config.sensor_table import Device
from ingest.message import Reason
from ingest.tracks import Sequenced
from tests.ingest.corpus import RECEIVED_US, table_of
from tests.ingest.decoding import Heard, hear, listen, message

MS = RECEIVED_US // 1000 - 5_000


def say(*readings: object, kind: Kind = Kind.MOTION) -> Heard:
    return hear("native", "r", {"b": "boot-1", "s": 7, "r": readings}, kind, address="pir")


def say_with(more: dict[str, object]) -> Heard:
    payload = {"b": "boot-1", "s": 7, "r": [["pir", MS, 1]], **more}
    return hear("native", "r", payload, Kind.MOTION, address="pir")


def test_one_reading_has_its_own_time_and_value() -> None:
    heard = say(["pir", MS, 1])
    assert heard.rows == [(Kind.MOTION, 1.0, MS * 1000)]
    assert not heard.reasons


def test_the_outbox_position_of_every_message_is_told() -> None:
    assert say(["pir", MS, 1]).decoded.sequences == (Sequenced(1, "boot-1", 7, None),)
    assert say_with({"b": 3, "oldest": 5}).decoded.sequences == (Sequenced(1, "3", 7, 5),)


def test_no_readings_is_a_sign_of_life_and_no_dead_letter() -> None:
    heard = say()
    assert len(heard.decoded.sequences) == 1
    assert not heard.reasons


@pytest.mark.parametrize("more", [{"b": None}, {"s": None}, {"s": -1}, {"later": {"a": [1]}}])
def test_a_missing_position_or_an_unknown_field_costs_no_reading(more: dict[str, object]) -> None:
    assert len(say_with(more).rows) == 1


def test_a_position_of_the_wrong_type_is_told_and_costs_no_reading() -> None:
    heard = say_with({"s": "seven"})
    assert len(heard.rows) == 1
    assert heard.reasons == [Reason.WRONG_SHAPE]
    assert not heard.decoded.sequences


def test_a_bool_is_a_value_only_where_something_happens() -> None:
    assert say(["pir", MS, True]).values == {Kind.MOTION: 1.0}
    heard = say(["pir", MS, True], kind=Kind.TEMPERATURE)
    assert heard.rows == []
    assert heard.reasons == [Reason.NOT_A_NUMBER]


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (["pir", MS, "1"], Reason.NOT_A_NUMBER),
        (["pir", MS, "21,5"], Reason.NOT_A_NUMBER),
        (["pir", MS, None], Reason.NOT_A_NUMBER),
        (["pir", MS, [1]], Reason.NOT_A_NUMBER),
        (["pir", MS, float("nan")], Reason.NOT_A_NUMBER),
        (["pir", MS, float("inf")], Reason.NOT_A_NUMBER),
        (["pir", "now", 1], Reason.BAD_TIME),
        (["pir", 1e20, 1], Reason.BAD_TIME),
        (["pir", True, 1], Reason.BAD_TIME),
        (["pir", None, 1], Reason.BAD_TIME),
        (["pir", MS * 1_000_000, 1], Reason.BAD_TIME),
        ([7, MS, 1], Reason.WRONG_SHAPE),
        (["pir", MS], Reason.WRONG_SHAPE),
        (["pir", MS, 1, "telepathy"], Reason.WRONG_SHAPE),
        ("pir", Reason.WRONG_SHAPE),
        (["attic", MS, 1], Reason.UNKNOWN_SENSOR),
    ],
)
def test_a_bad_reading_costs_only_itself(reading: object, reason: Reason) -> None:
    heard = say(["pir", MS, 1], reading, ["pir", MS + 1, 0])
    assert [value for _, value, _ in heard.rows] == [1.0, 0.0]
    assert heard.reasons == [reason]
    assert not heard.strays


def test_a_thousand_bad_readings_of_one_sort_are_one_dead_letter() -> None:
    assert say(*[["pir", MS, "x"]] * 1000).reasons == [Reason.NOT_A_NUMBER]


def test_seconds_for_milliseconds_land_in_1970_for_the_screen_to_find() -> None:
    (row,) = say(["pir", MS // 1000, 1]).rows
    assert row[2] < 2_000_000_000_000


def test_a_named_kind_raises_a_smoke_alarm_that_nobody_enrolled() -> None:
    heard = say(["kitchen", MS, 1, "smoke"])
    (stray,) = heard.strays
    assert (stray.kind, stray.reason, stray.home, stray.sensor) == (
        "smoke",
        "unknown-sensor",
        1,
        -1,
    )
    assert (stray.claimed_us, stray.key) == (MS * 1000, str(MS * 1000))
    assert heard.reasons == [Reason.UNKNOWN_SENSOR]


def test_an_alarm_whose_address_was_replaced_calls_for_help_and_nothing_of_it_is_stored() -> None:
    table = table_of([("native", "new-alarm", (Kind.SMOKE,), "")])
    (number,) = table.devices[1, "native", "new-alarm"].sensors.values()
    old = Device("", {Kind.SMOKE: number, Kind.TEMPERATURE: 99})
    table = replace(table, former={(1, "native", "old-alarm"): old})
    heard = listen([message("native", "r", {"r": [["old-alarm", MS, 1]]})], table)
    (stray,) = heard.strays
    assert (stray.kind, stray.reason, stray.sensor) == ("smoke", "unknown-sensor", number)
    assert (stray.home, heard.rows) == (1, [])
    assert listen([message("native", "r", {"r": [["old-alarm", MS, 0]]})], table).strays == ()


def test_an_address_of_several_kinds_needs_the_kind_named() -> None:
    table = table_of([("native", "box", (Kind.TEMPERATURE, Kind.SMOKE), "")])
    readings = [["box", MS, 20, "temperature"], ["box", MS, 0, "smoke"], ["box", MS, 1]]
    heard = listen([message("native", "r", {"r": readings})], table)
    assert heard.values == {Kind.TEMPERATURE: 20.0, Kind.SMOKE: 0.0}
    assert heard.reasons == [Reason.WRONG_SHAPE]
    # It may have been the smoke, so it is raised.
    assert [stray.kind for stray in heard.strays] == ["smoke"]


@pytest.mark.parametrize("payload", [[], 5, {}, {"r": {}}, {"r": None}])
def test_what_is_no_native_document_is_one_dead_letter(payload: object) -> None:
    assert hear("native", "r", payload, Kind.MOTION).reasons == [Reason.WRONG_SHAPE]


def test_another_topic_than_r_is_refused() -> None:
    assert hear("native", "x", {"r": []}, Kind.MOTION).reasons == [Reason.BAD_TOPIC]


@given(
    st.lists(
        st.tuples(
            st.integers(-(10**12), 4 * 10**12),
            st.floats(-1e6, 1e6, allow_nan=False) | st.integers(-(2**63), 2**64),
        ),
        max_size=20,
    )
)
def test_every_number_comes_back_as_it_was_said(readings: list[tuple[int, float]]) -> None:
    rows = [["pir", ms, value] for ms, value in readings]
    heard = say(*rows, kind=Kind.TEMPERATURE)
    said = [(float(value), ms * 1000) for ms, value in readings]
    assert [(value, time_us) for _, value, time_us in heard.rows] == said
