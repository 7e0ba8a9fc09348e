"""Birth, last will and sign of life of a gateway."""

import msgspec

from config.enrol import STATUS_DIALECT
from sensors_sim.deliveries import Deliveries
from sensors_sim.dialects.dialect import ZIGBEE, Outgoing, Roster


def encode(said: Deliveries, roster: Roster, _gather_us: int, /) -> list[Outgoing]:
    """Return the last that each gateway says of itself."""
    last = dict(
        zip(
            roster.gateway[said.sensor].tolist(),
            zip(said.value.tolist(), said.sent_us.tolist(), strict=True),
            strict=True,
        )
    )
    return [
        _status(roster, gateway, at_us, is_online=value > 0)
        for gateway, (value, at_us) in last.items()
    ]


def _status(roster: Roster, gateway: int, at_us: int, *, is_online: bool) -> Outgoing:
    root = roster.prefix[gateway]
    if is_online and roster.has_bridge[gateway]:
        health = msgspec.json.encode({"response_time": at_us // 1000})
        return Outgoing(gateway, f"{root}/{ZIGBEE}/bridge/health", health, at_us)
    word = b"online" if is_online else b"offline"
    return Outgoing(gateway, f"{root}/{STATUS_DIALECT}", word, at_us)
