"""What a message says, in the recipient's language; never who, where or whether somebody is in.

The Welsh was not yet read by a speaker: see the README. It uses no letter that makes an SMS
longer (GSM 03.38 lacks the circumflexes w and y).
"""

from collections.abc import Mapping
from typing import Final

from alerts.alert import Priority, reference

LANGUAGES: Final = ("en", "cy")
TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "en": (
        "{priority} alert in your area. Open Stillwell to see it. Ref {reference}.",
        "System fault in your area. Open Stillwell to see it. Ref {reference}.",
    ),
    "cy": (
        "Rhybudd {priority} yn eich ardal. Agorwch Stillwell i'w weld. Cyf {reference}.",
        "Nam ar y system yn eich ardal. Agorwch Stillwell i'w weld. Cyf {reference}.",
    ),
}
"""By language: of an alert, and of a fault."""


TEST: Final[Mapping[str, str]] = {"en": "TEST, do not go. ", "cy": "PRAWF, peidiwch a mynd. "}
"""What a message of a walk test begins with."""


def text(priority: Priority, alert: str, language: str = "en") -> str:
    """Return the message about this alert (id), of at most 160 characters."""
    about, fault = TEXTS.get(language, TEXTS["en"])
    form = fault if priority is Priority.T else about
    return form.format(priority=priority.value, reference=reference(alert))


def walk_test_text(priority: Priority, alert: str, language: str = "en") -> str:
    """Return the message about an alert (id) of a walk test, of at most 160 characters."""
    return TEST.get(language, TEST["en"]) + text(priority, alert, language)
