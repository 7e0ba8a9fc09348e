"""The hot path says what the careful one says, whatever it is given."""

from dataclasses import replace
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.homes import FIRST_BOX
from config.kinds import Kind
from config.sensor_table import build_sensor_table
from ingest.decode import Decoded, decode
from ingest.message import Message
from tests.ingest.corpus import RECEIVED_US
from tests.make import enrolment

MADE = enrolment(2, kinds=[(Kind.MOTION, "hall"), (Kind.TEMPERATURE, ""), (Kind.SMOKE, "")])
REPLACED = replace(
    MADE.gateways[1], box=FIRST_BOX + 1, old_boxes=(("gate-000007", 2),), first_id="gate-000007"
)
"""A box that took the place of another, which is still heard."""

TABLE = build_sensor_table(MADE.homes, [MADE.gateways[0], REPLACED], MADE.sensors)
MS = RECEIVED_US // 1000

topics = st.sampled_from(
    [
        b"stillwell/v1/fenbridge/gate-000001/native/r",
        b"stillwell/v1/fenbridge/gate-000002/native/r",
        b"stillwell/v1/elsewhere/gate-000001/native/r",
        b"stillwell/v1/fenbridge/gate-000007/native/r",
        b"stillwell/v1/fenbridge/gate-000007/status",
        b"stillwell/v1/fenbridge/gate-000002/status",
        b"stillwell/v1/fenbridge/gate-000009/native/r",
        b"stillwell/v1/fenbridge/gate-000001/native/x",
        b"stillwell/v1/fenbridge/gate-000001/zigbee2mqtt/hall",
    ]
)
rows = st.sampled_from(
    [
        f'["motion-0",{MS},1]',
        f'["temperature-1",{MS},21.5]',
        f'["temperature-1",{MS},-0.0]',
        f'["temperature-1",{MS},true]',
        f'["temperature-1",{MS},null]',
        '["temperature-1",1e3,20]',
        '["temperature-1",-5,20]',
        '["temperature-1",253402300800000,20]',
        f'["smoke-2",{MS},1,"smoke"]',
        f'["smoke-2",{MS},1,"nonsense"]',
        f'["nobody",{MS},1,"smoke"]',
        f'["nobody",{MS},1]',
        f'["motion-0",{MS},1,null,"more"]',
    ]
)
heads = st.sampled_from(
    ['"b":"x","s":7,', '"b":3,"s":8,"oldest":2,', '"s":9,', "", '"b":[],"s":1,']
)
payloads = st.one_of(
    st.builds(
        lambda head, listed: f'{{{head}"r":[{",".join(listed)}]}}'.encode(),
        heads,
        st.lists(rows, max_size=3),
    ),
    st.sampled_from(
        [
            b"",
            b"offline",
            b" ",
            b"\n",
            b'{"r":[["motion-0",1,1]',
            b'["motion-0",2,1]]}',
            b'{"r":[]}\n{"r":[]}',
            b'{"r":[]},{"r":[]}',
            b"\xff",
        ]
    ),
)
messages = st.builds(
    lambda topic, payload, is_retained: Message(
        topic, payload, RECEIVED_US, 1, 1, is_retained=is_retained
    ),
    topics,
    payloads,
    st.booleans(),
)


def plain(decoded: Decoded) -> object:
    batch = decoded.batch
    columns = (batch.sensor, batch.time.astype(int), batch.value, batch.received.astype(int))
    listed = [column.tolist() for column in columns]
    rest = (decoded.rejects, decoded.strays, decoded.sequences, decoded.quiet)
    return repr((listed, *(tuple(each) if isinstance(each, list) else each for each in rest)))


@settings(max_examples=300, deadline=None)
@given(st.lists(messages, max_size=8))
@example([Message(b"stillwell/v1/fenbridge/gate-000001/native/r", b"\n", RECEIVED_US)])
def test_the_hot_path_says_what_the_careful_one_says(chunk: list[Message]) -> None:
    found = plain(decode(chunk, TABLE))
    with patch("ingest.decode.quick", lambda given, _: [None] * len(given)):
        assert plain(decode(chunk, TABLE)) == found
