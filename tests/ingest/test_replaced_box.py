"""While a box is replaced both are heard, each by its own count; then the old one is a stranger."""

from dataclasses import replace

import pytest

from config.homes import FIRST_BOX
from config.kinds import Kind
from config.sensor_table import SensorTable, build_sensor_table
from ingest import messages
from ingest.decode import Decoded, decode
from ingest.message import Message, Reason
from ingest.positions import Positions
from tests.ingest.corpus import RECEIVED_US
from tests.make import enrolment

OLD, NEW = "gate-000001", "gate-new-00001"
MADE = enrolment(1, kinds=[(Kind.MOTION, "hall"), (Kind.SMOKE, "")])
MS = RECEIVED_US // 1000
BOX = FIRST_BOX + 1


def table(*, is_old_heard: bool) -> SensorTable:
    gateway = replace(
        MADE.gateways[0],
        id=NEW,
        box=BOX,
        old_boxes=((OLD, 1),) if is_old_heard else (),
        first_id=OLD,
    )
    return build_sensor_table(MADE.homes, [gateway], MADE.sensors)


def said(box: str, rest: str, payload: bytes) -> Message:
    return Message(f"stillwell/v1/fenbridge/{box}/{rest}".encode(), payload, RECEIVED_US, 1, 1)


def moved(box: str, sequence: int, boot: str = "1") -> Message:
    payload = b'{"b":"%s","s":%d,"r":[["motion-0",%d,1]]}' % (boot.encode(), sequence, MS)
    return said(box, "native/r", payload)


def both_ways(chunk: list[Message], of: SensorTable) -> list[Decoded]:
    """Return what becomes of them one by one, and as columns."""
    return [decode(chunk, of), decode(messages.of(chunk * 64), of)]


def test_readings_of_either_box_are_those_of_the_same_sensor() -> None:
    for decoded in both_ways([moved(OLD, 1), moved(NEW, 1)], table(is_old_heard=True)):
        assert set(decoded.batch.sensor.tolist()) == {2}
        assert not decoded.rejects


def test_what_two_boxes_number_alike_stays_apart_and_each_gets_its_own_receipt() -> None:
    """A new box that counts its boots from 1 must not be told that the old one's are settled."""
    of = table(is_old_heard=True)
    positions = Positions()
    old = [moved(OLD, n) for n in range(1, 6)]
    for chunk in (old, [moved(NEW, 1)]):
        positions.adopt(positions.moved(decode(chunk, of).sequences))
    receipts = positions.take_due()
    assert [(of.box_id(one.gateway), one.boot, one.settled) for one in receipts] == [
        (OLD, "1", 5),
        (NEW, "1", 1),
    ]


def test_the_last_will_of_the_old_box_says_nothing_of_the_new_one() -> None:
    of = table(is_old_heard=True)
    old, new = (decode([said(box, "status", b"offline")], of) for box in (OLD, NEW))
    assert len(old.batch) == 0
    assert not old.rejects
    assert new.batch.value.tolist() == [0.0]


def test_after_the_overlap_the_old_box_is_a_stranger_and_is_counted() -> None:
    of = table(is_old_heard=False)
    for decoded in both_ways([moved(OLD, 1)], of):
        assert len(decoded.batch) == 0
        assert {one.reason for one in decoded.rejects} == {Reason.UNKNOWN_GATEWAY}
        assert not decoded.sequences
    (still,) = decode([moved(NEW, 1)], of).batch.sensor.tolist()
    assert still == 2


@pytest.mark.parametrize("is_old_heard", [True, False])
def test_a_call_for_help_by_the_old_box_is_never_silent(*, is_old_heard: bool) -> None:
    payload = b'{"r":[["smoke-1",%d,1,"smoke"]]}' % MS
    decoded = decode([said(OLD, "native/r", payload)], table(is_old_heard=is_old_heard))
    assert len(decoded.batch) + len(decoded.strays) == 1
