"""What a subscriber is asked to do and what it shows of itself."""

from dataclasses import dataclass, field, replace
from ssl import SSLContext

from ingest.clock import Instant
from ingest.packets import MAX_PAYLOAD_BYTES


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """Whom to connect to and how; ``gather_s`` is the pause between two reads.

    A persistent session belongs to its ``client_id``: a broker lets whoever has any credential
    and knows that id end the session, so it is random and kept like a password. In MQTT 5 the
    broker sends at most ``receive_maximum`` messages that we have not acknowledged; a copy of
    each of those is recognised. Without ``tls`` the connection is plain.
    """

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    client_id: str = field(repr=False)
    topics: tuple[str, ...]
    keepalive_s: int = 30
    gather_s: float = 0.003
    max_payload_bytes: int = MAX_PAYLOAD_BYTES
    is_session_persistent: bool = True
    is_v5: bool = False
    receive_maximum: int = 16_000
    tls: SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened since the subscriber was made.

    ``repeats`` were sent again by the broker on one connection while the first copy was still
    in hand, and dropped. ``acknowledged`` counts PUBACKs, so QoS 1 only. A lost session is one
    that the broker no longer had when we came back: what was queued in it is gone.
    """

    connects: int = 0
    losses: int = 0
    lost_sessions: int = 0
    reads: int = 0
    received: int = 0
    repeats: int = 0
    oversize: int = 0
    chunks: int = 0
    handled: int = 0
    acknowledged: int = 0
    handle_failures: int = 0
    grant_failures: int = 0

    def plus(self, **more: int) -> "Counts":
        """Return the counts with these added."""
        return replace(self, **{name: getattr(self, name) + n for name, n in more.items()})


@dataclass(slots=True)
class Standing:
    """What the subscriber shows of itself; every session writes it."""

    counts: Counts = Counts()
    connected_since: Instant | None = None
    last_message_us: int | None = None
    connection_problem: str | None = None
    grant_problem: str | None = None
    handle_problem: str | None = None

    @property
    def problem(self) -> str | None:
        """The first thing that keeps readings from being stored, as a sentence, or None."""
        return self.connection_problem or self.grant_problem or self.handle_problem
