"""The pages on which what is known of a home is changed: one thing a page (pure)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from api.household_edit import KEY_SAFE, NO_KEY_SAFE
from api.households import LABEL
from api.web import enrol_steps
from api.web.enrol_steps import BY_KEY, FIELD_OF, Field, Step
from api.web.language import N_, _
from config.csv_rows import Row
from config.households import SECOND

_SAFE: Final = "safe"
KEY_SAFE_LABEL: Final = FIELD_OF[KEY_SAFE].label
_ADDRESS: Final = tuple(one for one in BY_KEY["address"].fields if one.name != LABEL)

FIRST: Final = Step(
    "first",
    N_("Who lives there, and where is it?"),
    (*BY_KEY["person"].fields, *_ADDRESS),
    N_("Nothing is entered yet; the rest can be said after this."),
)
STEPS: Final = (
    BY_KEY["person"],
    BY_KEY["second"],
    Step("address", N_("Where is the home?"), _ADDRESS),
    BY_KEY["facts"],
    Step("notes", N_("What matters at the door?"), (FIELD_OF["notes"],)),
    Step("key-safe", N_("Is there a key safe?"), (
        Field(_SAFE, N_("Key safe"), "", "choice",
              (("new", N_("Yes, with this code")), ("none", N_("No, not any more")))),
        replace(FIELD_OF[KEY_SAFE], is_optional=False),
    ), N_("A code that was kept before is dropped, and can be read in no backup either.")),
    Step("label", N_("What do staff call this home?"), (FIELD_OF[LABEL],)),
)  # fmt: skip
OF_KEY: Final = {step.key: step for step in (FIRST, *STEPS)}
ALWAYS: Final = frozenset({"facts", "label"})
"""Pages that need nobody to have said who lives there."""


def names(step: Step) -> list[str]:
    """Return the fields of the record that a page is about."""
    return [one.name for one in step.fields if one.name != _SAFE]


def shown(step: Step, known: Mapping[str, str]) -> dict[str, str]:
    """Return what is known as the fields of the page show it; a code is not shown."""
    found = {name: known.get(name, "") for name in names(step)}
    for field in step.fields:
        value = found.get(field.name, "")
        if field.kind == "day":
            year, month, day = (*value.split("-"), "", "")[:3]
            found[field.name] = f"{int(day)}/{int(month)}/{year}" if day else ""
    return {**found, KEY_SAFE: ""} if KEY_SAFE in found else found


def said(step: Step, form: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the fields as they were typed, and as they are saved.

    A second person of whom nothing is said is nobody. A day of birth left empty is unknown.
    """
    typed = enrol_steps.typed(step, form)
    wanted = enrol_steps.complete(typed)
    if step.key == "second" and not any(wanted[name] for name in SECOND[:-1]):
        wanted = dict.fromkeys(SECOND, "")
    if step.key == "key-safe":
        is_none = wanted.pop(_SAFE) == "none"
        wanted = {KEY_SAFE: "" if is_none else wanted[KEY_SAFE]}
        wanted |= {NO_KEY_SAFE: "yes"} if is_none else {}
    return typed, wanted


def mistakes(step: Step, typed: Row) -> dict[str, str]:
    """Return what is missing on a page, by field, before anything is looked up."""
    if step.key == "key-safe" and typed[_SAFE] not in ("new", "none"):
        return {_SAFE: _("Select whether there is a key safe")}
    if step.key == "key-safe" and typed[_SAFE] == "new" and not typed[KEY_SAFE]:
        return {KEY_SAFE: _("Type the code of the key safe")}
    if step.key == "facts":
        told = [(one.name, "is empty, expected an answer") for one in step.fields]
        return enrol_steps.sentences([(name, why) for name, why in told if not typed[name]])
    return {}
