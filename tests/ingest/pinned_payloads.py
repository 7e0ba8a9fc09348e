"""What payloads of the corpus say, read by hand in the vendors' documentation.

A pin names its payload by file, line and the first 8 digits of the line's SHA-256; the payload
itself stays where it is. Values: Zigbee2MQTT "Exposes" (link quality is 0..255; ``contact``
is true when closed; ``illuminance_lux`` is the lux where there are both), "Device
availability" and "MQTT" (``last_seen``); ChirpStack "Event types"; Milesight's decoders and
their READMEs; RFC 8428 section 4. Signal is 100 * linkquality / 255, or 2 * (rssi + 100)
within 0..100. Theengs Decoder's properties (``open`` is true when open; a blind's ``open`` is
percent); Tasmota's documents, from which its payloads are (``Power`` of a bridged Zigbee device is
its switch, ``ANALOG`` its own pin); Dragino's decoders, under The Things Stack.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from config.kinds import Kind
from ingest.message import Reason

K = Kind


class Pin(NamedTuple):
    """``says``: (kind, value) at ``time`` (ISO 8601, None for the time of receipt).

    ``earlier``: what else it says, at other times. ``refused`` is the reason of its dead
    letter, None when it is none.
    """

    file: str
    line: int
    short_hash: str
    says: Sequence[tuple[K, float]] = ()
    time: str | None = None
    earlier: Sequence[tuple[K, float, str]] = ()
    refused: Reason | None = None


def _lqi(quality: int) -> tuple[K, float]:
    return K.SIGNAL, 100 * quality / 255


_B100: Final = (K.BATTERY, 100.0)
_WARM: Final = (K.TEMPERATURE, 28.0), (K.HUMIDITY, 54.5)
_AM300: Final = (K.TEMPERATURE, 23.8), (K.HUMIDITY, 62.0), (K.MOTION, 1.0)
_LOGS: Final = "real_logs"
_Z2M: Final = "zigbee2mqtt_tests"
_CS: Final = "chirpstack_events"
_MS: Final = "milesight_lorawan"
_BLE: Final = "theengs_ble"
_TAS: Final = "tasmota_docs"

READINGS: Final[Sequence[Pin]] = (
    # Real Zigbee2MQTT logs. device_temperature (21, 23) is the chip's, so no reading.
    Pin(_LOGS, 1, "39f60d24", ((K.FLOOD, 1), _B100, _lqi(73)), "2024-01-10T18:42:48Z"),
    Pin(_LOGS, 2, "564f90db", (_B100, _lqi(70)), "2024-01-10T18:16:06Z"),
    Pin(
        _LOGS,
        3,
        "b938cfeb",
        ((K.TEMPERATURE, 20.76), (K.HUMIDITY, 76.55), (K.BATTERY, 83), _lqi(99)),
        "2024-01-09T23:17:18Z",
    ),
    Pin(_LOGS, 4, "2c953f50", (_B100, _lqi(76)), "2024-01-09T22:21:25Z"),
    # contact false: the window is open.
    Pin(_LOGS, 5, "c0bd0d77", ((K.CONTACT, 1), _B100, _lqi(42)), "2024-01-10T17:42:21Z"),
    Pin(
        _LOGS,
        6,
        "a7c705f0",
        ((K.MOTION, 1), (K.ILLUMINANCE, 21), _B100, _lqi(86)),
        "2024-01-09T23:22:22Z",
    ),
    # illuminance 21336 is the raw cluster value, illuminance_lux 136 the lux.
    Pin(_LOGS, 7, "addefe9f", ((K.ILLUMINANCE, 136), _B100, _lqi(65)), "2024-01-09T15:19:47Z"),
    # 2018: no battery, no link quality, no last_seen.
    Pin(_LOGS, 8, "73e572f6", ((K.MOTION, 1), (K.ILLUMINANCE, 122))),
    Pin(_LOGS, 9, "45069246", ((K.MOTION, 1), (K.ILLUMINANCE, 112))),
    Pin(_LOGS, 10, "07fb4387", ((K.MOTION, 1), (K.ILLUMINANCE, 155))),
    # Four repeats of an unchanged occupancy: the value, each time 0, never a movement.
    Pin(_LOGS, 11, "010239e6", ((K.MOTION, 0), (K.ILLUMINANCE, 0), _B100, _lqi(18))),
    Pin(_LOGS, 12, "cd8f4e53", ((K.MOTION, 0), (K.ILLUMINANCE, 0), _B100, _lqi(12))),
    Pin(_LOGS, 13, "baa4302d", ((K.MOTION, 0), (K.ILLUMINANCE, 0), _B100, _lqi(0))),
    Pin(_LOGS, 14, "c2615253", ((K.MOTION, 0), (K.ILLUMINANCE, 0), _B100, _lqi(6))),
    Pin(
        _LOGS,
        15,
        "925f35ef",
        ((K.MOTION, 1), (K.TEMPERATURE, 11.67), (K.ILLUMINANCE, 7580), _B100, _lqi(123)),
    ),
    # A battery of 81.5 %.
    Pin(
        _LOGS,
        16,
        "58d3af2a",
        (
            (K.MOTION, 0),
            (K.TEMPERATURE, 13.7),
            (K.ILLUMINANCE, 287),
            (K.BATTERY, 81.5),
            _lqi(87),
        ),
    ),
    Pin(_LOGS, 17, "1ff12f07", ((K.MOTION, 1), (K.ILLUMINANCE, 3), _lqi(128))),
    # action "single" is a switch, not a call for help.
    Pin(_LOGS, 18, "70035e00", (_B100, _lqi(212))),
    Pin(_LOGS, 19, "7bf7fcce", (_lqi(54),)),
    # A battery as a word.
    Pin(_LOGS, 20, "37ab1475", ((K.TEMPERATURE, 25.9), (K.HUMIDITY, 27), (K.BATTERY, 100))),
    Pin(_LOGS, 21, "57eb044c", (_lqi(5),)),
    # SenML: the unit names the kind, the base name carries over, times are absolute.
    Pin(
        _LOGS,
        38,
        "8fc6d362",
        ((K.TEMPERATURE, 23.5),),
        "2010-06-08T18:01:16.305Z",
        ((K.TEMPERATURE, 23.6, "2010-06-08T18:01:31.305Z"),),
    ),
    Pin(_Z2M, 1, "d72441d9", (_lqi(99),)),
    Pin(_Z2M, 3, "0418f42d", (_lqi(99),)),
    Pin(_Z2M, 5, "aba145e8", (_lqi(87),)),
    Pin(_Z2M, 6, "baa876c1", (_lqi(99),)),
    Pin(_Z2M, 10, "b5eae153", ((K.AVAILABILITY, 1),)),
    Pin(_Z2M, 11, "3ee2b0df", ((K.AVAILABILITY, 1),)),
    Pin(_Z2M, 12, "fa6e3708", ((K.AVAILABILITY, 1),)),
    Pin(_Z2M, 13, "a27e22d7", ((K.AVAILABILITY, 0),)),
    Pin(_Z2M, 16, "0e721b4a", ((K.AVAILABILITY, 1),)),
    Pin(_Z2M, 17, "f8415658", ((K.AVAILABILITY, 0),)),
    Pin(_Z2M, 18, "1ccf6957", ((K.AVAILABILITY, 0),)),
    # Null says nothing.
    Pin(_Z2M, 200, "6317534e", ((K.TEMPERATURE, -0.85),)),
    Pin(_Z2M, 202, "4eca2cdb", (_lqi(99),)),
    Pin(_Z2M, 314, "48fca9c4", (_lqi(10),)),
    # An uplink without a codec still tells the signal: -36 dBm.
    Pin(_CS, 1, "69b81bc8", ((K.SIGNAL, 100),), "2022-07-18T09:34:15.775023Z"),
    Pin(_CS, 2, "bcbc2880", ((K.BATTERY, 88.3),), "2022-07-18T09:35:06.927172Z"),
    Pin(_MS, 1, "ab5417ba", (_B100, *_WARM)),
    Pin(_MS, 2, "bbd99b98", (_B100, *_WARM)),
    Pin(
        _MS,
        3,
        "cd6ad354",
        ((K.BATTERY, 92), (K.TEMPERATURE, 30.8), (K.HUMIDITY, 50.5), (K.ILLUMINANCE, 28)),
    ),
    # light_level 2 is a step, not 2 lux.
    Pin(_MS, 4, "f5ddb896", _AM300),
    Pin(_MS, 5, "2b1640e0", _AM300),
    Pin(
        _MS,
        6,
        "93a60722",
        ((K.BATTERY, 92), (K.TEMPERATURE, 30.8), (K.HUMIDITY, 50.5)),
        None,
        (
            (K.TEMPERATURE, 27.2, "2022-10-12T08:02:38Z"),
            (K.HUMIDITY, 46.5, "2022-10-12T08:02:38Z"),
        ),
    ),
    # NB-IoT: the values lie in a list named data. Not decoded, so it counts as a miss.
    Pin(_MS, 8, "da84c912", (_B100, (K.TEMPERATURE, 26.7))),
    Pin(_MS, 9, "798138ce", (_B100, (K.TEMPERATURE, 28.1), (K.HUMIDITY, 57.5))),
    Pin(_MS, 10, "5ea41286", (_B100, (K.ILLUMINANCE, 80))),
    Pin(_MS, 11, "4de0476d", (_B100,)),
    Pin(_MS, 12, "07132f9c", (_B100,)),
    Pin(_MS, 13, "92b2629a", (_B100, (K.TEMPERATURE, 28.4), (K.HUMIDITY, 50))),
    # event "testing alarm with normal battery": somebody pressed the test button.
    Pin(_MS, 14, "e1c5d857", (_B100, (K.TEMPERATURE, 28))),
    Pin(_MS, 15, "dac25d57", (_B100, (K.TEMPERATURE, 26.3))),
    Pin(_MS, 16, "1fa4522d", (_B100,)),
    Pin(_MS, 18, "a5bcdbbf", ((K.BATTERY, 98), (K.MOTION, 1))),
    Pin(_MS, 19, "575d399f", ((K.BATTERY, 16), (K.PENDANT, 1))),
    Pin(_MS, 20, "8a855293", (_B100,)),
    Pin(_MS, 21, "b4607537", ((K.BATTERY, 16), (K.MOTION, 1))),
    Pin(_MS, 22, "198e8769", (_B100, (K.CONTACT, 1))),
    Pin(_MS, 26, "1743e36d", ((K.POWER, 7),)),
    Pin(_MS, 27, "21a4499a", ((K.POWER, 1),)),
    # Bluetooth. tempc_max and the probes of a barbecue (tempc2) are no temperature of the room.
    Pin(_BLE, 3, "74f3f1a2", ((K.HUMIDITY, 59.5),)),
    Pin(_BLE, 5, "0c481a69", ((K.TEMPERATURE, 19.6),)),
    Pin(
        _BLE,
        8,
        "921b4cf7",
        ((K.TEMPERATURE, -2.625), (K.HUMIDITY, 63.5), (K.ILLUMINANCE, 350), _B100),
    ),
    Pin(_BLE, 9, "52a7dce6", ((K.TEMPERATURE, 26.62), (K.HUMIDITY, 53.79), (K.BATTERY, 89))),
    Pin(_BLE, 11, "e7c3ccb3", ((K.BATTERY, 65),)),
    Pin(_BLE, 20, "02c4e3fd", ((K.BATTERY, 70),)),
    # The tag's highest values: refused by the screen, not here.
    Pin(_BLE, 25, "d937aa04", ((K.TEMPERATURE, 127.99), (K.HUMIDITY, 127.5))),
    Pin(_BLE, 29, "ba9339b1", ((K.TEMPERATURE, 22.3), (K.HUMIDITY, 75.9), (K.BATTERY, 58))),
    Pin(_BLE, 34, "57fd8059", ((K.TEMPERATURE, 31.79714203), (K.HUMIDITY, 99.49163818))),
    Pin(_BLE, 45, "fe309c80", ((K.CONTACT, 0), _B100)),
    Pin(_BLE, 46, "699c2405", ((K.CONTACT, 1), _B100)),
    Pin(_BLE, 56, "63e0267d", ((K.TEMPERATURE, 25), _B100)),
    Pin(_BLE, 90, "fbc8546b", ((K.TEMPERATURE, 26.3), (K.HUMIDITY, 17), (K.BATTERY, 98))),
    # A blind that is open by 30 percent, and whose motor rests.
    Pin(_BLE, 118, "762c2d22", ((K.BATTERY, 60),)),
    Pin(_BLE, 128, "a35a1452", ((K.CONTACT, 1), (K.ILLUMINANCE, 87), _B100)),
    Pin(_BLE, 129, "b69e197b", ((K.CONTACT, 0), (K.ILLUMINANCE, 673), _B100)),
    Pin(_BLE, 131, "464dc775", ((K.MOTION, 0), (K.ILLUMINANCE, 36), _B100)),
    Pin(_BLE, 134, "e4d38234", ((K.TEMPERATURE, 25), (K.HUMIDITY, 56), _B100)),
    # A curtain that moves.
    Pin(_BLE, 198, "5ab78f07", ((K.BATTERY, 85),)),
    Pin(_BLE, 206, "0c8fd67b", ((K.MOTION, 0), (K.BATTERY, 55))),
    Pin(_BLE, 207, "e6a5569a", ((K.MOTION, 1), (K.BATTERY, 85))),
    Pin(_BLE, 208, "b875938a", ((K.CONTACT, 0), (K.MOTION, 1), (K.BATTERY, 92))),
    # "timeout not closed": left open.
    Pin(_BLE, 209, "ff84bc53", ((K.CONTACT, 1), (K.MOTION, 1), (K.BATTERY, 65))),
    Pin(_BLE, 218, "4045f50d", ((K.MOTION, 1), (K.ILLUMINANCE, 3))),
    Pin(_BLE, 220, "b44a842a", ((K.MOTION, 0),)),
    Pin(_BLE, 253, "55e0c3ed", ((K.MOTION, 1),)),
    Pin(_BLE, 259, "75a4adfb", (_B100,)),
    Pin(_BLE, 275, "00de7e52", ((K.TEMPERATURE, 31.3125), (K.HUMIDITY, 70.75))),
    # Tasmota. Of two thermometers the last named one.
    Pin(_TAS, 1, "f02b5d61", ((K.ILLUMINANCE, 8),)),
    Pin(_TAS, 19, "9265cf44", ((K.TEMPERATURE, 22.3), (K.HUMIDITY, 56.1), (K.ILLUMINANCE, 21))),
    Pin(_TAS, 40, "f63a438b", (_lqi(70),)),
    # A door sensor behind a LoRaWAN bridge; its battery is in volts, its -50 dBm the best.
    Pin(_TAS, 45, "2f969bc5", ((K.CONTACT, 1), (K.SIGNAL, 100))),
    Pin(_TAS, 99, "228465b7", ((K.TEMPERATURE, 20.9),)),
    Pin(_TAS, 137, "dd41df78", (_lqi(153),)),
    Pin(_TAS, 139, "c10d275c", (_lqi(52),)),
    Pin(_TAS, 140, "5d61e166", (_lqi(75),)),
    Pin(_TAS, 150, "cc9b0416", ((K.POWER, 2635),)),
    Pin(_TAS, 151, "947200f2", ((K.POWER, 2629),)),
    # The Things Stack: TempC_DS is a probe outside.
    Pin(_LOGS, 34, "87ccf03a", ((K.SIGNAL, 2),), "2022-08-29T08:54:11.965Z"),
    Pin(
        _LOGS,
        35,
        "0983082b",
        ((K.TEMPERATURE, 14.65), (K.HUMIDITY, 67.6), (K.SIGNAL, 80)),
        "2021-11-11T08:33:34.926Z",
    ),
)
"""Payloads that carry a value of a kind of ours."""

NOTHING: Final[Sequence[Pin]] = (
    Pin(_Z2M, 2, "8fe856b5", refused=Reason.NO_VALUE),
    Pin(_Z2M, 7, "6dd3a619", refused=Reason.NO_VALUE),
    # last_seen 1000 is one second into 1970, but there is nothing to date.
    Pin(_Z2M, 9, "ec14be37", refused=Reason.NO_VALUE),
    Pin(_Z2M, 14, "90767bbd", refused=Reason.NO_VALUE),
    Pin(_Z2M, 49, "69dd6368"),
    Pin(_Z2M, 50, "319639f1", refused=Reason.NO_VALUE),
    Pin(_Z2M, 155, "6cc0d158", refused=Reason.NO_VALUE),
    Pin(_Z2M, 205, "91f94662", refused=Reason.NO_VALUE),
    Pin(_Z2M, 265, "06f6eeeb", refused=Reason.NO_VALUE),
    Pin(_LOGS, 22, "8d317d9e"),
    Pin(_LOGS, 23, "be69d7b0", refused=Reason.NO_VALUE),
    # Volts and amperes.
    Pin(_LOGS, 37, "94389ead", refused=Reason.NO_VALUE),
    # A relay: what it switches, and the temperature inside it.
    Pin(_LOGS, 28, "1a8dd299"),
    Pin(_LOGS, 31, "289aa105"),
    Pin(_LOGS, 32, "bafbc3a4"),
    # Raw steps, a beacon's strength, infrared, a chip, a boiler, a topic without a name.
    Pin(_TAS, 2, "2d40b7d8"),
    Pin(_TAS, 20, "f8b664df"),
    Pin(_TAS, 59, "431c092b"),
    Pin(_TAS, 60, "0efe5808"),
    Pin(_TAS, 65, "3a862731"),
    Pin(_TAS, 120, "bdf0fcb1", refused=Reason.BAD_TOPIC),
    Pin(_BLE, 80, "fe6ff415", refused=Reason.NO_VALUE),
    Pin(_BLE, 99, "f963dc9e", refused=Reason.NO_VALUE),
    Pin(_BLE, 279, "3e4629d2", refused=Reason.NO_VALUE),
    # A family that is not decoded.
    Pin(_LOGS, 24, "bc86534d", refused=Reason.UNKNOWN_DIALECT),
    *(
        Pin(_CS, line, short, refused=Reason.NO_VALUE)
        for line, short in ((3, "dd5ca2a3"), (4, "1f353de4"), (5, "80d93be6"), (6, "83a5e072"))
    ),
    *(
        Pin(_MS, line, short, refused=Reason.NO_VALUE)
        for line, short in ((7, "a697c169"), (17, "7ab21925"), (23, "564a88ac"))
    ),
)
"""Payloads that carry none."""
