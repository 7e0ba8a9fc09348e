"""Who switched which detector at which place, when and on what evidence; rows never change."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, insert, select

from alerts import tables
from alerts.modes import Mode, Modes, find_detector
from alerts.precision import ENOUGH, Precision
from config import audit
from config.audit import Entry

LONGEST: Final = 2000
"""Characters of the evidence, or of the reason to go without."""

_s: Final = tables.detector_modes.c


class SwitchRefused(Exception):
    """A switch cannot be made as asked; ``field`` names what to correct."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch: ``account`` is an id, ``since_us`` of the clock that alerts are dated by.

    ``judged`` is what people had said of the detector's findings there by then, of those found
    since ``judged_from_us``; ``without_evidence`` why it went live although that was too little.
    """

    place: str
    detector: str
    mode: Mode
    since_us: int
    account: str
    evidence: str
    without_evidence: str = ""
    judged: Precision = field(default_factory=Precision)
    judged_from_us: int = 0


def switch(connection: Connection, wish: Switch) -> None:
    """Write the switch, in force from the next second on; SwitchRefused says what is missing."""
    _expect(wish)
    connection.execute(
        insert(tables.detector_modes).values(
            place=wish.place,
            detector=wish.detector,
            mode=wish.mode.value,
            since_us=wish.since_us,
            account=wish.account,
            evidence=wish.evidence.strip(),
            without_evidence=wish.without_evidence.strip(),
            judged_from_us=wish.judged_from_us,
            judged_true=wish.judged.true,
            judged_false=wish.judged.false,
            judged_unclear=wish.judged.unclear,
        )
    )
    subject, detail = f"detector:{wish.detector}", {"mode": wish.mode.value}
    audit.append(
        connection, Entry(wish.place, wish.since_us, wish.account, "setting", subject, detail)
    )


def _expect(wish: Switch) -> None:
    if find_detector(wish.detector) is None:
        raise SwitchRefused("detector", f"There is no detector {wish.detector!r}.")
    if not wish.evidence.strip():
        raise SwitchRefused("evidence", "Say on what evidence, for those who ask later.")
    for name in ("evidence", "without_evidence"):
        if len(getattr(wish, name)) > LONGEST:
            raise SwitchRefused(name, f"This must be {LONGEST} characters or fewer.")
    is_short = wish.mode is Mode.LIVE and not wish.judged.is_enough
    if is_short and not wish.without_evidence.strip():
        raise SwitchRefused(
            "without_evidence",
            f"Only {wish.judged.decided} findings were judged true or false, expected at least "
            f"{ENOUGH}: judge more, or say why it must go live without.",
        )


def read_revision(connection: Connection) -> int:
    """Return a number that grows with every switch; 0 before the first."""
    return int(connection.execute(select(func.max(_s.id))).scalar() or 0)


def read_modes(connection: Connection) -> Modes:
    """Return the modes in force."""
    return Modes({(s.place, s.detector): s.mode for s in in_force(connection)})


def in_force(connection: Connection, places: Sequence[str] | None = None) -> list[Switch]:
    """Return the newest switch of each place and detector; of these places, or of all."""
    newest = select(func.max(_s.id)).group_by(_s.place, _s.detector)
    return _read(connection, select(tables.detector_modes).where(_s.id.in_(newest)), places)


def history(
    connection: Connection, places: Sequence[str], detector: str | None = None
) -> list[Switch]:
    """Return every switch at these places, the newest first; of one detector, or of all."""
    query = select(tables.detector_modes)
    if detector is not None:
        query = query.where(_s.detector == detector)
    return _read(connection, query, places)


def _read(connection: Connection, query: Select[Any], places: Sequence[str] | None) -> list[Switch]:
    if places is not None:
        query = query.where(_s.place.in_(places))
    return [_switch(row) for row in connection.execute(query.order_by(_s.id.desc()))]


def _switch(row: Row[Any]) -> Switch:
    return Switch(
        row.place,
        row.detector,
        Mode(row.mode),
        row.since_us,
        row.account,
        row.evidence,
        row.without_evidence,
        Precision(row.judged_true, row.judged_false, row.judged_unclear),
        row.judged_from_us,
    )
