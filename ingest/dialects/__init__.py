"""One small file per payload family, and the table of them."""

from collections.abc import Mapping
from typing import Final

from ingest.dialects import (
    chirpstack,
    native,
    senml,
    shelly,
    status,
    tasmota,
    theengs,
    tts,
    zigbee2mqtt,
)
from ingest.dialects.dialect import Dialect

DIALECTS: Final[Mapping[str, Dialect]] = {
    "native": native.decode,
    "zigbee2mqtt": zigbee2mqtt.decode,
    "chirpstack": chirpstack.decode,
    "senml": senml.decode,
    "tts": tts.decode,
    "shelly": shelly.decode,
    "tasmota": tasmota.decode,
    "theengs": theengs.decode,
    "status": status.decode,
}
"""By the topic level that names them."""
