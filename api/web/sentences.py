"""The sentence of an alert in the language of the page.

The engine stores one English sentence, written when the alert was raised. What it is made of is
known here: each of its sentences is recognised, and its times, spans and rooms are put into the
Welsh one. A sentence that is not recognised stays English as a whole, and the page says so to
screen readers: half a translation would be worse than none.
"""

import re
from datetime import datetime
from typing import Final

from markupsafe import Markup

from api.web import language, words
from api.web.language import N_, _, _n, look_up
from api.web.phrases import recognise

FORMS: Final = (
    N_("Smoke or fire alarm at %(clock)s."),
    N_("Smoke or fire alarm in the %(room)s at %(clock)s."),
    N_("Carbon monoxide alarm at %(clock)s."),
    N_("Carbon monoxide alarm in the %(room)s at %(clock)s."),
    N_("Water on the floor at %(clock)s."),
    N_("Water on the floor in the %(room)s at %(clock)s."),
    N_("Help button pressed at %(clock)s."),
    N_("Help button pressed in the %(room)s at %(clock)s."),
    N_("Fall detected at %(clock)s."),
    N_("Fall detected in the %(room)s at %(clock)s."),
    N_("Received %(span)s later."),
    N_("A walk test is under way."),
    N_("The home is paused."),
    N_("The home is awaiting consent."),
    N_("The home is ended."),
    N_("No sign of movement since %(clock)s (%(span)s when this was raised)."),
    N_(
        "No sign of movement since %(clock)s (%(span)s when this was raised); usually something "
        "every %(usual_span)s at this time of day."
    ),
    N_("No sign of movement since the first reading at %(clock)s (%(span)s when this was raised)."),
    N_("For another %(span)s of that time the home could not be seen."),
    N_(
        "In a booked visit the outside door was used at %(clock)s; what moved then may have been "
        "the visitor."
    ),
    N_("Nothing shows whether the gateway still works."),
    N_(
        "The outside door was used at %(clock)s and nothing has moved inside since (%(span)s when "
        "this was raised)."
    ),
    N_("The warmest room is %(warm)s °C; below %(limit)s °C since %(clock)s."),
    N_("The coolest room is %(warm)s °C; above %(limit)s °C since %(clock)s."),
    N_(
        "This home has not been seen since %(clock)s (%(span)s when this was raised), because its "
        "sensors are silent or unreachable."
    ),
    N_(
        "This home has not been seen since %(clock)s (%(span)s when this was raised), because its "
        "gateway is silent."
    ),
    N_(
        "This home has not been seen since %(clock)s (%(span)s when this was raised), because its "
        "place has an outage."
    ),
    N_("Nobody knows whether the person is well."),
    N_("The %(sensor)s sensor has not been heard at all since it was enrolled."),
    N_("The %(sensor)s sensor in the %(room)s has not been heard at all since it was enrolled."),
    N_("The %(sensor)s sensor is out of reach of its gateway since %(clock)s."),
    N_("The %(sensor)s sensor in the %(room)s is out of reach of its gateway since %(clock)s."),
    N_(
        "The %(sensor)s sensor has not been heard since %(clock)s; expected at least every "
        "%(span)s."
    ),
    N_(
        "The %(sensor)s sensor in the %(room)s has not been heard since %(clock)s; expected at "
        "least every %(span)s."
    ),
    N_("The gateway has not been heard at all since it was enrolled."),
    N_("The gateway went offline at %(clock)s."),
    N_("The gateway has not been heard since %(clock)s; expected at least every %(span)s."),
    N_("%(lost)s of %(total)s gateways of this place are lost at the same time."),
    N_(
        "An outside door was used at %(clock)s and nothing has moved inside since (%(span)s when "
        "this was raised); usual in %(share)s of nights."
    ),
    N_(
        "All movement since %(clock)s has been in the %(room)s (%(span)s when this was raised); "
        "the longest such time of a usual day is %(usual_span)s."
    ),
    N_(
        "Bathroom visits at night (23:00 to 06:00): %(visits)s, usually %(usual)s; %(before)s in "
        "the two nights before."
    ),
    N_(
        "The bed was left at %(clock)s and has not been used since (%(span)s when this was "
        "raised); the longest such time of a usual night is %(usual_span)s."
    ),
    N_("Last sign of movement at %(clock)s."),
    N_(
        "No dose was taken this %(part)s by %(hour)s; usually one is by about %(usual)s, on "
        "%(share)s of days."
    ),
    N_("The dispenser reports a missed dose at %(clock)s."),
    N_("%(place)s is not live for P1: its place file does not name %(missing)s."),
    N_(
        "P1 alerts are raised, shown and sent all the same, but nobody has promised to answer them "
        "at all hours."
    ),
    N_(
        "A carer was booked for %(clock)s and the outside door was not used between %(hour)s and "
        "%(until)s."
    ),
)
"""Every sentence that is recognised, in the engine's words."""

_CLOCK: Final = re.compile(r"(\d\d:\d\d) on (\w+) (\d+) (\w+)")
_SPAN: Final = re.compile(r"(?:(\d+) days?)?\s?(?:(\d+) h)?\s?(?:(\d+) min)?")
_PARTS: Final = (N_("morning"), N_("afternoon"), N_("evening"), N_("night"))
_MISSING: Final = (
    N_("a manufacturer of record"),
    N_("a safety officer"),
    N_("a support contact"),
    N_("a fallback staffed for 24 hours"),
)
_LEAD: Final = "TEST: "


def translate(sentence: str) -> str:
    """Return the sentence in the page's language, or in English and marked so."""
    if language.current() == "en" or not sentence:
        return sentence
    is_test = sentence.startswith(_LEAD)
    told = [_one(part) for part in re.split(r"(?<=\.) ", sentence.removeprefix(_LEAD))]
    if any(part is None for part in told):
        return Markup('<span lang="en">%s</span>') % sentence
    lead = _("TEST: ") if is_test else ""
    return lead + " ".join(part for part in told if part)


def _one(sentence: str) -> str | None:
    found = recognise(sentence, FORMS)
    if found is None:
        return None
    form, values = found
    return look_up(form) % {name: _value(name, text) for name, text in values.items()}


def _value(name: str, text: str) -> str:
    if name == "clock":
        return _clock(text)
    if name.endswith("span"):
        return _span(text)
    if name in ("room", "sensor"):
        return words.label(text).lower()
    if name == "missing":
        return _(" or ").join(_(part) for part in text.split(" or "))
    return _(text) if text in _PARTS else text


def _clock(text: str) -> str:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return text
    hour, weekday, day, month = found.groups()
    on = datetime.strptime(f"{day} {month} 2024", "%d %B %Y").date()  # noqa: DTZ007  # a day alone
    return _(
        "%(hour)s on %(weekday)s %(day)s",
        hour=hour,
        weekday=_(weekday),
        day=words.day_and_month(on),
    )


def _span(text: str) -> str:
    found = _SPAN.fullmatch(text)
    if found is None:
        return text
    days, hours, minutes = (int(part or 0) for part in found.groups())
    told = [_n("%(n)s day", "%(n)s days", days)] if days else []
    told += [_n("%(n)s hour", "%(n)s hours", hours)] if hours else []
    if minutes or not told:
        told.append(_n("%(n)s minute", "%(n)s minutes", minutes))
    return " ".join(told)
