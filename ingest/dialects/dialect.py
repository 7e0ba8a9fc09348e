"""The port of a dialect: one message in, its parts out; good parts beside bad ones are kept."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from config.announced import AnnouncedDevice, Source
from config.kinds import Kind
from ingest.message import Reason


class Observation(NamedTuple):
    """One value as a device said it.

    ``kind`` is None where the address alone names the sensor (native). ``value`` is in the
    kind's unit; it is a bool only where ``kind`` is None, for then only the roster knows
    whether a bool makes sense. ``time_us`` is microseconds since 1970 UTC, None when the
    payload holds no time and the receipt time is to be used.
    """

    address: str
    kind: Kind | None
    value: float
    time_us: int | None = None


class Fault(NamedTuple):
    """A part that cannot be used, and why.

    ``suspect`` is what it would have been: were that a P1 signal, it is raised all the same.
    """

    reason: Reason
    detail: str
    suspect: Observation | None = None


class Position(NamedTuple):
    """Where a gateway's outbox stands: its boot, this message's sequence, the oldest it kept."""

    boot: str
    sequence: int
    oldest: int | None


class Announced(NamedTuple):
    """What a hub says of its devices; no reading.

    ``under`` is the gateway and dialect whose topics it names, empty where it names none.
    """

    source: Source
    devices: tuple[AnnouncedDevice, ...]
    gone: tuple[tuple[str, tuple[Kind, ...]], ...] = ()
    under: str = ""


Part = Observation | Fault | Position | Announced
"""What a message is made of."""

ModelOf = Callable[[str], str]
"""The enrolled model of an address, empty when unknown."""


class Undecodable(Exception):
    """Nothing of this message can be used."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Dialect(Protocol):
    """Reads the messages of one payload family."""

    def __call__(
        self, rest: str, payload: bytes, received_us: int, model_of: ModelOf, /
    ) -> Sequence[Part]:
        """Return the parts of a message published under ``.../{dialect}/{rest}``.

        An empty sequence means: known to carry no reading, so not worth a dead letter.
        Undecodable when nothing in it can be used; no other exception, whatever the bytes.
        """
        ...
