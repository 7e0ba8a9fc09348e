"""Who lives in a home and where: values, and how they are read from fields of text (pure).

A field has one name in CSV, by REST and on a page; what is wrong with it is told beside that name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from nhs_number import constants
from nhs_number.validate import is_valid

from config.csv_rows import Mistake, Row, take
from config.homes import is_postcode

PERSON: Final = ("name", "born", "nhs_number", "untraced", "language")
SECOND: Final = tuple(f"{column}_2" for column in PERSON)
"""The same of a second person who is watched over."""

ADDRESS: Final = ("address_1", "address_2", "town", "postcode", "uprn")
DOOR: Final = ("notes", "key_safe")
FIELDS: Final = (*PERSON, *SECOND, *ADDRESS, *DOOR)

OLDEST_YEARS: Final = 120
LONGEST_NAME: Final = 120
LONGEST_NOTES: Final = 500
_UNKNOWN: Final = "unknown"
_FORMULA: Final = "=+-@\t\r"
_LOST: Final = "\ufffd"
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_UK_DAY: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", re.ASCII)
_TITLED: Final = re.compile(r"\b(?:mr|mrs|ms|miss|mx|dr)\b\.?\s+[^\W\d]", re.IGNORECASE)
_WHOLE: Final = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]?\s*[0-9][A-Z]{2}\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[0-9](?:[ /.-]?[0-9]){5,}")
_NHS_REGIONS: Final = (
    constants.REGION_ENGLAND_WALES_IOM,
    constants.REGION_SCOTLAND,
    constants.REGION_NORTHERN_IRELAND,
    constants.REGION_SYNTHETIC,
)
"""Whose numbers a person here may have; synthetic ones are those of exercises."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is watched over; ``born`` None is unknown.

    ``nhs_number`` is ten digits, or empty with the reason in ``untraced``. ``language`` is the
    code of ISO 639 in which the person is best spoken to.
    """

    name: str
    born: date | None
    nhs_number: str
    untraced: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the home is; ``uprn`` is its unique property reference number, or empty."""

    lines: tuple[str, ...]
    town: str
    postcode: str
    uprn: str = ""


@dataclass(frozen=True, slots=True)
class Household:
    """All that is known of a home beyond how it is watched; ``key_safe`` is a code, or empty."""

    persons: tuple[Person, ...]
    address: Address
    notes: str = ""
    key_safe: str = ""


def read_household(row: Row, today: date) -> tuple[Household | None, list[Mistake]]:
    """Return what these fields say, or None and every mistake with its field."""
    wrong: list[Mistake] = []
    persons = [read_person(row, today, wrong)]
    if any((row.get(column) or "").strip() for column in SECOND):
        persons.append(read_person(row, today, wrong, suffix="_2"))
    address = read_address(row, wrong)
    notes, key_safe = read_door(row, wrong)
    found = tuple(person for person in persons if person is not None)
    if len(found) == 2 and found[0].nhs_number and found[0].nhs_number == found[1].nhs_number:
        wrong.append(("nhs_number_2", "is that of the first person, expected another"))
    if wrong or address is None:
        return None, wrong
    return Household(found, address, notes, key_safe), []


def read_person(row: Row, today: date, wrong: list[Mistake], suffix: str = "") -> Person | None:
    """Return one person; adds what is wrong. The fields of a second end in ``_2``."""
    before = len(wrong)
    name = take(row, f"name{suffix}", lambda t: read_words(t, 2, LONGEST_NAME), wrong)
    born = take(row, f"born{suffix}", lambda t: read_born(t, today), wrong)
    number = take(row, f"nhs_number{suffix}", read_nhs_number, wrong)
    why = take(row, f"untraced{suffix}", lambda t: read_words(t, 0, 200), wrong)
    language = take(row, f"language{suffix}", read_language, wrong)
    if number == "" and why == "":
        said = "is empty, expected the NHS number, or in 'untraced' why there is none"
        wrong.append((f"nhs_number{suffix}", said))
    elif number and why:
        wrong.append((f"untraced{suffix}", "has a reason beside an NHS number; leave one out"))
    if len(wrong) > before:
        return None
    return Person(name or "", born, number or "", why or "", language or "en")


def read_address(row: Row, wrong: list[Mistake]) -> Address | None:
    """Return the address; adds what is wrong."""
    before = len(wrong)
    first = take(row, "address_1", lambda t: read_words(t, 1, 100), wrong)
    second = take(row, "address_2", lambda t: read_words(t, 0, 100), wrong)
    town = take(row, "town", lambda t: read_words(t, 1, 60), wrong)
    postcode = take(row, "postcode", read_postcode, wrong)
    uprn = take(row, "uprn", read_uprn, wrong)
    if len(wrong) > before:
        return None
    lines = tuple(line for line in (first, second) if line)
    return Address(lines, town or "", postcode or "", uprn or "")


def read_door(row: Row, wrong: list[Mistake]) -> tuple[str, str]:
    """Return (notes, key-safe code); adds what is wrong."""
    notes = take(row, "notes", lambda t: read_words(t, 0, LONGEST_NOTES, lines=True), wrong)
    return notes or "", take(row, "key_safe", read_key_safe, wrong) or ""


def read_words(text: str, least: int, most: int, *, lines: bool = False) -> str:
    """Return words as people write them, blanks made one.

    ValueError says what was expected: of control characters, of too much, of a formula.
    """
    if len(text) > most:
        raise ValueError(f"at most {most} characters, not {len(text):,}")
    shown = text.replace("\r\n", "\n").replace("\n", " " if lines else "\n")
    if not shown.isprintable():
        raise ValueError("words without control characters")
    if _LOST in text:
        raise ValueError(f"words without {_LOST}, which stands for a letter that got lost")
    if text[:1] in tuple(_FORMULA):
        raise ValueError(f"words: what begins with {text[0]} is a formula in a spreadsheet")
    found = "\n".join(" ".join(line.split()) for line in text.splitlines())
    if len(found) < least:
        raise ValueError(f"{least} to {most} characters")
    return found


def read_born(text: str, today: date) -> date | None:
    """Return a date of birth, 1941-02-28 or 28/02/1941; None is unknown."""
    if text.lower() == _UNKNOWN:
        return None
    born = read_day(text, "'unknown'")
    if born > today:
        raise ValueError("a day that is past: nobody is born in the future")
    if today.year - born.year > OLDEST_YEARS:
        raise ValueError(f"a day within the last {OLDEST_YEARS} years")
    return born


def read_day(text: str, other: str = "") -> date:
    """Return a day written 2026-03-01 or 01/03/2026."""
    found = _UK_DAY.fullmatch(text)
    iso = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}" if found else text
    expected = "a day such as 1941-02-28 or 28/02/1941" + (f", or {other}" if other else "")
    if _ISO_DAY.fullmatch(iso) is None:
        raise ValueError(expected)
    try:
        return date.fromisoformat(iso)
    except ValueError:
        raise ValueError(expected) from None


def read_nhs_number(text: str) -> str:
    """Return the ten digits of an NHS number whose check digit is right; empty stays empty."""
    digits = text.replace(" ", "").replace("-", "")
    if not digits:
        return ""
    if not (digits.isascii() and digits.isdigit() and len(digits) == 10):
        raise ValueError("ten digits, like 999 000 0018")
    if not is_valid(digits):
        raise ValueError("an NHS number: its check digit does not fit, look for a slip in it")
    if not any(_holds(region, digits) for region in _NHS_REGIONS):
        raise ValueError("an NHS number that is given to people: this range is not")
    return digits


def _holds(region: constants.Region, digits: str) -> bool:
    return bool(region.contains_number(digits))  # type: ignore[no-untyped-call]  # theirs has none


def read_language(text: str) -> str:
    """Return the code of a language; empty is English."""
    if not text:
        return "en"
    if re.fullmatch("[a-z]{2,3}", text.lower(), re.ASCII) is None:
        raise ValueError("the code of a language such as en, cy or pl")
    return text.lower()


def read_postcode(text: str) -> str:
    """Return a whole postcode as it is kept, "PE1 2AB"."""
    found = " ".join(text.upper().split())
    if not is_postcode(found):
        raise ValueError("a whole postcode like PE1 2AB")
    bare = found.replace(" ", "")
    if set(bare[-2:]) & set("CIKMOV"):
        raise ValueError("a postcode: its last two letters are never C, I, K, M, O or V")
    return f"{bare[:-3]} {bare[-3:]}"


def read_uprn(text: str) -> str:
    """Return a unique property reference number without leading noughts; empty stays empty."""
    if not text:
        return ""
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text) > 0):
        raise ValueError("1 to 12 digits, without letters or E+ (format the column as text)")
    return text.lstrip("0")


def read_key_safe(text: str) -> str:
    """Return the code of a key safe; empty is that there is none."""
    if text and re.fullmatch("[A-Za-z0-9#* -]{1,20}", text, re.ASCII) is None:
        raise ValueError("up to 20 digits, letters, # and *")
    return text


def sector_of(postcode: str) -> str:
    """Return the sector of a whole postcode: all but its last two letters."""
    return postcode[:-2]


def label_mistake(label: str, household: Household | None = None) -> str | None:
    """Return why a label may not be this: it stands in the clear, so that nobody may be in it.

    Without the household, what looks like a name, a postcode or a number of somebody is found.
    """
    words = {word.lower() for word in re.findall(r"\w+", label)}
    names = {w.lower() for p in household.persons for w in re.findall(r"\w{3,}", p.name)} if (
        household) else set()  # fmt: skip
    if words & names or _TITLED.search(label):
        return "has a name of a person in it, expected words that say nobody's name"
    squeezed = "".join(label.upper().split())
    lines = [*household.address.lines, household.address.postcode] if household else []
    if any("".join(line.upper().split()) in squeezed for line in lines) or _WHOLE.search(label):
        return "has the address in it, expected words that say no address"
    if _NUMBER.search(label):
        return "has a long number in it, expected words that say nobody's number or birthday"
    return None


def read_label(text: str) -> str:
    """Return what staff call a home; ValueError where it looks like somebody's name or number."""
    if said := label_mistake(text):
        raise ValueError(said)
    return text


def as_row(household: Household) -> dict[str, str]:
    """Return the fields of text that ``read_household`` reads as this household."""
    row: dict[str, str] = {}
    for person, suffix in zip(household.persons, ("", "_2"), strict=False):
        born = _UNKNOWN if person.born is None else person.born.isoformat()
        values = (person.name, born, person.nhs_number, person.untraced, person.language)
        row |= {f"{c}{suffix}": v for c, v in zip(PERSON, values, strict=True)}
    address = household.address
    first, second, *_ = (*address.lines, "", "")
    values = (first, second, address.town, address.postcode, address.uprn)
    row |= dict(zip(ADDRESS, values, strict=True))
    return {**dict.fromkeys(FIELDS, ""), **row, "notes": household.notes,
            "key_safe": household.key_safe}  # fmt: skip


def person_words(person: Person) -> dict[str, Any]:
    """Return what is sealed of a person."""
    born = None if person.born is None else person.born.isoformat()
    return {"name": person.name, "born": born, "nhs_number": person.nhs_number,
            "untraced": person.untraced, "language": person.language}  # fmt: skip


def to_person(words: Mapping[str, Any]) -> Person:
    """Return the person whose ``person_words`` these are."""
    born = None if words["born"] is None else date.fromisoformat(words["born"])
    return Person(words["name"], born, words["nhs_number"], words["untraced"], words["language"])


def home_words(household: Household) -> dict[str, Any]:
    """Return what is sealed of a home itself, without its key safe."""
    a = household.address
    return {"lines": list(a.lines), "town": a.town, "postcode": a.postcode, "uprn": a.uprn,
            "notes": household.notes}  # fmt: skip


def to_address(words: Mapping[str, Any]) -> Address:
    """Return the address in what ``home_words`` gave."""
    return Address(tuple(words["lines"]), words["town"], words["postcode"], words["uprn"])


def age_on(born: date, day: date) -> int:
    """Return how many whole years somebody had lived on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
