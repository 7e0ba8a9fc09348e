from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dialects.dialect import Undecodable
from ingest.dialects.numbers import number, percent_of_dbm, truth
from ingest.dialects.times import from_iso, from_ms, from_seconds
from ingest.message import Reason
from ingest.topic import Topic, parse_topic


@given(st.integers(-(2**1000), 2**1000) | st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_is_a_number(value: float) -> None:
    assert number(value) == float(value)


@pytest.mark.parametrize(
    "value", [True, "21.5", None, [], {}, float("nan"), float("-inf"), 10**400]
)
def test_what_is_not_a_finite_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="number"):
        number(value)


def test_there_is_one_zero() -> None:
    assert str(number(-0.0)) == "0.0"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, 1), (False, 0), (1, 1), (0, 0), (1.0, 1), ("ON", 1), (" off ", 0), ("True", 1)],
)
def test_truth_has_few_spellings(value: object, expected: float) -> None:
    assert truth(value) == expected


@pytest.mark.parametrize("value", [2, 0.5, "1", "yes", "", None, [], float("nan")])
def test_other_spellings_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="true or false"):
        truth(value)


@given(st.floats(-200, 50))
def test_signal_stays_within_percent(dbm: float) -> None:
    assert 0 <= percent_of_dbm(dbm) <= 100


@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - the zone is drawn
    st.integers(-23 * 60, 23 * 60),
)
def test_an_iso_time_keeps_its_moment_whatever_its_offset(local: datetime, offset: int) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(minutes=offset)))
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    assert from_iso(moment.isoformat()) == since // timedelta(microseconds=1)


@given(st.integers(-(10**13), 10**14))
def test_milliseconds_and_seconds_agree(ms: int) -> None:
    assert from_ms(ms) == ms * 1000
    assert abs(from_seconds(ms / 1000) - ms * 1000) <= max(1, abs(ms) // 10**12)


@pytest.mark.parametrize("value", [1e20, -1e20, 10**4000, float("nan"), True, "1", None])
def test_what_is_no_moment_is_refused(value: object) -> None:
    with pytest.raises(Undecodable) as caught:
        from_ms(value)
    assert caught.value.reason is Reason.BAD_TIME


@pytest.mark.parametrize("text", ["2026-03-29T01:30", "2026-05-28T25:00Z", "x" * 100, "", 5])
def test_a_time_without_its_offset_is_no_moment(text: object) -> None:
    with pytest.raises(Undecodable):
        from_iso(text)


@pytest.mark.parametrize(
    "topic",
    [
        b"",
        b"/",
        b"stillwell/v1",
        b"stillwell/v1/fenbridge/gate-000001",
        b"stillwell/v1/fenbridge/gate-000001/native",
        b"stillwell/v1/fenbridge/gate-000001/native/",
        b"stillwell/v1//gate-000001/native/r",
        b"stillwell/v1/fenbridge//native/r",
        b"stillwell/v1/fenbridge/gate-000001//r",
        b"stillwell/v1/fenbridge/gate-000001/status/more",
        b"stillwell/v2/fenbridge/gate-000001/native/r",
        b"$SYS/broker/uptime",
        b"$CONTROL/dynamic-security/v1",
        b"stillwell/v1/fenbridge/+/native/r",
        b"stillwell/v1/fenbridge/gate-000001/zigbee2mqtt/#",
        b"stillwell/v1/fenbridge/gate-000001/zigbee2mqtt/a\0b",
        b"stillwell/v1/fenbridge/gate-000001/zigbee2mqtt/\xff\xfe",
    ],
)
def test_topics_that_are_none_of_ours(topic: bytes) -> None:
    assert parse_topic(topic) is None


def test_the_rest_of_a_topic_keeps_its_levels() -> None:
    topic = "stillwell/v1/fenbridge/gate-000001/zigbee2mqtt/Küche/Tür".encode()
    assert parse_topic(topic) == Topic("fenbridge", "gate-000001", "zigbee2mqtt", "Küche/Tür")
    assert parse_topic(b"stillwell/v1/p/g/status") == Topic("p", "g", "status", "")


def test_the_longest_topic_of_mqtt_is_read() -> None:
    topic = b"stillwell/v1/p/g/zigbee2mqtt/" + b"x" * 65_500
    parsed = parse_topic(topic)
    assert parsed is not None
    assert len(parsed.rest) == 65_500
