"""PUBLISH packets of a stream, found all at once instead of one behind the other.

A stream tells where a packet ends only at its beginning, so cutting it is a loop by nature. But the
topics of ours are shorter than 256 bytes: the first of the two bytes that say how long one is, is
zero, and readings hold no other zero. Each zero is thus taken for the beginning of a packet, and
counts as one only if the packet before it ends exactly there. Where that is not so the rest
is left to the loop (``ingest.packets``), which knows every packet and says what is wrong with one.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.messages import Messages

_PUBLISH: Final = 3
_FLAGS: Final = 0x0F
_MORE: Final = 0x80  # a byte of a length that another one follows
_QOS: Final = 0x06
_QOS_1: Final = 0x02


def take_publishes(
    data: bytes, at: int, received_us: int, most_bytes: int, *, is_v5: bool
) -> tuple[Messages, int]:
    """Return the plain PUBLISHes that follow one another from ``at`` on, and where they end.

    Plain are QoS 0 and 1, with a packet id that is not 0, and at most ``most_bytes`` behind a
    length of one or two bytes.
    """
    octets = np.frombuffer(data, np.uint8)
    start, body = _beginnings(octets, at)
    first = octets[start]
    length = octets[start + 1].astype(np.int64)
    is_long = body - start == 3
    length[is_long] += (octets[start[is_long] + 2].astype(np.int64) << 7) - _MORE
    stop = body + length
    topic_stop = body + 2 + octets[body + 1]
    is_qos_1 = first & _QOS == _QOS_1
    payload_at = topic_stop + 2 * is_qos_1
    is_fine = (
        (length <= most_bytes) & (length >= 2) & (stop <= len(data)) & (first & _QOS <= _QOS_1)
    )
    if is_v5:
        properties = octets[np.minimum(payload_at, len(data) - 1)].astype(np.int64)
        is_fine &= (payload_at < stop) & (properties < _MORE)
        payload_at = payload_at + 1 + properties
    is_fine &= payload_at <= stop
    id_at = np.minimum(topic_stop, len(data) - 2)
    packet_id = octets[id_at].astype(np.uint64) << np.uint64(8) | octets[id_at + 1]
    packet_id *= is_qos_1
    is_fine &= (packet_id != 0) | ~is_qos_1
    if len(start):
        is_fine[0] &= start[0] == at
        is_fine[1:] &= start[1:] == stop[:-1]
    count = len(start) if is_fine.all() else int(np.argmin(is_fine))
    found = slice(0, count)
    return Messages(
        data,
        body[found] + 2,
        topic_stop[found],
        payload_at[found],
        stop[found],
        packet_id[found],
        first[found] & np.uint8(_FLAGS),
        np.full(count, received_us, np.int64),
    ), int(stop[count - 1]) if count else at


def _beginnings(octets: NDArray[np.uint8], at: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where packets may begin, and where their topics' lengths do."""
    zero = np.flatnonzero(octets[at + 2 : len(octets) - 1] == 0) + at + 2
    before, further = octets[zero - 1], octets[zero - 2]
    is_short = further >> 4 == _PUBLISH
    is_long = (further >= _MORE) & (octets[zero - 3] >> 4 == _PUBLISH)
    is_begun = (is_short | is_long) & (before < _MORE)
    body, is_long = zero[is_begun], is_long[is_begun]
    return body - 2 - is_long, body
