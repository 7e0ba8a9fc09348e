"""What is read as columns is what the careful path reads, whatever the messages are."""

import json
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest import messages
from ingest.decode import decode
from ingest.known_senders import known_senders
from ingest.message import Message
from ingest.native_columns import read_columns
from ingest.numerals import decimals
from ingest.positions import Positions
from tests.ingest.both_ways import carefully, one_by_one, said
from tests.ingest.corpus import RECEIVED_US
from tests.ingest.test_quick_native import MS, TABLE
from tests.ingest.test_quick_native import messages as odd_messages

TOPIC = b"stillwell/v1/fenbridge/gate-%06d/native/r"

values = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(-1e4, 1e4).map(lambda value: f"{value:.4f}"),
    st.integers(-(10**9), 10**17).map(str),
    st.from_regex(r"-?[0-9]{0,9}(\.[0-9]{0,9})?", fullmatch=True),
    st.sampled_from(
        ["true", "null", '"1"', "1e3", "007", "-0", "1,2", "1],[2", " 1", "[1", "1e999", ""]
    ),
)
times = st.one_of(
    st.integers(MS - 10**6, MS + 10**6),
    st.sampled_from([0, 999_999_999_999, 9_999_999_999_999, 10**13, "1e12", "0123456789012"]),
)
addresses = st.one_of(
    st.sampled_from(["motion-0", "temperature-1", "smoke-2"]),
    st.sampled_from(["", "nobody", "motion-0\\u0000", "a\\\\", "é", "motion-0, ", "x" * 70]),
)
rows = st.builds(
    lambda address, ms, value, more: f'["{address}",{ms},{value}{more}]',
    addresses,
    times,
    values,
    st.sampled_from(["", "", "", ',"motion"', ',null,"x"']),
)
numbers = st.one_of(
    st.integers(1, 30),
    st.sampled_from([0, -1, "01", 99_999_999, 100_000_000, 1 << 53, "null", "1.0"]),
)
boots = st.sampled_from(["x", "x", "yy", "", "a" * 64, "a" * 65, "\\u0041", "é", 'q"', "\x01"])
documents = st.builds(
    lambda oldest, boot, number, listed, cut: (
        f'{{{oldest}"b":"{boot}","s":{number},"r":[{",".join(listed)}]}}'.encode()[:cut]
    ),
    st.one_of(
        st.just(""),
        st.just(""),
        numbers.map(lambda number: f'"oldest":{number},'),
        st.sampled_from(['"oldest" :1,', '"oldest":"1",', '"x":1,']),
    ),
    boots,
    numbers,
    st.lists(rows, max_size=3),
    st.one_of(st.none(), st.none(), st.integers(-3, -1)),
)
shaped = st.builds(
    lambda gateway, payload, is_retained, at: Message(
        TOPIC % gateway, payload, RECEIVED_US + at, 1, 1, is_retained=is_retained
    ),
    st.sampled_from([1, 1, 2, 7, 9]),
    documents,
    st.sampled_from([False, False, False, True]),
    st.integers(0, 5),
)
plain_messages = st.builds(
    lambda gateway, number, value: Message(
        TOPIC % gateway,
        b'{"b":"x","s":%d,"r":[["temperature-1",%d,%.2f]]}' % (number, MS + number, value),
        RECEIVED_US,
        number,
        1,
    ),
    st.sampled_from([1, 2, 7]),
    st.integers(1, 20),
    st.floats(-20, 40),
)
chunks = st.lists(st.one_of(plain_messages, plain_messages, shaped, odd_messages), max_size=12)


@settings(max_examples=600, deadline=None)
@given(chunks, st.integers(0, 12))
@example([Message(TOPIC % 1, b'{"b":"x","s":1,"r":[["motion-0",1,1]]}', 0)] * 3, 1)
def test_columns_say_what_the_careful_path_says(chunk: list[Message], cut: int) -> None:
    columns = messages.joined([messages.of(chunk[:cut]), messages.of(chunk[cut:])])
    with patch("ingest.decode._MANY", 0):
        assert said(decode(columns, TABLE)) == said(carefully(chunk, TABLE))
        # Once more, now that senders, boots and addresses are known.
        assert said(decode(columns, TABLE)) == said(carefully(chunk, TABLE))


@settings(max_examples=200, deadline=None)
@given(chunks)
def test_outboxes_are_settled_as_one_by_one(chunk: list[Message]) -> None:
    with patch("ingest.decode._MANY", 0):
        columns = decode(messages.of(chunk), TABLE)
    together, each = Positions(), Positions()
    for half in (0, 1):
        moved = together.moved(columns.sequences)
        expected = each.moved(carefully(chunk, TABLE).sequences)
        assert dict(moved.tracks) == dict(expected.tracks), half
        assert {*moved.heard} == {*expected.heard}
        together.adopt(moved)
        each.adopt(expected)


@settings(max_examples=500, deadline=None)
@given(st.lists(values, min_size=1, max_size=6))
def test_numbers_are_read_to_the_last_bit_or_not_at_all(texts: list[str]) -> None:
    octets = "|".join(texts).encode()
    lengths = np.array([len(text) for text in texts], np.int64)
    at = np.cumsum(lengths + 1) - lengths - 1
    found, is_fine = decimals(octets, at, at + lengths)
    for text, number, is_number in zip(texts, found.tolist(), is_fine.tolist(), strict=True):
        if is_number:
            assert float(json.loads(text)).hex() == (number or 0.0).hex() or number == 0
            assert type(json.loads(text)) in (int, float)


def test_what_our_own_gateways_write_is_plain() -> None:
    chunk = [
        Message(
            TOPIC % (number % 2 + 1),
            b'{%b"b":"b-%d","s":%d,"r":[["motion-0",%d,1],["temperature-1",%d,%b]]}'
            % (
                b'"oldest":%d,' % (number // 2 + 1) if number % 3 else b"",
                *(number % 2, number // 2 + 1, MS, MS + number),
                str(18 + number / 7).encode(),
            ),
            RECEIVED_US,
        )
        for number in range(100)
    ]
    columns = read_columns(messages.of(chunk), known_senders(TABLE))
    assert columns.is_plain.all()
    assert len(columns.batch) == 200


def test_a_number_one_by_one_is_as_long_as_it_may_be() -> None:
    """A run that an odd message interrupts keeps its order and its neighbours."""
    good = [
        Message(TOPIC % 1, b'{"b":"x","s":%d,"r":[["motion-0",%d,1]]}' % (n, MS + n), RECEIVED_US)
        for n in range(1, 201)
    ]
    odd = Message(TOPIC % 1, b'{"b":"x","s":201,"r":[["smoke-2",1,1,"smoke"]]}', RECEIVED_US)
    chunk = [*good[:90], odd, *good[90:]]
    found = decode(messages.of(chunk), TABLE)
    assert said(found) == said(carefully(chunk, TABLE))
    assert len(found.sequences) == 3


def test_a_flood_of_new_boots_is_read_and_forgotten() -> None:
    known = known_senders(TABLE)
    for turn in range(20):
        chunk = [
            Message(
                TOPIC % 1,
                b'{"b":"%d-%d","s":1,"r":[["motion-0",%d,1]]}' % (turn, n, MS),
                RECEIVED_US,
            )
            for n in range(1000)
        ]
        found = decode(messages.of(chunk), TABLE)
        assert [one.boot for one in found.sequences] == [f"{turn}-{n}" for n in range(1000)]
    assert len(known.boot_names) <= 16_384


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65])
def test_short_chunks_are_read_too(count: int) -> None:
    message = Message(TOPIC % 1, b'{"b":"x","s":1,"r":[["motion-0",%d,1]]}' % MS, RECEIVED_US)
    found = decode(messages.of([message] * count), TABLE)
    assert (len(found.batch), len(one_by_one(found.sequences))) == (count, count)
