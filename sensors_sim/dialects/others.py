"""Things Stack, Shelly, Tasmota and Theengs: a message for each report of a device.

Each writes what ``ingest`` has learnt to read of it, so that one can be held against the other;
simulated homes use the hubs that councils have, and no home of theirs has these.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim.deliveries import Deliveries
from sensors_sim.dialects import chirpstack
from sensors_sim.dialects.dialect import (
    Dialect,
    Outgoing,
    Roster,
    Writer,
    Writers,
    by_frame,
    dbm,
    measured,
    texts,
    worded,
)

TTS: Final = "tts"
SHELLY: Final = "shelly"
TASMOTA: Final = "tasmota"
THEENGS: Final = "theengs"


def _inside(key: str, writer: Writer) -> Writer:
    return lambda value: [f'"{key}":{{{text}}}' for text in writer(value)]


def _rssi(value: NDArray[np.float64]) -> list[str]:
    return [f'"rssi":{each}' for each in dbm(value)]


def _reception(value: NDArray[np.float64]) -> list[str]:
    return [f'"rx_metadata":[{{"rssi":{each}}}]' for each in dbm(value)]


_TTS: Final[Writers] = {
    **{
        kind: _inside("decoded_payload", writer)
        for kind, writer in chirpstack.WRITERS.items()
        if kind is not Kind.SIGNAL
    },
    Kind.SIGNAL: _reception,
}
_SHELLY: Final[Writers] = {
    Kind.TEMPERATURE: _inside("temperature:0", measured("tC")),
    Kind.HUMIDITY: _inside("humidity:0", measured("rh")),
    Kind.ILLUMINANCE: _inside("illuminance:0", measured("lux")),
    Kind.BATTERY: _inside("devicepower:0", _inside("battery", measured("percent"))),
    Kind.SMOKE: _inside("smoke:0", worded("alarm", "false", "true")),
    Kind.FLOOD: _inside("flood:0", worded("alarm", "false", "true")),
    Kind.MOTION: _inside("presence:0", worded("presence", "false", "true")),
    Kind.POWER: _inside("switch:0", measured("apower")),
    Kind.SIGNAL: _inside("wifi", _rssi),
}
_TASMOTA: Final[Writers] = {
    Kind.TEMPERATURE: _inside("DS18B20", measured("Temperature")),
    Kind.HUMIDITY: _inside("AM2301", measured("Humidity")),
    Kind.ILLUMINANCE: _inside("BH1750", measured("Illuminance")),
    Kind.POWER: _inside("ENERGY", measured("Power")),
    Kind.SIGNAL: _inside("Wifi", measured("RSSI")),
    Kind.BATTERY: _inside("Cell", measured("Battery")),
    Kind.MOTION: _inside("Pir", worded("Occupancy", "0", "1")),
    Kind.CONTACT: _inside("Door", worded("Contact", "0", "1")),
    Kind.FLOOD: _inside("Leak", worded("Water", "0", "1")),
    Kind.SMOKE: _inside("Alarm", worded("Fire", "0", "1")),
    Kind.CARBON_MONOXIDE: _inside("Gas", worded("CO", "0", "1")),
}
_THEENGS: Final[Writers] = {
    Kind.TEMPERATURE: measured("tempc"),
    Kind.HUMIDITY: measured("hum"),
    Kind.ILLUMINANCE: measured("lux"),
    Kind.BATTERY: measured("batt"),
    Kind.POWER: measured("power"),
    Kind.SIGNAL: _rssi,
    Kind.MOTION: worded("motion", "false", "true"),
    Kind.CONTACT: worded("open", "false", "true"),
    Kind.SMOKE: worded("smoke", "false", "true"),
    Kind.CARBON_MONOXIDE: worded("carbon_monoxide", "false", "true"),
    Kind.FLOOD: worded("water_leak", "false", "true"),
}


class _Form(NamedTuple):
    """How a dialect says one value: topic below it by address, payload by text and moment."""

    writers: Writers
    topic: str
    payload: Callable[[str, int], str]


def _tts(text: str, ms: int) -> str:
    at = np.datetime_as_string(np.datetime64(ms, "ms"), unit="ms")
    return f'{{"uplink_message":{{"f_port":85,"received_at":"{at}Z",{text}}}}}'


def _shelly(text: str, ms: int) -> str:
    ts = f"{ms // 1000}.{ms % 1000:03d}"
    return f'{{"method":"NotifyStatus","params":{{"ts":{ts},{text}}}}}'


def _tasmota(text: str, ms: int) -> str:
    at = np.datetime_as_string(np.datetime64(ms, "ms"), unit="ms")
    return f'{{"Time":"{at}+00:00",{text},"TempUnit":"C"}}'


_FORMS: Final = {
    TTS: _Form(_TTS, "v3/homes@ttn/devices/{}/up", _tts),
    SHELLY: _Form(_SHELLY, "{}/events/rpc", _shelly),
    TASMOTA: _Form(_TASMOTA, "tele/{}/SENSOR", _tasmota),
    THEENGS: _Form(_THEENGS, "BTtoMQTT/{}", lambda text, _: f"{{{text}}}"),
}
WRITERS: Final = {name: form.writers for name, form in _FORMS.items()}
"""Every kind that each can carry."""


def _encoder(name: str) -> Dialect:
    form = _FORMS[name]

    def encode(said: Deliveries, roster: Roster, _gather_us: int, /) -> list[Outgoing]:
        said, _ = by_frame(said, roster)
        text = texts(roster.kind[said.sensor], said.value, form.writers)
        made = []
        for i, sensor in enumerate(said.sensor.tolist()):
            gateway = int(roster.gateway[sensor])
            topic = f"{roster.prefix[gateway]}/{name}/{form.topic.format(roster.address[sensor])}"
            payload = form.payload(text[i], int(said.time_us[i]) // 1000).encode()
            made.append(Outgoing(gateway, topic, payload, int(said.sent_us[i])))
        return made

    return encode


ENCODERS: Final = {name: _encoder(name) for name in _FORMS}
"""By the topic level that names them."""
