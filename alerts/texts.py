"""What a message says, in the recipient's language; never who, where or whether somebody is in.

The Welsh was not yet read by a speaker: see the README. It uses no letter that makes an SMS
longer (GSM 03.38 lacks the circumflexes w and y).
"""

from collections.abc import Mapping
from typing import Final

from alerts.alert import Priority, reference
from config.message_texts import filled

LANGUAGES: Final = ("en", "cy")
TEXTS: Final[Mapping[str, str]] = {
    "alert_en": "{priority} alert in your area. Open Stillwell to see it. Ref {reference}.",
    "alert_cy": "Rhybudd {priority} yn eich ardal. Agorwch Stillwell i'w weld. Cyf {reference}.",
    "fault_en": "System fault in your area. Open Stillwell to see it. Ref {reference}.",
    "fault_cy": "Nam ar y system yn eich ardal. Agorwch Stillwell i'w weld. Cyf {reference}.",
}
"""What messages say where a place has saved nothing: of an alert and of a fault, by language."""


TEST: Final[Mapping[str, str]] = {"en": "TEST, do not go. ", "cy": "PRAWF, peidiwch a mynd. "}
"""What a message of a walk test begins with."""


def text(
    priority: Priority, alert: str, language: str = "en", own: Mapping[str, str] | None = None
) -> str:
    """Return the message about this alert (id), of at most 160 characters.

    ``own`` are the texts of its place (``config/message_texts.py``), None where it has none.
    """
    about = "fault" if priority is Priority.T else "alert"
    form = (own or TEXTS)[f"{about}_{_known(language)}"]
    return filled(form, {"priority": priority.value, "reference": reference(alert)})


def walk_test_text(
    priority: Priority, alert: str, language: str = "en", own: Mapping[str, str] | None = None
) -> str:
    """Return the message about an alert (id) of a walk test, of at most 160 characters."""
    return TEST[_known(language)] + text(priority, alert, language, own)


def _known(language: str) -> str:
    return language if language in LANGUAGES else "en"
