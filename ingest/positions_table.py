"""The gateways' positions in the journal's file, committed with the readings they speak of."""

import sqlite3
from collections.abc import Iterable
from typing import Final

import msgspec

from ingest.positions import Key, Moved
from ingest.tracks import Track

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS positions (
  gateway INTEGER NOT NULL, boot TEXT NOT NULL, track TEXT NOT NULL,
  PRIMARY KEY (gateway, boot));
"""

_TRACK: Final = msgspec.json.Decoder(Track)
_ENCODER: Final = msgspec.json.Encoder()


def write(connection: sqlite3.Connection, moved: Moved) -> None:
    """Write what a chunk changes, inside the caller's transaction."""
    if moved.forgotten:
        connection.executemany(
            "DELETE FROM positions WHERE gateway = ? AND boot = ?", moved.forgotten
        )
    connection.executemany(
        "INSERT INTO positions VALUES (?, ?, ?)"
        " ON CONFLICT (gateway, boot) DO UPDATE SET track = excluded.track",
        [(*key, _ENCODER.encode(track).decode()) for key, track in moved.tracks.items()],
    )


SELECT: Final = "SELECT gateway, boot, track FROM positions ORDER BY rowid"
"""Every track, the boot heard first before those heard later."""


def tracks(rows: Iterable[tuple[int, str, str]]) -> dict[Key, Track]:
    """Return the tracks of these rows; one that is garbled is left out.

    Its gateway then sends again what it had no receipt for.
    """
    found = {}
    for gateway, boot, text in rows:
        try:
            found[gateway, boot] = _TRACK.decode(text)
        except msgspec.MsgspecError:
            continue
    return found
