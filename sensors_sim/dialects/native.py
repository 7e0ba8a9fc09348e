"""Our own gateways: all readings of a gateway share messages, numbered within a boot."""

from typing import Final

import msgspec
import numpy as np

from config.kinds import IS_LIFE_SAFETY, KINDS
from sensors_sim.deliveries import Deliveries
from sensors_sim.dialects.dialect import NATIVE, Outgoing, Roster, by_pack, spans

MOST_READINGS: Final = 500
"""In one message."""


class NativeDialect:
    """Numbers the messages of each gateway from 1 within ``boot``."""

    def __init__(self, boot: str, gateways: int) -> None:
        self._boot = boot
        self._sequence = np.zeros(gateways, np.int64)

    def __call__(self, said: Deliveries, roster: Roster, gather_us: int, /) -> list[Outgoing]:
        """Return these readings as messages.

        A reading names its kind where it is life safety, or others share its address.
        """
        said, is_first, gateway = by_pack(said, roster.gateway[said.sensor], gather_us)
        starts, stops = spans(is_first)
        place = np.arange(len(said)) - np.repeat(starts, stops - starts)
        starts, stops = spans(is_first | (place % MOST_READINGS == 0))
        rows = _rows(said, roster)
        sender = gateway[starts]
        number = self._sequence[sender] + 1 + np.arange(len(sender)) - _first_of_its_own(sender)
        self._sequence[sender] = number
        columns = (sender, starts, stops, number, said.sent_us[stops - 1])
        return [
            Outgoing(
                gateway,
                f"{roster.prefix[gateway]}/{NATIVE}/r",
                msgspec.json.encode({"b": self._boot, "s": number, "r": rows[start:stop]}),
                at_us,
                number,
            )
            for gateway, start, stop, number, at_us in zip(
                *(column.tolist() for column in columns), strict=True
            )
        ]


def _first_of_its_own(sender: "np.typing.NDArray[np.int32]") -> "np.typing.NDArray[np.intp]":
    return np.searchsorted(sender, sender, side="left")


def _rows(said: Deliveries, roster: Roster) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = list(
        zip(
            roster.address[said.sensor].tolist(),
            (said.time_us // 1000).tolist(),
            said.value.tolist(),
            strict=True,
        )
    )
    kind = roster.kind[said.sensor]
    is_shared = np.bincount(roster.device)[roster.device[said.sensor]] > 1
    for i in np.flatnonzero(IS_LIFE_SAFETY[kind] | is_shared).tolist():
        rows[i] += (KINDS[kind[i]].kind.value,)
    return rows
