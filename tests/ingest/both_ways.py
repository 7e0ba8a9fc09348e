"""What columns and the careful path make of the same messages, told for comparing."""

from collections.abc import Sequence
from unittest.mock import patch

from config.sensor_table import SensorTable
from ingest.decode import Decoded, decode
from ingest.message import Message
from ingest.tracks import Sequenced


def one_by_one(sequences: Sequence[Sequenced]) -> list[Sequenced]:
    """Return each number by itself, by gateway; the order between gateways says nothing."""
    each = [
        Sequenced(one.gateway, one.boot, one.sequence + number, one.oldest)
        for one in sequences
        for number in range(one.more + 1)
    ]
    return sorted(each, key=lambda one: one.gateway)


def said(decoded: Decoded) -> str:
    """Return all that was decoded, told so that equal texts are equal findings."""
    batch = decoded.batch
    columns = (batch.sensor, batch.time.astype(int), batch.value, batch.received.astype(int))
    listed = [(column.dtype, column.tolist()) for column in columns]
    return repr(
        (
            listed,
            tuple(decoded.rejects),
            tuple(decoded.strays),
            one_by_one(decoded.sequences),
            decoded.quiet,
        )
    )


def carefully(chunk: Sequence[Message], table: SensorTable) -> Decoded:
    """Return what the careful path makes of these messages."""
    with patch("ingest.decode.quick", lambda given, _: [None] * len(given)):
        return decode(list(chunk), table)
