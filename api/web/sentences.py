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
    N_(
        "No sign of movement since the first reading at %(clock)s (%(span)s when this was raised); "
        "usually something every %(usual_span)s at this time of day."
    ),
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
    N_(
        "The warmest room is %(warm)s °C; below %(limit)s °C since %(clock)s and not back at "
        "%(over)s °C yet (%(span)s when this was raised)."
    ),
    N_(
        "The warmest room is %(warm)s °C; below %(limit)s °C since %(clock)s (%(span)s when this "
        "was raised)."
    ),
    N_(
        "The coolest room is %(warm)s °C; above %(limit)s °C since %(clock)s and not back at "
        "%(over)s °C yet (%(span)s when this was raised)."
    ),
    N_(
        "The coolest room is %(warm)s °C; above %(limit)s °C since %(clock)s (%(span)s when this "
        "was raised)."
    ),
    N_(
        "The warmest room is %(warm)s °C and falling: since %(clock)s it has fallen %(short)s °C "
        "behind what is usual at these hours in this home, and no door or window is known to have "
        "stood open."
    ),
    N_(
        "This home has not been seen since %(clock)s (%(span)s when this was raised), because "
        "%(because)s; its mains failed at %(mains_clock)s."
    ),
    N_(
        "This home has not been seen since %(clock)s (%(span)s when this was raised), because "
        "%(because)s."
    ),
    N_("Nobody knows whether the person is well."),
    N_(
        "%(count)s home cannot be seen because %(hidden)s, the first since %(clock)s, and are past "
        "the limit: %(tiers)s."
    ),
    N_(
        "%(count)s homes cannot be seen because %(hidden)s, the first since %(clock)s, and are "
        "past the limit: %(tiers)s."
    ),
    N_(
        "%(count)s home in %(sector)s cannot be seen because %(hidden)s, the first since "
        "%(clock)s, and are past the limit: %(tiers)s."
    ),
    N_(
        "%(count)s homes in %(sector)s cannot be seen because %(hidden)s, the first since "
        "%(clock)s, and are past the limit: %(tiers)s."
    ),
    N_("Nobody knows whether these people are well."),
    N_("The %(sensor)s sensor has not been heard at all since it was enrolled."),
    N_("The %(sensor)s sensor in the %(room)s has not been heard at all since it was enrolled."),
    N_(
        "The %(sensor)s sensor has not been heard at all since another was put in its place at "
        "%(clock)s."
    ),
    N_(
        "The %(sensor)s sensor in the %(room)s has not been heard at all since another was put in "
        "its place at %(clock)s."
    ),
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
    N_(
        "The %(sensor)s sensor has not been heard since %(clock)s, while the home was in use: it "
        "usually sees somebody about %(missed)s times in such a while, and is told from %(limit)s "
        "on."
    ),
    N_(
        "The %(sensor)s sensor in the %(room)s has not been heard since %(clock)s, while the home "
        "was in use: it usually sees somebody about %(missed)s times in such a while, and is told "
        "from %(limit)s on."
    ),
    N_(
        "The %(sensor)s sensor still speaks and has seen nobody since %(clock)s, while the home "
        "was in use: it usually does about %(missed)s times in such a while, and is told from "
        "%(limit)s on."
    ),
    N_(
        "The %(sensor)s sensor in the %(room)s still speaks and has seen nobody since %(clock)s, "
        "while the home was in use: it usually does about %(missed)s times in such a while, and "
        "is told from %(limit)s on."
    ),
    N_(
        "The %(sensor)s sensor has gone on and off without a pause since %(clock)s: what it says "
        "is not taken for the person any more."
    ),
    N_(
        "The %(sensor)s sensor in the %(room)s has gone on and off without a pause since "
        "%(clock)s: what it says is not taken for the person any more."
    ),
    N_("The gateway has not been heard at all since it was enrolled."),
    N_("The gateway went offline at %(clock)s."),
    N_("The gateway has not been heard since %(clock)s; expected at least every %(span)s."),
    N_("It said that its mains failed at %(clock)s."),
    N_(
        "Mains failed at %(clock)s, the gateway says; it runs on its battery, and the home will "
        "not be seen once that is empty."
    ),
    N_("%(lost)s of %(total)s gateways of this place are lost at the same time."),
    N_("Mains failed: %(failed)s of them had said so."),
    N_(
        "%(heard)s homes of this place were heard in the last hour, where about %(expected)s are "
        "usual at this time of day; nothing has been heard of the others since %(clock)s or before."
    ),
    N_(
        "Mains failed in %(sector)s: %(failed)s of %(total)s gateways said so and %(lost)s are "
        "silent, the first since %(clock)s."
    ),
    N_("Those that still answer run on their batteries."),
    N_(
        "%(lost)s of %(total)s gateways in %(sector)s went dark together, the first at %(clock)s: "
        "power or lines may have failed in one street."
    ),
    N_(
        "An outside door was used at %(clock)s and nothing has moved inside since (%(span)s when "
        "this was raised, %(wait_span)s is the limit); usual in %(share)s of nights."
    ),
    N_(
        "Activity is later in the day than usual, for %(days_span)s: these days are more like this "
        "home's usual day moved on by an hour and a half."
    ),
    N_(
        "Activity is earlier in the day than usual, for %(days_span)s: these days are more like "
        "this home's usual day moved back by an hour and a half."
    ),
    N_(
        "Signs of movement yesterday: %(signs)s, usually about %(usual)s a day; fewer than usual "
        "for %(days_span)s."
    ),
    N_("With %(others)s in the home, %(caution)s."),
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
        "The %(seat)s has been in use since %(clock)s at the latest (%(span)s when this was "
        "raised) with no movement elsewhere; the longest such time of a usual day is "
        "%(usual_span)s."
    ),
    N_(
        "Kettle, cooker and fridge were not used this %(part)s by %(hour)s, nor in the part of the "
        "day before; usually one of them is by about %(usual)s, on %(share)s of days."
    ),
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
    N_("Test alarm at %(clock)s: the way that alerts take is proven."),
    N_("%(signal)s in the %(room)s, %(why)s, received at %(clock)s."),
    N_("%(signal)s, %(why)s, received at %(clock)s."),
    N_("%(signal)s in the %(room)s, received at %(clock)s."),
    N_("%(signal)s, received at %(clock)s."),
    N_("The device's clock said %(date)s."),
    N_("A life-safety signal from a sensor whose home cannot be looked up."),
    N_(
        "Something moved at %(clock)s in this home, which is paused for %(away)s until "
        "%(until_clock)s."
    ),
    N_("Something moved at %(clock)s in this home, which is paused for %(away)s."),
    N_("Something moved at %(clock)s in this home, which is paused."),
    N_("Is the person home again? If so, end the pause: until then no silence is noticed here."),
    N_("The pause of this home for %(away)s ends at %(clock)s; from then on it is watched again."),
    N_("If the person is not back by then, extend it."),
    N_("The pause of this home for %(away)s ended at %(clock)s: it is watched again."),
    N_("Make sure that the person is back, or pause it again."),
    N_(
        "Nobody is on call for %(team)s from %(clock)s; change the rota so that alerts of that "
        "time reach somebody at once."
    ),
    N_("This was found at %(clock)s; it is raised now, as its detector was switched live."),
)
"""Every sentence that is recognised, in the engine's words; what fits two, by the first."""

VALUES: Final = (
    N_("morning"),
    N_("afternoon"),
    N_("evening"),
    N_("night"),
    N_("its sensors are silent or unreachable"),
    N_("no sensor that tells of the person is left in it: what did was moved away"),
    N_("its gateway is silent"),
    N_("its place has an outage"),
    N_("Stillwell has lost its own connection to the broker"),
    N_("it moved house and no walk test has been passed there"),
    N_("our own connection is lost"),
    N_("of an outage"),
    N_("less than 1 %"),
    N_("more than one person"),
    N_("a pet"),
    N_("more than one person and a pet"),
    N_("all visits are counted, whoever made them"),
    N_("whoever used the door, somebody else may be inside"),
    N_("the activity of all is counted"),
    N_("the movement of all is counted"),
    N_("the bed may be another's"),
    N_("somebody else may be in the bed"),
    N_("somebody else may be in the chair"),
    N_("it does not show who eats"),
    N_("Smoke or fire alarm"),
    N_("Carbon monoxide alarm"),
    N_("Water on the floor"),
    N_("Help button pressed"),
    N_("Fall detected"),
    N_("from a sensor that is not enrolled"),
    N_("from a gateway that is not enrolled"),
    N_("from a gateway that publishes under another place's name"),
    N_("from a home that is not being watched"),
    N_("from a message that the broker had kept, so it may be old"),
    N_("a hospital stay"),
    N_("a holiday"),
    N_("works"),
)
"""Words that fill a place in them, in the engine's words."""

_CLOCK: Final = re.compile(r"(\d\d:\d\d) on (\w+) (\d+) (\w+)")
_SPAN: Final = re.compile(r"(?:(\d+) days?)?\s?(?:(\d+) h)?\s?(?:(\d+) min)?")
_MISSING: Final = (
    N_("a manufacturer of record"),
    N_("a safety officer"),
    N_("a support contact"),
    N_("a fallback staffed for 24 hours"),
)
_TIERS: Final = (N_("%(count)s of risk tier %(tier)s (%(span)s)"),)
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


def _one(sentence: str, forms: tuple[str, ...] = FORMS) -> str | None:
    found = recognise(sentence, forms)
    if found is None:
        return None
    form, values = found
    return look_up(form) % {name: _value(name, text) for name, text in values.items()}


def _value(name: str, text: str) -> str:
    if name.endswith("clock"):
        return _clock(text)
    if name.endswith("span"):
        return _span(text)
    if name == "date":
        return _date(text)
    if name in ("room", "sensor", "seat"):
        return words.label(text).lower()
    if name == "missing":
        return _(" or ").join(_(part) for part in text.split(" or "))
    if name == "tiers":
        return ", ".join(_one(part, _TIERS) or part for part in text.split(", "))
    return look_up(text) if text in VALUES else text


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


def _date(text: str) -> str:
    try:
        day = datetime.strptime(text, "%d %B %Y").date()  # noqa: DTZ007  # a day alone
    except ValueError:
        return text
    return f"{words.day_and_month(day)} {day.year}"


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
