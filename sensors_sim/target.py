"""Where simulated and recorded messages go, and in whose name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ingest.clock_mark import TOPIC, ClockMark, encode_mark
from ingest.flood import Flood

IN_FLIGHT: Final = 1000


@dataclass(frozen=True, slots=True)
class Login:
    """A broker user; ``password`` None where the broker asks nobody."""

    user: str
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """A broker, the password of each gateway by its id, and who may move the clock.

    A gateway without a password here connects without one. Without ``clock`` no marks are
    sent, and the receiver follows its own clock.
    """

    host: str
    port: int
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    clock: Login | None = None

    def gateway_flood(self, gateway_id: str) -> Flood:
        """Return a fast connection in the name of this gateway."""
        password = self.passwords.get(gateway_id)
        user = None if password is None else gateway_id
        return Flood(self.host, self.port, gateway_id, user, password, window=IN_FLIGHT)

    def clock_flood(self) -> Flood | None:
        """Return a connection that may publish clock marks, None where none are wanted."""
        if self.clock is None:
            return None
        user = None if self.clock.password is None else self.clock.user
        return Flood(self.host, self.port, self.clock.user, user, self.clock.password)


async def mark(clock: Flood | None, now_us: int, *, is_live: bool = False) -> None:
    """Say what time it is, once everything before has been acknowledged."""
    if clock is not None:
        await clock.publish_all([(TOPIC, encode_mark(ClockMark(now_us, is_live)))])
