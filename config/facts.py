"""What decides how a home is watched: who lives there, going out, risk, where. As rows of text.

A row is the same in CSV and at enrolment. A cell that is left empty keeps what is known, so that
a file may change one thing of many homes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from config import csv_rows
from config.csv_rows import Form, Mistake, Row, shown, take
from config.homes import GoesOut, Home, is_postcode, read_sector
from config.problems import ConfigProblem

MOST_RESIDENTS: Final = 12
RISK_TIERS: Final = (1, 2, 3)
"""From the highest risk to the lowest."""

FACTS: Final = ("residents", "pets", "goes_out", "risk_tier", "sector")
"""Columns of what is known of a home."""

COLUMNS: Final = ("home", *FACTS)
_FORM: Final = Form("facts", COLUMNS, ("home",))
_UNKNOWN: Final = "unknown"
_YES_NO: Final = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a home says of itself; the defaults are those of an enrolment that says nothing."""

    residents: int = 1
    has_pets: bool = False
    goes_out: GoesOut = GoesOut.ALONE
    risk_tier: int = 2
    sector: str = ""


def facts_of(home: Home) -> Facts:
    """Return what is known of a home."""
    return Facts(home.residents, home.has_pets, home.goes_out, home.risk_tier, home.sector)


def read_row(row: Row, before: Facts) -> tuple[Facts | None, list[Mistake]]:
    """Return what this row makes of ``before``, or None and every mistake with its column."""
    wrong: list[Mistake] = []
    residents = take(row, "residents", lambda text: _residents(text, before), wrong)
    pets = take(row, "pets", lambda text: _pets(text, before), wrong)
    goes_out = take(row, "goes_out", lambda text: _goes_out(text, before), wrong)
    tier = take(row, "risk_tier", lambda text: _risk_tier(text, before), wrong)
    sector = take(row, "sector", lambda text: _sector(text, before), wrong)
    if wrong or residents is None or pets is None or goes_out is None or tier is None:
        return None, wrong
    return Facts(residents, pets, goes_out, tier, sector or ""), []


def as_row(facts: Facts) -> dict[str, str]:
    """Return the row of text that ``read_row`` reads as these facts."""
    pets = "yes" if facts.has_pets else "no"
    sector = facts.sector or _UNKNOWN
    values = (str(facts.residents), pets, facts.goes_out.value, str(facts.risk_tier), sector)
    return dict(zip(FACTS, values, strict=True))


def changes(before: Facts, after: Facts) -> dict[str, list[object]]:
    """Return [old, new] of each fact that is another, by the name of its field."""
    old, new = asdict(before), asdict(after)
    return {name: [old[name], new[name]] for name in old if old[name] != new[name]}


def read_rows(
    rows: Iterable[tuple[str, Row]], known: Mapping[str, Facts], place: str
) -> dict[str, Facts]:
    """Return the facts of each home that is named, by id; ConfigProblem lists every mistake.

    ``rows`` are (where, row), ``known`` what is known of the place's homes by id.
    """
    found: dict[str, Facts] = {}
    wrong: list[str] = []
    for where, row in rows:
        id_ = (row.get("home") or "").strip()
        facts, mistakes = read_row(row, known.get(id_, Facts()))
        if id_ not in known:
            said = f"is {shown(id_)}, expected the id of a home of {place}"
            mistakes = [("home", said), *mistakes]
        elif id_ in found:
            mistakes = [("home", f"is {shown(id_)} a second time; leave one out"), *mistakes]
        wrong += [f"facts: {where}, {column} {said}" for column, said in mistakes]
        if facts is not None and not mistakes:
            found[id_] = facts
    if wrong:
        raise ConfigProblem("\n".join(wrong))
    return found


def read_csv(data: bytes, file: str) -> list[tuple[str, Row]]:
    """Return (where, row) of a CSV file; ConfigProblem when it is none, or its columns are."""
    return csv_rows.read_csv(data, file, _FORM)


def _residents(text: str, before: Facts) -> int:
    if not text:
        return before.residents
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MOST_RESIDENTS):
        raise ValueError(f"a number from 1 to {MOST_RESIDENTS}")
    return int(text)


def _pets(text: str, before: Facts) -> bool:
    if not text:
        return before.has_pets
    if text.lower() not in _YES_NO:
        raise ValueError("yes or no")
    return _YES_NO[text.lower()]


def _goes_out(text: str, before: Facts) -> GoesOut:
    if not text:
        return before.goes_out
    try:
        return GoesOut(text.lower())
    except ValueError:
        raise ValueError("alone, accompanied or never") from None


def _risk_tier(text: str, before: Facts) -> int:
    if not text:
        return before.risk_tier
    if text not in {str(tier) for tier in RISK_TIERS}:
        raise ValueError("1 (the highest), 2 or 3")
    return int(text)


def _sector(text: str, before: Facts) -> str:
    """Only "unknown" takes a sector back: an empty cell keeps what is known."""
    if not text:
        return before.sector
    if text.lower() == _UNKNOWN:
        return ""
    try:
        return read_sector(text)
    except ValueError:
        less = "a postcode without its last two letters, like PE1 2"
        raise ValueError(f"{less}, never the whole" if is_postcode(text) else less) from None
