"""Birth and last will: whether a gateway, or a device behind it, can be reached.

``.../status`` carries ``online`` or ``offline``, as bare text, as a JSON string, or as
``{"state": "online"}``; Zigbee2MQTT writes the same words to ``bridge/state`` and
``{name}/availability`` (text before 2.0, JSON since).
"""

from collections.abc import Sequence
from typing import Final

from config.kinds import Kind
from ingest.dialects.dialect import ModelOf, Observation, Part, Undecodable
from ingest.dialects.document import read_document
from ingest.message import Reason

_WORDS: Final = {b"online": 1.0, b"offline": 0.0}
_STATES: Final = {"online": 1.0, "offline": 0.0}


def state_of(payload: bytes) -> float:
    """Return 1.0 for online, 0.0 for offline; Undecodable for anything else."""
    known = _WORDS.get(payload)
    if known is not None:
        return known
    try:
        said = read_document(payload)
    except Undecodable as error:
        raise Undecodable(_reason(error), "expected online or offline") from None
    if isinstance(said, dict):
        said = said.get("state")
    state = _STATES.get(said) if isinstance(said, str) else None
    if state is None:
        raise Undecodable(Reason.WRONG_SHAPE, "expected online or offline")
    return state


def _reason(error: Undecodable) -> Reason:
    # The bare words are not JSON either.
    return Reason.WRONG_SHAPE if error.reason is Reason.NOT_JSON else error.reason


def decode(_rest: str, payload: bytes, _received_us: int, _model_of: ModelOf) -> Sequence[Part]:
    """Return the gateway's own status, at the time of receipt."""
    return (Observation("", Kind.GATEWAY_STATUS, state_of(payload)),)
