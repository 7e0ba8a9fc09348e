"""The number that a device has from its maker: by it one device is known in whatever home (pure).

Names such as "Living room/motion" are a household's own and may be the same next door; an EUI-64
or a MAC address is of one device in the world, which stands in one home at a time.
"""

import re
from typing import Final

DIALECTS: Final = ("zigbee2mqtt", "chirpstack", "tts", "shelly", "theengs", "senml")
"""Whose addresses may hold such a number."""

_EUI64: Final = re.compile(r"(?<![0-9a-f])(?:0x)?([0-9a-f]{16})(?![0-9a-f])", re.ASCII)
_MAC: Final = re.compile(r"(?<![0-9a-f])([0-9a-f]{12})(?![0-9a-f])", re.ASCII)
_PATTERNS: Final = {
    "zigbee2mqtt": _EUI64,
    "chirpstack": _EUI64,
    "tts": _EUI64,
    "shelly": _MAC,
    "theengs": _MAC,
    "senml": _EUI64,
}


def hardware_of(dialect: str, address: str) -> str:
    """Return the maker's number in this address, in lower case without 0x; empty without one."""
    pattern = _PATTERNS.get(dialect)
    found = None if pattern is None else pattern.search(address.lower())
    if found is None or len(set(found[1])) == 1:  # 000... and fff... are of no device
        return ""
    return found[1]
