"""A journal and a ledger in memory, for an engine of which nothing is sent or kept."""

from collections.abc import Sequence

from sqlalchemy import create_engine

from alerts.action import Calibrated, Proposals
from alerts.alert import Finding, Unwatched
from alerts.ledger import Ledger
from ingest.batch import Batch
from ingest.clock import Instant
from ingest.sink import Entry


class Recorder(Ledger):
    """Keeps what would have been written: each alert once, as the ledger does."""

    def __init__(self) -> None:
        super().__init__(create_engine("sqlite://"))
        self.findings: dict[str, Finding] = {}

    def raise_findings(self, findings: Sequence[Finding], now: Instant) -> list[str]:  # noqa: ARG002
        """Keep what is new; return the ids of new alerts."""
        new = [finding for finding in findings if finding.id not in self.findings]
        self.findings.update((finding.id, finding) for finding in new)
        return [finding.id for finding in new]

    def ease(self, alerts: Sequence[str], now: Instant, note: str) -> int:  # noqa: ARG002
        """Nothing closes an alert of a person but a person; return 0."""
        return 0

    def work_again(self, alerts: Sequence[str], now: Instant, note: str) -> int:  # noqa: ARG002
        """An alert was raised, whatever became of it; return 0."""
        return 0

    def contradict(self, alerts: Sequence[str], now: Instant, note: str) -> int:  # noqa: ARG002
        """An alert was raised, whatever became of it; return 0."""
        return 0

    def come_back(self, alerts: Sequence[str], now: Instant, note: str) -> int:  # noqa: ARG002
        """Nobody resolves an alert here; return 0."""
        return 0

    def note(self, found: Sequence[Calibrated | Proposals]) -> None:
        """No budget moves what is judged, and who accepts what is proposed is asked elsewhere."""

    def set_unwatched(self, homes: Sequence[Unwatched], now: Instant) -> None:
        """The list of unwatched homes is not judged."""


class MemoryTail:
    """A journal in memory that holds only what has not been read yet."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._seq = 0

    def put(self, batch: Batch) -> None:
        """Append one entry."""
        self._seq += 1
        self._entries.append(Entry(self._seq, batch, ()))

    def read(self, after: int, limit_readings: int) -> Sequence[Entry]:  # noqa: ARG002
        """Return entries with seq > ``after``; older ones are forgotten."""
        self._entries = [entry for entry in self._entries if entry.seq > after]
        return tuple(self._entries)

    def last_seq(self) -> int:
        """Return the newest seq."""
        return self._seq
