"""Messages as columns are the messages they were made of, however they are cut and joined."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.message import Message
from ingest.messages import joined, of
from ingest.names import UNKNOWN, Names
from ingest.octets import MOST_BYTES, spans

made = st.builds(
    Message,
    st.binary(max_size=70),
    st.binary(max_size=70) | st.integers(MOST_BYTES - 1, MOST_BYTES + 9).map(lambda n: b"x" * n),
    st.integers(0, 1 << 60),
    st.integers(0, 65_535),
    st.integers(0, 1),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
listed = st.lists(made, max_size=9)
cut_at = st.lists(st.integers(0, 9), max_size=3)


@settings(deadline=None)
@given(listed, cut_at)
def test_cut_and_joined_they_are_the_same(sent: list[Message], cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]
    columns = joined([of(sent[start:stop]) for start, stop in pairwise(edges)])
    assert columns == sent
    assert sent == columns
    assert [columns[row] for row in range(-len(sent), len(sent))] == sent * 2
    assert columns[1:3] == sent[1:3]
    assert of(columns) is columns
    mask = np.array([message.is_retained for message in sent], np.bool_)
    assert columns.take(mask) == [message for message in sent if message.is_retained]


@settings(deadline=None)
@given(listed, cut_at)
def test_the_same_words_have_the_same_content_wherever_they_lie(
    sent: list[Message], cuts: list[int]
) -> None:
    edges = [0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]
    apart = [of(sent[start:stop]).content for start, stop in pairwise(edges)]
    assert np.concatenate(apart).tolist() == of(sent).content.tolist()
    words = {(message.topic, message.payload) for message in sent}
    assert len({*of(sent).content.tolist()}) == len(words)
    assert 0 not in of(sent).content


def test_a_byte_that_moves_from_topic_to_payload_is_another_message() -> None:
    one, other = Message(b"a/bc", b"d", 0), Message(b"a/b", b"cd", 0)
    first, second = of([one, other]).content.tolist()
    assert first != second


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=20).filter(lambda name: name[-1] != 0), max_size=40))
def test_a_name_is_found_by_every_byte_of_it(names: list[bytes]) -> None:
    known, numbers = Names(3, 8), dict[bytes, int]()
    octets = b"".join(names)
    length = np.array([len(name) for name in names], np.int64)
    rows = spans(octets, np.cumsum(length) - length, length)
    for row, name in enumerate(names):
        if name not in numbers and not known.is_full:
            known.learn(rows[row], row)
            numbers[name] = row
    found = known.find(rows).tolist()
    assert len(numbers) <= 8
    assert found == [numbers.get(name, UNKNOWN) for name in names]
