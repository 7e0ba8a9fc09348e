"""What a gateway announces of itself: devices, and what each can say; never a reading (pure).

A hub calls a device by a name that somebody typed, and a name may be a person's. So a name is kept
only when it says nothing of anybody (``kept_name``); what is not kept can be renamed in the hub.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from config.kinds import Kind

ZIGBEE: Final = "zigbee2mqtt"
"""The dialect of the hubs that announce."""

MOST_DEVICES: Final = 5_000
"""Devices that one gateway may announce."""

MOST_BYTES: Final = 1_000_000
"""Size of one announcement."""

MOST_GONE: Final = 500
"""Devices of a gateway that it announces no more and that are still told; the newest of them."""

LONGEST_TEXT: Final = 80
"""Characters of a model or a vendor that are kept."""

_LONGEST_NAME: Final = 255
_WORDS: Final = re.compile(r"[^\W\d_]+")
_FORM: Final = re.compile(r"(?:[^\W\d_]|(?<!\d)\d{1,2}(?!\d)|[ _/.-])+")
_ROOMS: Final = (
    "back bath bathroom bed bedroom cellar conservatory corridor dining drawing entrance family "
    "first floor front garage garden ground guest hall hallway kitchen landing living loft lounge "
    "main office pantry porch room second shower side sitting spare stair staircase stairs study "
    "toilet upstairs downstairs utility wc "
    "cegin cyntedd gwely ystafell ymolchi lolfa grisiau landin drws ffrynt cefn tŷ bach"
)
_THINGS: Final = (
    "action air alarm away battery button call carbon chair climate co contact cooker cord "
    "cupboard detector device door exit fall fire flood fridge gate heat heater hot hub humidity "
    "illuminance kettle lamp leak light lux mat medication microwave mmwave monitor monoxide "
    "motion movement mains occupancy outlet oven pad panic pendant pill pir plug power "
    "presence pressure pull radar repeater router sensor settee siren smoke socket sofa sos strap "
    "switch tap temperature thermometer thermostat tv vibration warmth washing machine water "
    "window zigbee a an and at b c d e f g h in left n near of on over right s the to under w"
)
_SAFE: Final = frozenset(f"{_ROOMS} {_THINGS}".split())
IEEE: Final = re.compile(r"0x[0-9a-f]{16}")
"""A Zigbee address as it is kept, in small letters (use ``fullmatch``)."""


class Source(StrEnum):
    """Where an announcement stood."""

    BRIDGE = "bridge"
    DISCOVERY = "discovery"


@dataclass(frozen=True, slots=True)
class AnnouncedDevice:
    """One device: its Zigbee address, its name in the hub, and the kinds that it can say.

    ``name`` is what its readings come under; empty where it is not kept.
    """

    ieee: str
    name: str
    model: str = ""
    vendor: str = ""
    kinds: tuple[Kind, ...] = ()


@dataclass(frozen=True, slots=True)
class Announcement:
    """What one message of a gateway (number) announced; ``at_us`` is its receipt.

    ``box`` is the id of the box that said it, empty where nobody knows: one that was replaced
    counts no more.

    That of a bridge is the whole list. Of a discovery it is what is added, and in ``gone``
    (address, kinds) what is taken back.
    """

    gateway: int
    source: Source
    at_us: int
    devices: tuple[AnnouncedDevice, ...] = ()
    gone: tuple[tuple[str, tuple[Kind, ...]], ...] = ()
    box: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A device as it is kept: first announced at ``first_us``, no more since ``gone_us``."""

    device: AnnouncedDevice
    first_us: int
    gone_us: int | None = None


def read_ieee(text: str) -> str:
    """Return a Zigbee address in small letters, empty when this is none."""
    address = text.strip().lower()
    return address if IEEE.fullmatch(address) else ""


def short_text(said: object) -> str:
    """Return a model or a vendor as it is kept: what can be printed, up to 80 characters."""
    text = said if isinstance(said, str) else ""
    return "".join(filter(str.isprintable, text[: 4 * LONGEST_TEXT])).strip()[:LONGEST_TEXT]


def kept_name(name: str, ieee: str, known: Collection[str] = ()) -> str:
    """Return a device's name in the hub where it says nothing of a person, else nothing.

    Kept are its own Zigbee address, names that are ``known`` (enrolled at the gateway, or of a
    kit), and names that are made of words for rooms and things and of numbers below 100.
    """
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable() or set(name) & {"+", "#"}:
        return ""
    if name in known or name.lower() == ieee:
        return name
    words = _WORDS.findall(name.lower())
    is_plain = _FORM.fullmatch(name) is not None
    return name if is_plain and words and _SAFE.issuperset(words) else ""


def named(said: Announcement, known: Collection[str]) -> Announcement:
    """Return the announcement with those names only that are kept."""
    devices = tuple(replace(d, name=kept_name(d.name, d.ieee, known)) for d in said.devices)
    return replace(said, devices=devices)


def follow(before: Iterable[Seen], said: Announcement) -> tuple[list[Seen], int]:
    """Return the devices that are known after an announcement, by address, and how many more.

    More than ``MOST_DEVICES`` are not kept; of those gone the newest ``MOST_GONE`` are.
    """
    seen = {one.device.ieee: one for one in before}
    if said.source is Source.BRIDGE:
        there = {device.ieee for device in said.devices}
        for ieee, one in seen.items():
            if ieee not in there and one.gone_us is None:
                seen[ieee] = replace(one, gone_us=said.at_us)
    room, more = MOST_DEVICES - sum(one.gone_us is None for one in seen.values()), 0
    for device in said.devices:
        old = seen.get(device.ieee)
        is_added = old is None or old.gone_us is not None
        if is_added and room <= 0:
            more += 1
            continue
        room -= is_added
        seen[device.ieee] = _renewed(old, device, said)
    for ieee, kinds in said.gone:
        _take_back(seen, ieee, kinds, said.at_us)
    return _within(seen.values()), more


def _renewed(old: Seen | None, device: AnnouncedDevice, said: Announcement) -> Seen:
    if old is None:
        return Seen(device, said.at_us)
    if said.source is Source.DISCOVERY:  # it tells one quantity of a device at a time
        kinds = device.kinds if old.gone_us is not None else (*old.device.kinds, *device.kinds)
        device = AnnouncedDevice(
            device.ieee,
            device.name or old.device.name,
            device.model or old.device.model,
            device.vendor or old.device.vendor,
            tuple(sorted(set(kinds), key=lambda kind: kind.code)),
        )
    return Seen(device, old.first_us)


def _take_back(seen: dict[str, Seen], ieee: str, kinds: Sequence[Kind], at_us: int) -> None:
    """Take kinds from a device; one with none left is gone, and keeps what it last had."""
    old = seen.get(ieee)
    if old is None or old.gone_us is not None:
        return
    left = tuple(kind for kind in old.device.kinds if kind not in kinds)
    if left:
        seen[ieee] = replace(old, device=replace(old.device, kinds=left))
    else:
        seen[ieee] = replace(old, gone_us=at_us)


def _within(seen: Iterable[Seen]) -> list[Seen]:
    here: list[Seen] = []
    gone: list[tuple[int, Seen]] = []
    for one in seen:
        if one.gone_us is None:
            here.append(one)
        else:
            gone.append((one.gone_us, one))
    gone.sort(key=lambda pair: (-pair[0], pair[1].device.ieee))
    return sorted([*here, *(one for _, one in gone[:MOST_GONE])], key=lambda one: one.device.ieee)
