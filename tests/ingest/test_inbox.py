import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.inbox import MAX_BYTES, MAX_MESSAGES, Inbox
from ingest.message import Message


def message(packet_id: int, payload: bytes = b"x", *, is_duplicate: bool = False) -> Message:
    return Message(b"a/b", payload, 1, packet_id, int(packet_id > 0), is_duplicate=is_duplicate)


@given(st.lists(st.builds(message, st.integers(0, 5), st.binary(max_size=2))))
def test_what_is_no_copy_comes_out_once_and_in_order(sent: list[Message]) -> None:
    inbox = Inbox()
    assert inbox.put(sent) == 0
    assert inbox.take() == sent
    assert inbox.take() == []


def test_a_copy_is_dropped_while_its_message_is_in_hand_and_after() -> None:
    inbox = Inbox()
    copy = message(7, is_duplicate=True)
    assert inbox.put([message(7), copy]) == 1
    assert inbox.take() == [message(7)]
    assert inbox.put([copy]) == 1
    assert inbox.take() == []


def test_the_first_sight_of_a_redelivered_message_is_kept() -> None:
    inbox = Inbox()
    assert inbox.put([message(7, is_duplicate=True)]) == 0
    assert inbox.take() == [message(7, is_duplicate=True)]


def test_a_stranger_under_a_used_packet_id_is_kept() -> None:
    inbox = Inbox()
    stranger, same_words = message(7, b"y", is_duplicate=True), message(7, b"y")
    assert inbox.put([message(7), stranger, same_words]) == 0
    assert len(inbox.take()) == 3


def test_qos_0_has_no_copies() -> None:
    inbox = Inbox()
    assert inbox.put([message(0, is_duplicate=True)] * 3) == 0
    assert len(inbox.take()) == 3


@pytest.mark.parametrize("filling", [[message(0)] * MAX_MESSAGES, [message(0, bytes(MAX_BYTES))]])
def test_it_is_full_by_count_and_by_bytes_and_empty_again(filling: list[Message]) -> None:
    inbox = Inbox()
    was_full = []
    for step in (filling[:-1], filling[-1:]):
        inbox.put(step)
        was_full.append(inbox.is_full)
    inbox.take()
    assert [*was_full, inbox.is_full] == [False, True, False]
