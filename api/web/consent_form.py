"""The form of a decision to watch a home: its fields, and what was typed as a plan (pure)."""

from collections.abc import Mapping
from typing import Any, Final

from api.consent_acts import Outlook
from api.web import enrol_steps, words
from api.web.enrol_steps import BY_KEY
from api.web.phrases import spoken
from api.web.sensors import room_name
from config import consent_form
from config.consents import ConsentPlan
from config.csv_rows import Mistake, Row
from config.kinds import Kind
from config.kits import ANNOUNCED

STEP: Final = BY_KEY["consent"]
PURPOSE: Final = "purpose-"
ALSO: Final = "also-"


def offered(found: Outlook) -> Mapping[Kind, str]:
    """Return the kinds that the decision may cover beyond the home's sensors, and what for."""
    kits = found.place.kits[ANNOUNCED].purposes()
    standing = {Kind(k): why for k, why in found.standing.purpose.items()} if found.standing else {}
    every = {**kits, **standing}
    return {kind: every[kind] for kind in sorted(every) if kind not in found.rooms}


def begun(found: Outlook) -> dict[str, str]:
    """Return the fields as the form opens: what stands, to be decided anew; days are empty."""
    one = found.standing
    stands = {} if one is None else one.purpose
    kits = found.place.kits[ANNOUNCED].purposes()
    said = {f"{PURPOSE}{kind}": stands.get(kind, kits.get(kind, "")) for kind in found.rooms}
    said |= {f"{ALSO}{kind}": "yes" for kind in offered(found) if kind in stands}
    if one is not None:
        said |= {"basis": one.basis.value, "decided_by": one.decided_by.value}
        said["reference"] = one.reference
    return said


def typed(found: Outlook, form: Mapping[str, str]) -> dict[str, str]:
    """Return the fields as they were typed."""
    said = enrol_steps.typed(STEP, form)
    shipped = {spoken(one): one for one in _known(found)}
    for kind in found.rooms:
        text = form.get(f"{PURPOSE}{kind}", "").strip()
        said[f"{PURPOSE}{kind}"] = shipped.get(" ".join(text.split()), text)
    return said | {f"{ALSO}{kind}": "yes" for kind in offered(found) if form.get(f"{ALSO}{kind}")}


def read(found: Outlook, said: Row) -> tuple[ConsentPlan | None, dict[str, str]]:
    """Return the decision, and what is wrong as sentences by the id of the field."""
    wrong: list[Mistake] = []
    purpose = {kind: " ".join(said[f"{PURPOSE}{kind}"].split()) for kind in found.rooms}
    wrong += [
        (f"{PURPOSE}{kind}", "is empty, expected 1 to 200 characters")
        for kind, why in purpose.items()
        if not why
    ]
    purpose |= {k: why for k, why in offered(found).items() if said.get(f"{ALSO}{k}")}
    if not purpose:
        wrong.append((first(found), "is empty, expected an answer"))
    known = {kind: why or "-" for kind, why in purpose.items()}
    told: list[Mistake] = []
    plan = consent_form.read_decision(said, known, found.rooms, found.today, told)
    wrong = [(_field(name, found), what) for name, what in told] + wrong
    return (None if wrong else plan), _sentences(wrong)


def first(found: Outlook) -> str:
    """Return the id of the first field of purposes."""
    if found.rooms:
        return f"{PURPOSE}{next(iter(found.rooms))}"
    return f"{ALSO}{next(iter(offered(found)))}"


def lines(found: Outlook, said: Row, errors: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields as templates take them; ``errors`` are by the id of the field."""
    by_name = {name.removesuffix("-d"): text for name, text in errors.items()}
    return {
        "fields": [enrol_steps.line(one, said, by_name, {}) for one in STEP.fields],
        "purposes": [
            {
                "name": f"{PURPOSE}{kind}",
                "label": words.kind(kind),
                "rooms": ", ".join(room_name(one).lower() for one in rooms),
                "value": spoken(said.get(f"{PURPOSE}{kind}", "")),
                "error": errors.get(f"{PURPOSE}{kind}", ""),
            }
            for kind, rooms in found.rooms.items()
        ],
        "also": [
            {
                "name": f"{ALSO}{kind}",
                "label": words.kind(kind),
                "hint": spoken(why),
                "is_ticked": bool(said.get(f"{ALSO}{kind}")),
            }
            for kind, why in offered(found).items()
        ],
    }


def hidden(said: Row) -> list[tuple[str, str]]:
    """Return what carries the answers over the page on which they are checked."""
    found: list[tuple[str, str]] = []
    for field in STEP.fields:
        value = said.get(field.name, "")
        if field.kind == "day":
            parts = zip(("d", "m", "y"), enrol_steps.day_parts(value), strict=True)
            found += [(f"{field.name}-{part}", text) for part, text in parts]
        else:
            found.append((field.name, value))
    return found + [(k, v) for k, v in said.items() if k.startswith((PURPOSE, ALSO))]


def _known(found: Outlook) -> list[str]:
    """Return the purposes that the page may have shown in its own language."""
    stands = () if found.standing is None else found.standing.purpose.values()
    return [*found.place.kits[ANNOUNCED].purposes().values(), *stands]


def _field(name: str, found: Outlook) -> str:
    """Return the id of the field that a mistake is about."""
    if name in ("decided_on", "review_on"):
        return f"{name}-d"
    if name == "purpose":
        return first(found)
    return name.replace("purpose.", PURPOSE)


def _sentences(wrong: list[Mistake]) -> dict[str, str]:
    """Return each field's first mistake as a sentence that begins with what was asked."""
    told: dict[str, str] = {}
    for id_, said in wrong:
        name = id_.removesuffix("-d")
        if name.startswith((PURPOSE, ALSO)):
            asked = words.kind(Kind(name.partition("-")[2]))
            told.setdefault(id_, f"{asked}: {spoken(said)}")
        else:
            told.setdefault(id_, enrol_steps.sentences([(name, said)])[name])
    return told
