"""A whole enrolment as one row of text: household, facts, contacts, consent, kit (pure).

The same fields in CSV, by REST and on the pages. Every mistake is told beside its field.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from pydantic import ValidationError

from config import csv_rows, facts
from config.consent_form import CONSENT, read_decision
from config.consents import ConsentPlan
from config.contacts import ContactKind, ContactPlan
from config.csv_rows import Form, Mistake, Row, shown, take
from config.facts import FACTS, Facts
from config.homes import ID_PATTERN
from config.households import (
    ADDRESS,
    DOOR,
    PERSON,
    SECOND,
    Household,
    label_mistake,
    read_household,
    read_words,
    sector_of,
)
from config.kits import Kit

CONTACTS: Final = (1, 2, 3)
CONTACT: Final = ("name", "relation", "phone", "key")
KIT: Final = ("kit", "gateway")
COLUMNS: Final = (
    "label",
    *PERSON,
    "phone",
    *SECOND,
    *ADDRESS,
    *DOOR,
    *FACTS[:-1],
    *(f"contact_{n}_{one}" for n in CONTACTS for one in CONTACT),
    *CONSENT,
    *KIT,
)
NEEDED: Final = ("name", "born", "nhs_number", "address_1", "town", "postcode")
MOST: Final = 20_000
"""Households of one file."""

_FORM: Final = Form("household", COLUMNS, NEEDED, MOST)
_YES_NO: Final = {"": False, "yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Wish:
    """A household that is to be enrolled; without ``consent`` its home awaits one."""

    household: Household
    facts: Facts
    contacts: tuple[ContactPlan, ...] = ()
    consent: ConsentPlan | None = None
    kit: Kit | None = None
    label: str = ""
    gateway: str = ""


@dataclass(slots=True)
class Known:
    """What may not be enrolled again: the home of each NHS number, and gateways (ids)."""

    nhs_numbers: Mapping[str, str] = field(default_factory=dict)
    gateways: frozenset[str] = frozenset()


def read_csv(data: bytes, file: str) -> list[tuple[str, Row]]:
    """Return (where, row) of a CSV file; ConfigProblem when it is none, or its columns are."""
    return csv_rows.read_csv(data, file, _FORM)


def read_row(row: Row, today: date, kits: Mapping[str, Kit]) -> tuple[Wish | None, list[Mistake]]:
    """Return what a row asks for, or None and every mistake with its column."""
    household, wrong = read_household(row, today)
    sector = "" if household is None else sector_of(household.address.postcode)
    known, more = facts.read_row({**row, "sector": sector}, Facts())
    wrong += [one for one in more if one[0] != "sector"]
    contacts = read_contacts(row, wrong)
    kit, gateway = read_kit(row, kits, wrong)
    consent = read_consent(row, kit, today, wrong)
    label = take(row, "label", lambda t: read_words(t, 0, 120), wrong)
    if household is not None and label and (said := label_mistake(label, household)):
        wrong.append(("label", said))
    if wrong or household is None or known is None:
        return None, wrong
    return Wish(household, known, contacts, consent, kit, label or "", gateway), []


def read_rows(
    rows: Iterable[tuple[str, Row]],
    today: date,
    kits: Mapping[str, Kit],
    known: Known,
    *,
    done: int = 0,
) -> tuple[list[Wish], list[tuple[str, str, str]]]:
    """Return the wishes, and every mistake as (where, column, what is wrong).

    The first ``done`` rows are enrolled already, so that they may be known.
    """
    found: list[Wish] = []
    wrong: list[tuple[str, str, str]] = []
    numbers: dict[str, str] = {}
    hubs: dict[str, str] = {}
    for index, (where, row) in enumerate(rows):
        wish, mistaken = read_row(row, today, kits)
        if wish is not None:
            held = Known() if index < done else known
            mistaken = _twice(wish, where, held, numbers, hubs)
            found.append(wish)
        wrong += [(where, column, said) for column, said in mistaken]
    return found, wrong


def taken(wishes: Iterable[tuple[str, Wish]], known: Known) -> list[tuple[str, str, str]]:
    """Return what of these (where, wish) somebody else has been enrolled with meanwhile."""
    return [
        (where, column, said)
        for where, wish in wishes
        for column, said in _twice(wish, where, known, {}, {})
    ]


def lines(wrong: Sequence[tuple[str, str, str]]) -> str:
    """Return every mistake on a line of its own."""
    return "\n".join(f"household: {where}, {column} {said}" for where, column, said in wrong)


def read_kit(row: Row, kits: Mapping[str, Kit], wrong: list[Mistake]) -> tuple[Kit | None, str]:
    """Return (kit, id of the gateway), each empty where none is named; adds what is wrong."""
    kit = take(row, "kit", lambda text: _kit(text, kits), wrong)
    return kits.get(kit or ""), take(row, "gateway", _gateway, wrong) or ""


def read_contacts(row: Row, wrong: list[Mistake]) -> tuple[ContactPlan, ...]:
    """Return whom to call: the person first, where there is a number; adds what is wrong."""
    found = []
    phone = (row.get("phone") or "").strip()
    name = (row.get("name") or "").strip()
    if phone and 1 <= len(name) <= 120 and name.isprintable():
        language = "cy" if (row.get("language") or "").strip().lower() == "cy" else "en"
        wanted = {"kind": ContactKind.PERSON, "name": name, "phone": phone, "language": language}
        found.append(_contact(wanted, {"phone": "phone"}, wrong))
    for number in CONTACTS:
        columns = {one: f"contact_{number}_{one}" for one in CONTACT}
        said = {one: (row.get(column) or "").strip() for one, column in columns.items()}
        if not any(said.values()):
            continue
        has_key = take(row, columns["key"], _yes_no, wrong)
        del said["key"]
        for one in ("name", "relation"):
            take(row, columns[one], lambda t: read_words(t, 0, 120), wrong)
        kind = ContactKind.CONTACT
        found.append(_contact({**said, "kind": kind, "has_key": bool(has_key)}, columns, wrong))
    return tuple(one for one in found if one is not None)


def read_consent(
    row: Row, kit: Kit | None, today: date, wrong: list[Mistake]
) -> ConsentPlan | None:
    """Return the decision, None when all of its fields are empty; adds what is wrong.

    The kit says what each sensor is for.
    """
    if not any((row.get(column) or "").strip() for column in CONSENT):
        return None
    if not (row.get("kit") or "").strip():
        wrong.append(("kit", "is empty beside a consent, which says what each sensor is for"))
    purpose = {} if kit is None else kit.purposes()
    told: list[Mistake] = []
    plan = read_decision(row, purpose, purpose, today, told)
    wrong += [(column if column in CONSENT else "kit", said) for column, said in told]
    return None if told else plan


def _contact(
    wanted: Mapping[str, object], columns: Mapping[str, str], wrong: list[Mistake]
) -> ContactPlan | None:
    expected = {
        "name": "1 to 120 characters",
        "relation": "at most 60 characters",
        "phone": "a telephone number like 01632 960 001",
    }
    try:
        return ContactPlan.model_validate(wanted)
    except ValidationError as problem:
        for item in problem.errors(include_url=False):
            name = str(item["loc"][0])
            mistake = columns[name], f"is {shown(str(wanted[name]))}, expected {expected[name]}"
            if columns[name] not in {column for column, _ in wrong}:
                wrong.append(mistake)
        return None


def _twice(
    wish: Wish, where: str, known: Known, numbers: dict[str, str], hubs: dict[str, str]
) -> list[Mistake]:
    """Return what is enrolled already, here or in a row before."""
    wrong = []
    for person, column in zip(wish.household.persons, ("nhs_number", "nhs_number_2"), strict=False):
        number = person.nhs_number
        if number and number in known.nhs_numbers:
            home = known.nhs_numbers[number]
            wrong.append((column, f"is that of somebody in home {home}; end that one first"))
        elif number and number in numbers:
            wrong.append((column, f"is that of {numbers[number]} too; leave one out"))
        elif number:
            numbers[number] = where
    if wish.gateway and wish.gateway in known.gateways:
        wrong.append(("gateway", f"is {wish.gateway}, which is in use already"))
    elif wish.gateway and wish.gateway in hubs:
        wrong.append(("gateway", f"is {wish.gateway}, as in {hubs[wish.gateway]}; leave one out"))
    elif wish.gateway:
        hubs[wish.gateway] = where
    return wrong


def _kit(text: str, kits: Mapping[str, Kit]) -> str:
    if text and text not in kits:
        raise ValueError(f"one of {', '.join(kits)}")
    return text


def _gateway(text: str) -> str:
    if text and ID_PATTERN.fullmatch(text) is None:
        raise ValueError("8 to 40 of a-z, 0-9 and -, or nothing to draw one")
    return text


def _yes_no(text: str) -> bool:
    if text.lower() not in _YES_NO:
        raise ValueError("yes or no")
    return _YES_NO[text.lower()]
