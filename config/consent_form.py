"""A decision to watch a home as fields of text, the same in CSV, by REST and on pages (pure).

Every mistake is told beside its field.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from pydantic import ValidationError

from config.consents import Basis, ConsentPlan, Decider, mistakes
from config.csv_rows import Mistake, Row, shown, take
from config.households import read_day
from config.kinds import Kind

CONSENT: Final = ("basis", "decided_by", "decided_on", "review_on", "reference")


def read_decision(
    row: Row,
    purpose: Mapping[Kind, str],
    kinds: Collection[Kind],
    today: date,
    wrong: list[Mistake],
) -> ConsentPlan | None:
    """Return the decision in these fields with what each kind of sensor is for; adds what is wrong.

    ``kinds`` are those of the home's sensors, ``today`` is the place's. What is wrong with a
    purpose is told of the field ``purpose``, or ``purpose.`` and the kind. None without a purpose.
    """
    before = len(wrong)
    basis = take(row, "basis", lambda t: _choice(t, Basis), wrong)
    by = take(row, "decided_by", lambda t: _choice(t, Decider), wrong)
    on = take(row, "decided_on", read_day, wrong)
    review = take(row, "review_on", read_day, wrong)
    if len(wrong) > before or not purpose:
        return None
    reference = (row.get("reference") or "").strip()
    values = {"basis": basis, "decided_by": by, "decided_on": on, "review_on": review}
    try:
        plan = ConsentPlan.model_validate(values | {"reference": reference, "purpose": purpose})
    except ValidationError:
        said = f"is {shown(reference)}, expected up to 60 letters, digits and / . _ -, "
        wrong.append(("reference", f"{said}without names"))
        return None
    wrong += mistakes(plan, set(kinds), today)
    return plan


def _choice(text: str, choices: type[Basis] | type[Decider]) -> Basis | Decider:
    try:
        return choices(text.lower())
    except ValueError:
        raise ValueError(f"one of {', '.join(choices)}") from None
