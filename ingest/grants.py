"""Which topics the broker has granted, refused, or not yet answered for."""

from collections.abc import Sequence

from ingest import frames
from ingest.control import GRANT_REFUSED, REASONS, Suback


class Grants:
    """The subscriptions of one connection; every topic is wanted at QoS 1."""

    def __init__(self, *, is_v5: bool = False) -> None:
        self._is_v5 = is_v5
        self._next_id = 1
        self._asked: dict[int, tuple[Sequence[str], float]] = {}
        self._refused: dict[str, str] = {}

    def ask(self, topics: Sequence[str], now_s: float) -> bytes:
        """Return the SUBSCRIBE for these topics."""
        packet_id, self._next_id = self._next_id, self._next_id % frames.MAX_PACKET_ID + 1
        self._asked[packet_id] = (topics, now_s)
        return frames.subscribe(packet_id, topics, is_v5=self._is_v5)

    def answer(self, suback: Suback) -> Sequence[str]:
        """Return the topics that this answer does not grant at QoS 1."""
        topics, _ = self._asked.pop(suback.packet_id, ((), 0.0))
        for topic, code in zip(topics, suback.codes, strict=False):
            if code == 1:
                self._refused.pop(topic, None)
            else:
                self._refused[topic] = _why(code)
        return [topic for topic in topics if topic in self._refused]

    def is_overdue(self, now_s: float, patience_s: float) -> bool:
        """Whether a SUBSCRIBE has waited longer than that."""
        return any(now_s - asked_s > patience_s for _, asked_s in self._asked.values())

    @property
    def problem(self) -> str | None:
        """Say what is not granted, or None when all is."""
        if self._refused:
            listed = ", ".join(topic + note for topic, note in self._refused.items())
            return f"the broker does not let us read {listed} at QoS 1: check this user's rights"
        return "the broker has not yet granted every topic" if self._asked else None


def _why(code: int) -> str:
    if code == GRANT_REFUSED:
        return ""
    return (
        f" ({REASONS.get(code, f'code {code}')})"
        if code > GRANT_REFUSED
        else (f" (granted QoS {code})")
    )
