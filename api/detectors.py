"""Detectors at places as people see them: the mode, who chose it, what was found and judged."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from alerts import adjudications, switches
from alerts.modes import DETECTORS, Detector, Mode, Modes
from alerts.precision import Precision
from alerts.switches import Switch
from api.web.language import _, _n
from config import tables as registry
from config.homes import HomeState
from config.places import Place

DAY_US: Final = 86_400_000_000
WEEK_US: Final = 7 * DAY_US

FOUND_US: Final = 4 * WEEK_US
"""Over how long findings are counted."""

JUDGED_US: Final = 12 * WEEK_US
"""Over how long what people said of findings counts as evidence."""


@dataclass(frozen=True, slots=True)
class DetectorAtPlace:
    """One detector at one place. ``switch`` is None where nobody ever switched it.

    ``found`` findings were made in shadow in the last 28 days, of which it was in shadow for
    ``weeks``; ``homes`` are watched there. ``judged`` covers the last 12 weeks.
    """

    place: str
    detector: Detector
    mode: Mode
    switch: Switch | None
    found: int
    weeks: float
    homes: int
    judged: Precision

    @property
    def rate(self) -> float | None:
        """Findings per 100 homes a week; None before a week in shadow, or without homes."""
        if self.weeks < 1 or not self.homes:
            return None
        return 100 * self.found / (self.homes * self.weeks)


def overview(connection: Connection, places: Sequence[str], now_us: int) -> list[DetectorAtPlace]:
    """Return every detector at each of these places, place by place."""
    by_key = {(s.place, s.detector): s for s in switches.in_force(connection, places)}
    modes = Modes({key: s.mode for key, s in by_key.items()})
    past = switches.history(connection, places)
    judged = evidence(connection, places, now_us)
    from_us = now_us - FOUND_US
    found = adjudications.count(connection, places, from_us=from_us, to_us=now_us + 1)
    watched = _watched(connection, places)
    made = []
    for place in places:
        homes, first_us = watched.get(place, (0, now_us))
        for detector in DETECTORS:
            key = (place, detector.key)
            own = [s for s in past if (s.place, s.detector) == key]
            seen = found.get(key, Precision())
            made.append(
                DetectorAtPlace(
                    place,
                    detector,
                    modes.of(*key),
                    by_key.get(key),
                    seen.decided + seen.unclear + seen.awaiting,
                    shadow_us(own, max(from_us, first_us), now_us) / WEEK_US,
                    homes,
                    judged.get(key, Precision()),
                )
            )
    return made


def modes_of(connection: Connection, place: str) -> dict[str, Mode]:
    """Return the mode of every detector at a place, by the detector's key."""
    modes = switches.read_modes(connection)
    return {detector.key: modes.of(place, detector.key) for detector in DETECTORS}


def evidence(
    connection: Connection, places: Sequence[str], now_us: int
) -> dict[tuple[str, str], Precision]:
    """Return what people said of the last 12 weeks' findings, by place and detector."""
    from_us = now_us - JUDGED_US
    return adjudications.count(connection, places, from_us=from_us, to_us=now_us + 1)


def shadow_us(past: Iterable[Switch], from_us: int, to_us: int) -> int:
    """Return for how long of this time the detector of these switches was in shadow."""
    total, mode, since_us = 0, Mode.SHADOW, from_us
    for one in sorted(past, key=lambda s: s.since_us):
        at_us = min(max(one.since_us, from_us), to_us)
        total += at_us - since_us if mode is Mode.SHADOW else 0
        mode, since_us = one.mode, at_us
    return total + (max(to_us - since_us, 0) if mode is Mode.SHADOW else 0)


def switch(
    connection: Connection,
    place: str,
    detector: str,
    mode: Mode,
    *,
    account: str,
    evidence_text: str,
    without_evidence: str,
    now_us: int,
) -> None:
    """Switch a detector with what was judged by now; SwitchRefused says what is missing.

    The caller has made sure that the account is a supervisor's of this place.
    """
    judged = evidence(connection, (place,), now_us).get((place, detector), Precision())
    wish = Switch(
        place,
        detector,
        mode,
        now_us,
        account,
        evidence_text,
        without_evidence,
        judged,
        now_us - JUDGED_US,
    )
    switches.switch(connection, wish)


def demonstrate(
    connection: Connection,
    places: Iterable[str],
    account: str,
    since_us: int,
    *,
    in_shadow: Collection[str] = (),
) -> None:
    """Switch detectors live at places that are invented, in the name of this account.

    Those whose key is ``in_shadow`` stay there.
    """
    for place in places:
        for detector in DETECTORS:
            if detector.key in in_shadow:
                continue
            switch(
                connection,
                place,
                detector.key,
                Mode.LIVE,
                account=account,
                evidence_text="demonstration",
                without_evidence="demonstration: the place and its people are invented",
                now_us=since_us,
            )


def notices(connection: Connection, places: Mapping[str, Place]) -> list[str]:
    """Return what must be said aloud of these places: which of their detectors send nothing."""
    modes = switches.read_modes(connection)
    told = []
    for key, place in places.items():
        shadow = [_(d.title) for d in DETECTORS if modes.of(key, d.key) is Mode.SHADOW]
        off = [_(d.title) for d in DETECTORS if modes.of(key, d.key) is Mode.OFF]
        if shadow:
            told.append(
                _n(
                    "%(place)s: %(n)s detector in shadow, nothing of its own is sent (%(titles)s)",
                    "%(place)s: %(n)s detectors in shadow, nothing of theirs is sent (%(titles)s)",
                    len(shadow),
                    place=place.name,
                    titles=", ".join(shadow),
                )
            )
        if off:
            told.append(
                _n(
                    "%(place)s: %(n)s detector switched off (%(titles)s)",
                    "%(place)s: %(n)s detectors switched off (%(titles)s)",
                    len(off),
                    place=place.name,
                    titles=", ".join(off),
                )
            )
    return told


def _watched(connection: Connection, places: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return (watched homes, when the first was enrolled) of each place that has any."""
    h = registry.homes.c
    rows = connection.execute(
        select(h.place, func.count(), func.min(h.enrolled_us))
        .where(h.place.in_(places), h.state == HomeState.ACTIVE.value)
        .group_by(h.place)
    )
    return {place: (number, first_us) for place, number, first_us in rows}
