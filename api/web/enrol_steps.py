"""The pages of an enrolment: one thing a page, what each asks for, and what is wrong (pure).

The kit comes before the consent, because a decision says for each sensor why it is there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from api.web import words
from api.web.language import N_, _
from api.web.phrases import spoken
from config import facts, household_form
from config.consents import Basis, Decider
from config.csv_rows import Mistake, Row, take
from config.facts import Facts
from config.homes import GoesOut
from config.households import SECOND, read_address, read_day, read_door, read_person, read_words
from config.kits import Kit

Shown = dict[str, Any]
"""A field as a template takes it."""


@dataclass(frozen=True, slots=True)
class Field:
    """What is asked for: a text, a long text, a day, or one of ``choices`` (value, words)."""

    name: str
    label: str
    hint: str = ""
    kind: str = "text"
    choices: Sequence[tuple[str, str]] = ()
    width: str = ""
    is_optional: bool = False

    @property
    def asked(self) -> str:
        """Return the label as the page shows it, in its language."""
        return _(self.label) + (_(" (optional)") if self.is_optional else "")


@dataclass(frozen=True, slots=True)
class Step:
    """One page; ``lead`` is a sentence above its fields, ``nothing`` the answer of empty ones."""

    key: str
    title: str
    fields: Sequence[Field]
    lead: str = ""
    nothing: str = N_("Not answered yet")


_YES_NO: Final = (("yes", N_("Yes")), ("no", N_("No")))
_LANGUAGE: Final = N_("en is English, cy Welsh; any other code of ISO 639, such as pl, is kept too")


def _person(suffix: str = "") -> tuple[Field, ...]:
    return (
        Field(f"name{suffix}", N_("Full name")),
        Field(f"born{suffix}", N_("Date of birth"),
              N_("For example 28 2 1941; leave it empty if not known"), "day"),
        Field(f"nhs_number{suffix}", N_("NHS number"),
              N_("Ten digits, such as 999 000 0018"), width="10"),
        Field(f"untraced{suffix}", N_("Why there is no NHS number"),
              N_("Only if it could not be traced")),
        Field(f"language{suffix}", N_("Language the person is best spoken to in"), _LANGUAGE,
              width="4"),
    )  # fmt: skip


_CONTACTS: Final = (
    (N_("First contact: name"), N_("First contact: who they are to the person"),
     N_("First contact: telephone number"), N_("First contact: do they have a key?")),
    (N_("Second contact: name"), N_("Second contact: who they are to the person"),
     N_("Second contact: telephone number"), N_("Second contact: do they have a key?")),
    (N_("Third contact: name"), N_("Third contact: who they are to the person"),
     N_("Third contact: telephone number"), N_("Third contact: do they have a key?")),
)  # fmt: skip


def _contact(number: int) -> tuple[Field, ...]:
    start = f"contact_{number}_"
    name, relation, phone, key = _CONTACTS[number - 1]
    return (
        Field(f"{start}name", name),
        Field(f"{start}relation", relation),
        Field(f"{start}phone", phone, width="20"),
        Field(f"{start}key", key, "", "choice", _YES_NO),
    )


STEPS: Final = (
    Step("person", N_("Who is watched over?"), _person()),
    Step("second", N_("Is anybody else watched over there?"), _person("_2"),
         N_("Leave everything empty if there is nobody else."), N_("No")),
    Step("address", N_("Where is the home?"), (
        Field("address_1", N_("Address line 1")),
        Field("address_2", N_("Address line 2"), is_optional=True),
        Field("town", N_("Town or city"), width="20"),
        Field("postcode", N_("Postcode"), width="10"),
        Field("uprn", N_("UPRN"), N_("The unique property reference number"), width="10",
              is_optional=True),
        Field("label", N_("What staff call this home"),
              N_("No name and no address: it stands in lists. Left empty, one is made."),
              is_optional=True),
    )),
    Step("facts", N_("Who lives there, and do they go out?"), (
        Field("residents", N_("How many people live there?"), "", width="2"),
        Field("pets", N_("Are there pets that move about?"), "", "choice", _YES_NO),
        Field("goes_out", N_("Does the person go out?"), "", "choice", tuple(
            (one.value, text) for one, text in (
                (GoesOut.ALONE, N_("Yes, alone")), (GoesOut.ACCOMPANIED, N_("Only accompanied")),
                (GoesOut.NEVER, N_("Never"))))),
        Field("risk_tier", N_("Risk tier"), "", "choice",
              (("1", N_("1, the highest")), ("2", "2"), ("3", N_("3, the lowest")))),
    )),
    Step("door", N_("What matters at the door?"), (
        Field("notes", N_("Notes for who comes"), N_("Such as: hard of hearing, ring twice"),
              "long", is_optional=True),
        Field("key_safe", N_("Code of the key safe"),
              N_("Kept sealed; whoever looks at it is noted"), width="10", is_optional=True),
    ), nothing=N_("Nothing")),
    Step("contacts", N_("Whom to call?"), (
        Field("phone", N_("The person's own telephone number"), width="20", is_optional=True),
        *_contact(1), *_contact(2), *_contact(3),
    ), N_("In this order. Leave empty what is not needed."), N_("Nobody")),
    Step("kit", N_("Which sensors does the home get?"), (
        Field("kit", N_("Kit"), "", "choice"),
        Field("gateway", N_("Id of the gateway"),
              N_("8 to 40 small letters and digits, if it has one already; left empty, one is "
                 "made"), is_optional=True),
    )),
    Step("consent", N_("On what ground is the home watched?"), (
        Field("basis", N_("Ground"), "", "choice", (
            (Basis.CONSENT.value, N_("Consent")),
            (Basis.BEST_INTERESTS.value, N_("A best-interests decision")))),
        Field("decided_by", N_("Who decided?"), "", "choice", (
            (Decider.PERSON.value, N_("The person")), (Decider.ATTORNEY.value, N_("An attorney")),
            (Decider.DEPUTY.value, N_("A deputy")), (Decider.COURT.value, N_("The court")),
            (Decider.MEETING.value, N_("A best-interests meeting")))),
        Field("decided_on", N_("When was it decided?"), N_("For example 1 3 2026"), "day"),
        Field("review_on", N_("When is it reviewed?"), N_("Within a year of the decision"), "day"),
        Field("reference", N_("Number of the council's own record"), N_("No names"),
              is_optional=True),
    ), N_("Leave everything empty if it is not decided yet: nothing is stored of the home until it "
       "is, but smoke, falls and calls for help are raised."), N_("Not decided yet")),
)  # fmt: skip
KEYS: Final = tuple(step.key for step in STEPS)
BY_KEY: Final = {step.key: step for step in STEPS}
STEP_OF: Final = {field.name: step.key for step in STEPS for field in step.fields}
FIELD_OF: Final = {field.name: field for step in STEPS for field in step.fields}


def line(field: Field, said: Row, errors: Mapping[str, str], kits: Mapping[str, Kit]) -> Shown:
    """Return a field as ``fields.html`` draws it, with what was typed and what is wrong.

    A day is read of its three parts where ``said`` has them, as a form does.
    """
    value = said.get(field.name, "")
    choices = [(key, _(text)) for key, text in field.choices]
    if field.name == "kit":
        choices = [(key, spoken(kit.name)) for key, kit in kits.items()]
    return {
        "name": field.name,
        "label": field.asked,
        "hint": _(field.hint) if field.hint else "",
        "kind": field.kind,
        "width": field.width,
        "value": value,
        "choices": choices,
        "parts": _parts(field, said, value) if field.kind == "day" else (),
        "error": errors.get(field.name, ""),
    }


def _parts(field: Field, said: Row, value: str) -> tuple[str, str, str]:
    day, month, year = (said.get(f"{field.name}-{part}") for part in ("d", "m", "y"))
    return day_parts(value) if day is None else (day, month or "", year or "")


def typed(step: Step, form: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a step as they were typed; a day is typed in three parts."""
    found = {}
    for field in step.fields:
        if field.kind == "day":
            parts = [form.get(f"{field.name}-{part}", "").strip() for part in ("d", "m", "y")]
            value = "/".join(parts) if any(parts) else ""
        else:
            value = form.get(field.name, "").strip()
        found[field.name] = value
    return found


def complete(fields: Row) -> dict[str, str]:
    """Return the fields of a draft as they are enrolled: a day of birth left empty is unknown."""
    found = dict(fields)
    for suffix in ("", "_2"):
        if fields.get(f"name{suffix}") and not fields.get(f"born{suffix}"):
            found[f"born{suffix}"] = "unknown"
    return found


def mistakes(
    step: Step, said: Row, today: date, kits: Mapping[str, Kit], gateways: frozenset[str]
) -> dict[str, str]:
    """Return what is wrong with a step by its fields, each as a sentence; the first of a field.

    ``said`` holds the other steps' fields too.
    """
    row, wrong = complete(said), list[Mistake]()
    if step.key == "person":
        read_person(row, today, wrong)
    elif step.key == "second" and any(row.get(column) for column in SECOND):
        read_person(row, today, wrong, suffix="_2")
    elif step.key == "address":
        read_address(row, wrong)
        take(row, "label", lambda text: read_words(text, 0, 120), wrong)
    elif step.key == "facts":
        wrong += facts.read_row({**row, "sector": ""}, Facts())[1]
    elif step.key == "door":
        read_door(row, wrong)
    elif step.key == "contacts":
        household_form.read_contacts(row, wrong)
    elif step.key == "kit":
        household_form.read_kit(row, kits, wrong)
        if row.get("gateway") in gateways:
            wrong.append(("gateway", f"is {row['gateway']}, which is in use already"))
    elif step.key == "consent":
        household_form.read_consent(row, kits.get(row.get("kit", "")), today, wrong)
    return sentences(wrong)


def sentences(wrong: Sequence[Mistake], fields: Mapping[str, Field] = FIELD_OF) -> dict[str, str]:
    """Return each field's first mistake as a sentence that begins with what was asked."""
    found: dict[str, str] = {}
    for name, said in wrong:
        asked = _(fields[name].label) if name in fields else name
        mark = ":" if asked.endswith("?") or ":" in asked else ""
        found.setdefault(name, f"{asked}{mark} {spoken(said)}")
    return found


def day_parts(value: str) -> tuple[str, str, str]:
    """Return a day as it was typed, in three parts."""
    day, month, year = (*value.split("/"), "", "", "")[:3]
    return day, month, year


def _day(value: str) -> str:
    try:
        return words.long_day(read_day(value))
    except ValueError:
        return value.replace("/", " ")


def shown(field: Field, value: str, kits: Mapping[str, Kit]) -> str:
    """Return what was answered, in words."""
    if field.name == "kit":
        return spoken(kits[value].name) if value in kits else value
    if field.kind == "day":
        return _("Not known") if value == "unknown" else _day(value)
    return _(dict(field.choices)[value]) if value in dict(field.choices) else value
