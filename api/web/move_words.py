"""What moving house asks and does, in words."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from api.house_moving import Outlook
from api.households import LABEL
from api.web import words
from api.web.enrol_steps import BY_KEY, FIELD_OF, Field, Step
from api.web.language import N_, _, _n

SAME_PLACE: Final = "same_place"

STEP: Final = Step(
    "move",
    N_("Where does the person live now?"),
    (
        Field(SAME_PLACE, N_("Does the same council look after the new address?"), "", "choice",
              (("yes", N_("Yes")), ("no", N_("No")))),
        Field("moved_on", N_("On which day did they move?"),
              N_("For example 3 3 2026; today or a day in the past"), "day"),
        *(one for one in BY_KEY["address"].fields if one.name != LABEL),
        replace(FIELD_OF["notes"],
                hint=N_("Of the new door. What was written for the old one is not taken along.")),
        replace(FIELD_OF["key_safe"],
                hint=N_("Of the new door. The code of the old one is dropped for good.")),
        replace(FIELD_OF[LABEL],
                hint=N_("Left empty it stays as it is. No name and no address: it stands in "
                        "lists.")),
        Field("why", N_("Why does the person move?"), N_("In a few words; it is kept sealed")),
    ),
)  # fmt: skip
FIELDS: Final = {field.name: field for field in STEP.fields}


def day(on: date) -> str:
    """Return a date: 3 March 2026."""
    return f"{words.day_and_month(on)} {on:%Y}"


def at_once(found: Outlook) -> Iterator[tuple[str, str]]:
    """Yield (what, what happens to it) of all that a move does."""
    yield (
        _("Address"),
        _("From the moment at which you confirm, help goes to the new address. The old one is "
          "kept sealed with the home and erased with it."),
    )  # fmt: skip
    yield (
        _("Watching"),
        _("What is usual was learned in the old house and is forgotten. Until a walk test has been "
          "passed at the new address nobody is missed there: the home is on the list of unwatched "
          "homes, and becomes an alert after the time of its risk tier. Smoke, falls and calls for "
          "help are raised all the same."),
    )  # fmt: skip
    safe = _("The code of the old key safe is dropped for good.")
    none = _("None is kept.")
    yield _("Key safe"), safe if found.kept.has_key_safe else none
    keys = _n(
        "%(n)s contact has a key of the old door: it is noted no more. Ask who has a new one.",
        "%(n)s contacts have a key of the old door: it is noted no more. Ask who has a new one.",
        found.keys,
    )
    yield _("Keys"), keys if found.keys else _("Nobody is noted as having one.")
    count = len(found.alerts)
    stay = _n(
        "%(n)s alert stands: it stays open and says that the person has moved.",
        "%(n)s alerts stand: they stay open and say that the person has moved.",
        count,
    )
    yield _("Alerts that stand"), stay if count else _("None stands.")
    caps = _n("%(n)s longer limit ends.", "%(n)s longer limits end.", found.caps)
    yield _("Longer limits"), caps if found.caps else _("None holds.")
    visits = _n(
        "%(n)s booked visit goes on at the new address.",
        "%(n)s booked visits go on at the new address.",
        found.visits,
    )
    yield _("Visits"), visits if found.visits else _("None is booked.")
    if found.own_settings:
        own = _n(
            "%(n)s setting of this home stays as it is: look whether it fits the new one.",
            "%(n)s settings of this home stay as they are: look whether they fit the new one.",
            found.own_settings,
        )
        yield _("Settings of this home"), own
    yield (
        _("What stays"),
        _("The person, contacts and their order, consent and its purposes, pauses, gateways, "
          "sensors, and the history of alerts and readings."),
    )  # fmt: skip
