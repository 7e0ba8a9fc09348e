"""Which homes cannot be seen, why, and since when."""

from enum import StrEnum
from typing import Final

import numpy as np

from alerts.detect.columns import NEVER, Bools, Bytes, Ints


class Reason(StrEnum):
    """Why a home cannot be seen."""

    NONE = "none"
    SENSOR = "sensor"
    GATEWAY = "gateway"
    OUTAGE = "outage"
    LINK = "link"
    MOVED = "moved"


REASONS: Final = tuple(Reason)
"""Reasons by code; a higher code explains a lower one away."""

_CODE: Final = {reason: code for code, reason in enumerate(REASONS)}


def reasons(
    is_blind: Bools,
    is_gateway_lost: Bools,
    is_outage: Bools,
    is_unsettled: Bools,
    is_known: Bools,
) -> Bytes:
    """Return int8[homes]: why each home cannot be seen; moved > outage > gateway > sensor.

    ``is_unsettled`` is true where nobody has tested the sensors since a home moved, ``is_known``
    false where nobody is to be watched: such a home has no reason.
    """
    code = np.where(is_blind, _CODE[Reason.SENSOR], _CODE[Reason.NONE])
    code = np.where(is_gateway_lost, _CODE[Reason.GATEWAY], code)
    code = np.where(is_gateway_lost & is_outage, _CODE[Reason.OUTAGE], code)
    code = np.where(is_unsettled, _CODE[Reason.MOVED], code)
    return np.where(is_known, code, _CODE[Reason.NONE]).astype(np.int8)


def since(since_us: Ints, reason: Bytes, last_us: Ints) -> Ints:
    """Return, by home, since when it cannot be seen, NEVER where it can.

    A home keeps its first moment while the reason changes. ``last_us`` is when it was last
    heard.
    """
    started = np.where(since_us == NEVER, last_us, since_us)
    return np.where(reason > 0, started, NEVER)
