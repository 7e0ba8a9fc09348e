"""One small file per payload family that ``ingest`` decodes, and what each can carry."""

from collections.abc import Mapping
from typing import Final

from config.kinds import Kind
from sensors_sim.dialects import chirpstack, others, senml, zigbee2mqtt
from sensors_sim.dialects.dialect import CHIRPSTACK, NATIVE, SENML, ZIGBEE

CARRIED: Final[Mapping[str, frozenset[Kind]]] = {
    NATIVE: frozenset(Kind) - {Kind.GATEWAY_STATUS, Kind.AVAILABILITY},
    ZIGBEE: frozenset(zigbee2mqtt.WRITERS),
    CHIRPSTACK: frozenset(chirpstack.WRITERS),
    SENML: frozenset(senml.WRITERS),
    **{name: frozenset(writers) for name, writers in others.WRITERS.items()},
}
"""Kinds of readings by the dialect; what a gateway says of itself is a dialect of its own."""
