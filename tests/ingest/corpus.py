"""The payloads of the evaluation data, put under a topic of ours; and a home that knows them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from config.homes import Gateway, Sensor
from config.kinds import Kind
from config.sensor_table import SensorTable, build_sensor_table
from ingest.message import Message
from tests.make import home

PLACE: Final = "fenbridge"
GATEWAY: Final = "gate-000001"
PREFIX: Final = f"stillwell/v1/{PLACE}/{GATEWAY}"
RECEIVED_US: Final = 1_780_000_000_000_000
"""2026-05-28T20:26:40Z."""

DIALECT_OF: Final[Mapping[str, str]] = {
    "zigbee2mqtt": "zigbee2mqtt",
    "chirpstack_v4": "chirpstack",
    "lorawan_milesight_decoded": "chirpstack",
    "senml": "senml",
    "ble_theengs": "theengs",
    "shelly_gen2": "shelly",
    "tasmota": "tasmota",
    "tts_v3": "tts",
}
"""Families whose every payload is held; Milesight's frames come inside a ChirpStack uplink."""

ALL_KINDS: Final = tuple(
    kind for kind in Kind if kind not in (Kind.GATEWAY_STATUS, Kind.BED, Kind.CHAIR)
)


@dataclass(frozen=True, slots=True)
class Payload:
    """One line of the corpus; ``rest`` is its topic below our dialect level."""

    file: str
    line: int
    short_hash: str
    family: str
    dialect: str
    rest: str
    said: Any

    def message(self) -> Message:
        """Return it as received."""
        topic = f"{PREFIX}/{self.dialect}/{self.rest}".encode()
        return Message(topic, json.dumps(self.said).encode(), RECEIVED_US, 1, 1)


def read_corpus(folder: Path) -> Iterator[Payload]:
    """Yield every payload of the corpus, in the order of files and lines."""
    for path in sorted((folder / "payloads").glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            row = json.loads(line)
            family, said = row["family"], row["payload"]
            topic = row["topic"] or "no/topic"
            if family == "zigbee2mqtt":
                topic = topic.partition("/")[2]
            elif family == "lorawan_milesight_decoded":
                topic = f"application/1/device/24e124{number:010x}/event/up"
                said = {"object": said}
            elif family == "ble_theengs":
                address = said.get("mac", f"{number:012X}").replace(":", "")
                topic = f"home/TheengsGateway/BTtoMQTT/{address}"
            yield Payload(
                path.stem,
                number,
                sha256(line).hexdigest()[:8],
                family,
                DIALECT_OF.get(family, f"not-{family}"),
                topic,
                said,
            )


def table_of(
    devices: Sequence[tuple[str, str, Sequence[Kind], str]], *, of: str = PLACE
) -> SensorTable:
    """Return a home whose one gateway knows these (dialect, address, kinds, model)."""
    sensors = [Sensor(0, "sens-000000", 1, 1, "status", "", Kind.GATEWAY_STATUS)]
    for dialect, address, kinds, model in devices:
        for kind in kinds:
            number = len(sensors)
            sensors.append(
                Sensor(
                    number,
                    f"sens-{number:06d}",
                    1,
                    1,
                    dialect,
                    address,
                    kind,
                    model=model,
                )
            )
    return build_sensor_table([home(1, place=of)], [Gateway(1, GATEWAY, of, 1)], sensors)
