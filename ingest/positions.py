"""The tracks of all gateways, what a chunk changes in them, and the receipts that are owed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, NamedTuple

from ingest.tracks import Sequenced, Track, advance

BOOTS: Final = 4
"""Boots of one gateway that are remembered: a broker may send an old boot's messages late."""

MOST_SEQUENCE: Final = 1 << 53
_BOOT_CHARS: Final = 64

Key = tuple[int, str]
"""Gateway and boot."""


def _by_boot(sequenced: Sequence[Sequenced]) -> dict[Key, list[Sequenced]]:
    """Return what each boot said, in order, without what can be no boot and no number."""
    said: defaultdict[Key, list[Sequenced]] = defaultdict(list)
    for one in sequenced:
        said[one[:2]].append(one)
    heard = {}
    for key, messages in said.items():
        possible = [one for one in messages if one.sequence >= 1 and one.last < MOST_SEQUENCE]
        if possible and is_boot(key[1]):
            heard[key] = possible
    return heard


def is_boot(boot: str) -> bool:
    """Return whether this can name a boot: short, and text that can be kept and sent back."""
    return len(boot) <= _BOOT_CHARS and boot.isprintable()


@dataclass(frozen=True, slots=True)
class Moved:
    """What a chunk changes: new tracks, keys to forget, and who spoke, changed or not."""

    tracks: Mapping[Key, Track] = field(default_factory=dict)
    forgotten: Sequence[Key] = ()
    heard: Iterable[Key] = ()

    def __bool__(self) -> bool:
        return bool(self.tracks)


class Receipt(NamedTuple):
    """What a gateway is told: every message up to ``settled`` is settled."""

    gateway: int
    boot: str
    settled: int


class Positions:
    """All gateways' tracks; ``moved`` plans, ``adopt`` takes the plan once it is committed."""

    def __init__(self, tracks: Mapping[Key, Track] | None = None) -> None:
        self._tracks = dict(tracks or {})
        self._boots: dict[int, list[str]] = {}
        for gateway, boot in self._tracks:
            self._boots.setdefault(gateway, []).append(boot)
        self._due: set[Key] = set()
        self._lock = Lock()

    def moved(self, sequenced: Sequence[Sequenced]) -> Moved:
        """Return what these messages change; nothing is changed yet."""
        heard = _by_boot(sequenced)
        tracks = {}
        for key, messages in heard.items():
            before = self._tracks.get(key)
            after = advance(before, messages, is_known=key[0] in self._boots)
            if after != before:
                tracks[key] = after
        return Moved(tracks, self._crowded_out(tracks), heard.keys())

    def adopt(self, moved: Moved) -> None:
        """Take a committed plan, and owe everyone who spoke a receipt."""
        with self._lock:
            for key in moved.forgotten:
                self._tracks.pop(key, None)
                self._boots[key[0]].remove(key[1])
            for key in moved.tracks:
                if key not in self._tracks:
                    self._boots.setdefault(key[0], []).append(key[1])
            self._tracks.update(moved.tracks)
            self._due.update(moved.heard)

    def take_due(self) -> Sequence[Receipt]:
        """Return the receipts that are owed, and owe them no more."""
        with self._lock:
            due, self._due = self._due, set()
            found = [(key, self._tracks.get(key)) for key in sorted(due)]
        return [Receipt(*key, track.settled) for key, track in found if track and track.settled]

    def owe(self, receipts: Iterable[Receipt]) -> None:
        """Owe these again: they could not be sent."""
        with self._lock:
            self._due.update((each.gateway, each.boot) for each in receipts)

    def gaps(self) -> Mapping[int, int]:
        """Return, by gateway, how many messages of its last boots never came, where any did."""
        found: dict[int, int] = {}
        with self._lock:
            tracks = list(self._tracks.items())
        for (gateway, _), track in tracks:
            if track.gaps:
                found[gateway] = found.get(gateway, 0) + track.gaps
        return found

    def _crowded_out(self, tracks: Mapping[Key, Track]) -> Sequence[Key]:
        added: dict[int, list[str]] = {}
        for gateway, boot in tracks:
            if (gateway, boot) not in self._tracks:
                added.setdefault(gateway, []).append(boot)
        forgotten: list[Key] = []
        for gateway, boots in added.items():
            old = [b for b in self._boots.get(gateway, ()) if (gateway, b) not in tracks]
            excess = len(self._boots.get(gateway, ())) + len(boots) - BOOTS
            forgotten += [(gateway, boot) for boot in old[: max(excess, 0)]]
        return forgotten
