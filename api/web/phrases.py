"""Texts that the page shares with the command line and REST, in the language of the page.

They are put together in English, as figures and mistakes are everywhere. What they are made of
is known here: each form is recognised, and its values are put into the Welsh one. What is not
recognised stays as it was written.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from api.web import language, words
from api.web.language import N_, look_up

NAMES: Final = re.compile(r"%\((\w+)\)s")

_MISTAKES: Final = (
    N_("%(label)s: %(mistake)s"),
    N_("is empty, expected %(expected)s"),
    N_("an answer"),
    N_("Say why in words, expected %(expected)s"),
    N_("is %(shown)s, expected %(expected)s"),
    N_("is %(shown)s, which is in use already"),
    N_("has %(count)s characters, expected %(expected)s"),
    N_("1 to 200 of one line"),
    N_("1 to 200 characters"),
    N_("is %(shown)s, which is still to come"),
    N_("is %(shown)s, which is past: review it first"),
    N_("is still to come: enter the move on that day; until then help goes to the old door"),
    N_("is before %(day)s, since when the home is at its address: look at the day"),
    N_("is the address that is kept already: a slip in it is put right without a move"),
    N_("its enrolment has ended: enrol the household at its new address"),
    N_("it is a canary home: nobody lives there"),
    N_("nobody has entered who lives there and where: enter that instead"),
    N_("this home has not moved; nothing is to be taken back"),
    N_("it was entered more than %(hours)s hours ago: enter a move back instead"),
    N_("the former address cannot be read any more; enter it anew"),
    N_("is that of the first person, expected another"),
    N_("is that of somebody in home %(home)s; end that one first"),
    N_("is empty beside a consent, which says what each sensor is for"),
    N_("has a reason beside an NHS number; leave one out"),
    N_("has a name of a person in it, expected words that say nobody's name"),
    N_("has the address in it, expected words that say no address"),
    N_("the NHS number, or in 'untraced' why there is none"),
    N_("at most %(most)s characters, not %(count)s"),
    N_("words without control characters"),
    N_("words without %(sign)s, which stands for a letter that got lost"),
    N_("words: what begins with %(sign)s is a formula in a spreadsheet"),
    N_("%(least)s to %(most)s characters"),
    N_("a day that is past: nobody is born in the future"),
    N_("a day within the last %(years)s years"),
    N_("a day such as 1941-02-28 or 28/02/1941, or %(other)s"),
    N_("a day such as 1941-02-28 or 28/02/1941"),
    N_("ten digits, like 999 000 0018"),
    N_("an NHS number: its check digit does not fit, look for a slip in it"),
    N_("an NHS number that is given to people: this range is not"),
    N_("the code of a language such as en, cy or pl"),
    N_("a whole postcode like PE1 2AB"),
    N_("a postcode: its last two letters are never C, I, K, M, O or V"),
    N_("1 to 12 digits, without letters or E+ (format the column as text)"),
    N_("up to 20 digits, letters, # and *"),
    N_("a number from 1 to %(most)s"),
    N_("yes or no"),
    N_("alone, accompanied or never"),
    N_("1 (the highest), 2 or 3"),
    N_("one of %(choices)s"),
    N_("8 to 40 of a-z, 0-9 and -, or nothing to draw one"),
    N_("up to 60 letters, digits and / . _ -, without names"),
    N_("at most %(most)s characters"),
    N_("a telephone number like 01632 960 001"),
    N_("a day after decided_on and within a year of it"),
    N_(
        "attorney, deputy, court or meeting: nobody decides in their own best interests; what the "
        "person decides is a consent"
    ),
    N_(
        "person, attorney or deputy: a court or a meeting decides in the person's best interests"
    ),
)  # fmt: skip
_SENSORS: Final = (
    N_("is enrolled in this home already"),
    N_(
        "has a name in the hub that may be a person's, so it is not kept: rename it there after "
        "its room and what it is, such as hall-motion, and it is announced again"
    ),
    N_("measures what the consent names no purpose for: record that purpose first"),
    N_("tells nothing that Stillwell reads"),
    N_(
        "is enrolled in another home: a device is moved from home to home by two people, one who "
        "asks for it and one who agrees"
    ),
    N_("is announced no more: switch it on, or pair it with the hub again"),
    N_("is not announced by a gateway of this home"),
    N_("was chosen twice"),
    N_("has no room: say where it is, such as hall"),
    N_("has a room of %(count)s characters, expected a word for it of at most 40"),
    N_("cannot be used as %(shown)s, expected one of %(choices)s"),
    N_("Nothing was chosen: choose at least one device"),
    N_(
        "The consent of this home is not recorded: record it first, then accept its sensors"
    ),
    N_("The home has ended; enrol it again"),
    N_("Somebody else accepted one of these meanwhile; nothing was saved, look again"),
    N_("expected the list of devices that Zigbee2MQTT writes"),
    N_("expected the list of devices that Zigbee2MQTT writes, as JSON"),
    N_("expected the list of devices that Zigbee2MQTT writes, each with its ieee_address"),
    N_("expected the list of devices that Zigbee2MQTT writes, found it nested too deeply"),
    N_("expected the list of devices that Zigbee2MQTT writes, found a Zigbee address twice"),
    N_("expected the list of devices that Zigbee2MQTT writes, found a name twice"),
    N_("expected at most %(most)s bytes of devices"),
    N_("expected at most %(most)s devices"),
    N_("too large to be a reading"),
    N_("no consent is recorded, so nothing is kept of its devices"),
)  # fmt: skip
_REPLACING: Final = (
    N_("The new device %(mistake)s"),
    N_(
        "does not tell %(kind)s, which the old device measures here: choose one that does, or add "
        "this one as a further sensor of the home"
    ),
    N_(
        "That is the address that it has; give the new device a name of its own in the hub, and "
        "say that"
    ),
    N_(
        "The %(kind)s sensor in the %(room)s of this home has that address: give the new device a "
        "name of its own in the hub"
    ),
    N_(
        "The %(kind)s sensor of this home has that address: give the new device a name of its own "
        "in the hub"
    ),
    N_(
        "The address has %(count)s characters, expected 1..255 without + and #: what the hub calls "
        "the new device"
    ),
    N_("The model has %(count)s characters, expected at most 80 that can be printed"),
    N_(
        "Why has %(count)s characters, expected 1..200 without line breaks; say in a few words, "
        "without names, why it is replaced"
    ),
    N_("The consent of this home is not recorded: record it first"),
    N_(
        "This device is not of one home alone; the operator of the service takes it out and enrols "
        "another"
    ),
)
_FIGURES: Final = (
    N_("%(name)s: no value; %(how)s"),
    N_("%(name)s: %(value)s; %(how)s"),
    N_("hour %(hour)s %(what)s"),
    N_("team %(team)s %(what)s"),
    N_("no team"),
    N_("nobody yet"),
    N_("acknowledged within %(seconds)s s of event"),
    N_("acknowledged within %(seconds)s s of receipt"),
    N_("attended, median"),
    N_("attended, 90th percentile"),
    N_("person spoken to or seen, median"),
    N_("person spoken to or seen, 90th percentile"),
    N_("resolved, median"),
    N_("resolved, 90th percentile"),
    N_("alerts of P2 and P3"),
    N_("alerts %(kind)s"),
    N_("actionable"),
    N_("resolved as %(outcome)s"),
    N_("storms"),
    N_("messages undelivered"),
    N_("hours offline"),
    N_("time watched"),
    N_("%(value)s hours each home"),
    N_("%(hours)s hours / %(homes)s homes; %(how)s"),
    N_("1 - %(hours)s / %(whole)s hours of homes; %(how)s"),
    N_("%(some)s of %(all)s homes could not be seen for a time"),
    N_("%(priority)s: %(count)s x %(each)s min = %(sum)s min"),
    N_("staff time: %(minutes)s min / 60 = %(hours)s h"),
    N_("free SMS: %(free)s a year x %(days)s / %(year)s days = %(sum)s"),
    N_("SMS: %(count)s - %(free)s = %(paid)s x %(pence)s = %(pounds)s"),
    N_("too few to tell"),
    N_("%(value)s per 100 homes a week"),
    N_("%(value)s hours"),
    N_("%(value)s alerts"),
    N_("1 alert"),
    N_("1 hour"),
    N_("%(count)s counted"),
    N_("over %(count)s P1 and P2 alerts, from receipt"),
    N_("%(part)s of %(whole)s P1 and P2 alerts"),
    N_("%(part)s of %(whole)s resolved needed help or were referred; tests left out"),
    N_("%(part)s of %(whole)s messages"),
    N_("%(how)s; the call-answering standard, another thing, is %(standard)s"),
    N_("%(how)s; 95 % interval %(low)s to %(high)s"),
    N_("hours with %(storm)s alerts or more; the largest %(largest)s"),
    N_("%(count)s alerts, %(homes)s homes, %(days)s days; the budget is %(budget)s"),
    N_("%(count)s alerts, %(homes)s homes, %(days)s days"),
    N_("1 alert, %(homes)s homes, %(days)s days; the budget is %(budget)s"),
    N_("1 alert, %(homes)s homes, %(days)s days"),
    N_("%(count)s alerts, 1 home, %(days)s days; the budget is %(budget)s"),
    N_("%(count)s alerts, 1 home, %(days)s days"),
    N_("1 alert, 1 home, %(days)s days; the budget is %(budget)s"),
    N_("1 alert, 1 home, %(days)s days"),
)
_BUDGET: Final = (
    N_(
        "Alert budget: %(budget)s per 100 homes a week; no day has been counted yet, so nothing is "
        "expected of it."
    ),
    N_(
        "Alert budget: about %(rate)s alerts per 100 homes a week are expected (%(low)s to "
        "%(high)s), the budget is %(budget)s."
    ),
    N_(
        "%(homes)s homes are too few to keep a budget: about %(rate)s alerts per 100 homes a week "
        "are expected (%(low)s to %(high)s), the budget is %(budget)s; from about %(needed)s homes "
        "on it can be kept within 20 %."
    ),
    N_(
        "The most patient setting still raises more: %(fixed)s by other detectors and %(silences)s "
        "silences, those past the cap of hours among them."
    ),
    N_(
        "No threshold moves these: accept longer limits by name, pause homes whose people are "
        "away, or leave detectors in shadow."
    ),
    N_("The strictest setting raises fewer."),
    N_("Silences are told at silence_z %(level)s since %(when)s."),
    N_("The budget is not in force: the place chose its own silence_z; as of %(when)s."),
    N_("The budget is not in force: it takes %(homes)s homes; as of %(when)s."),
    N_(
        "The budget is not in force: %(days)s of %(wanted)s days have been counted; as of %(when)s."
    ),
)
_DETECTORS: Final = (
    N_("%(count)s finding in shadow in 28 days"),
    N_("%(count)s findings in shadow in 28 days"),
    N_("%(found)s; no rate before a week in shadow with homes to watch"),
    N_("%(found)s, %(rate)s per 100 homes a week, over the %(weeks)s weeks in shadow"),
    N_("%(found)s, %(rate)s per 100 homes a week"),
    N_("%(true)s true, %(false)s false, %(unclear)s unclear in 12 weeks"),
    N_("%(counts)s; no precision yet"),
    N_("%(counts)s; precision %(share)s, 95 % interval %(low)s to %(high)s"),
    N_("%(judged)s; too few to judge by (%(decided)s of %(enough)s)"),
)
_HEALTH: Final = (
    N_("The worker has not started: run `stillwell worker`."),
    N_("The worker was last heard %(age)s s ago, expected under %(most)s s."),
    N_("The worker is not connected to the broker."),
    N_("Messages wait, and nothing was committed for %(age)s s."),
    N_("The journal cannot be written, so nothing is acknowledged."),
    N_("The engine has not looked for %(age)s s, so alerts are not raised."),
    N_("Nobody has looked at ladders for %(age)s s."),
    N_("Messages by %(channel)s have not been looked at for %(age)s s."),
    N_("The engine is failing, so alerts are not raised: %(error)s."),
    N_("The engine is %(age)s s behind, expected under %(most)s s."),
    N_("The broker lets anybody in without a password: set allow_anonymous false."),
    N_(
        "The broker kept %(kept)s of %(wanted)s messages for a worker that is away and dropped the "
        "others in silence: set max_queued_messages 5000000."
    ),
    N_(
        "The broker sends only %(count)s messages before the first is acknowledged: set "
        "max_inflight_messages 16000."
    ),
    N_("A killed broker forgets its queue: set persistence true."),
    N_("A killed broker forgets more than a minute of its queue: set autosave_interval 1."),
)
_LADDERS: Final = (
    N_("its fallback is only who is on call; name a team, a role or the place"),
    N_(
        "fallback.wait_min is %(minutes)s, expected %(least)s or more, because it is repeated "
        "until somebody answers"
    ),
    N_("it loops without any wait; give one rung a wait_min above 0"),
    N_(
        "a P1 that nobody answers comes to the fallback after %(minutes)s min, expected %(most)s "
        "or less: wait less, or go through the steps less often"
    ),
    N_("fallback.wait_min is %(minutes)s, expected %(most)s or less for a P1"),
    N_(
        "it has no team %(team)s, which the ladder of %(priority)s tells; keep the team or change "
        "that ladder first"
    ),
    N_("shift.%(number)s: %(person)s is no member of %(team)s (%(place)s)"),
    N_("shift.%(number)s.team is %(team)s, expected one of its teams (%(place)s)"),
    N_("a place needs one team at least; add another one first"),
    N_("is empty, expected words"),
    N_("has a line break or another control character, expected one line"),
    N_("has {%(name)s}, expected only %(names)s"),
    N_("does not have {%(name)s}, without which nobody finds the alert"),
    N_("has a brace that belongs to nothing, expected only %(names)s"),
    N_(
        "makes %(count)s characters with %(before)s before it, as a walk test has, expected at "
        "most %(most)s"
    ),
)
_INCIDENT: Final = (
    N_("the system"),
    N_("the place"),
    N_("the person"),
    N_("the console"),
    N_("a contact"),
    N_("a responder"),
    N_("Member of staff %(number)s"),
    N_("Tried %(whom)s by phone"),
    N_("Tried %(whom)s by the unit"),
    N_("Tried %(whom)s by a visit"),
    N_("Tried %(whom)s otherwise"),
    N_("Message queued: %(channel)s to %(whom)s"),
    N_("Message accepted by the provider: %(channel)s to %(whom)s"),
    N_("Message delivered: %(channel)s to %(whom)s"),
    N_("Message failed: %(channel)s to %(whom)s"),
    N_("Message bounced: %(channel)s to %(whom)s"),
    N_("Message withdrawn: %(channel)s to %(whom)s"),
    N_("Message muted: %(channel)s to %(whom)s"),
    N_("Handed over"),
    N_("Nobody accepted it in time: supervisors told"),
    N_("Home %(home)s could not be seen from now on"),
    N_("Home %(home)s was seen again"),
    N_("Began to call about home %(home)s, which could not be seen"),
    N_("Call about home %(home)s: nobody said what came of it"),
    N_("Call about home %(home)s: %(outcome)s"),
    N_("[withheld: %(count)s characters that may name somebody]"),
)
SHIPPED: Final = (
    N_("Lean: movement, front door, warmth, smoke, pendant"),
    N_("Night: as lean, with bed and bathroom"),
    N_("None yet: the gateway announces its sensors"),
    N_("To notice when the person may need help."),
    N_("To notice when nobody has moved for long."),
    N_("To tell being out from being still, and to notice going out at night."),
    N_("To notice when somebody has left the bed at night and not come back."),
    N_("To notice when the home is dangerously cold."),
    N_("To call for help when there is smoke."),
    N_("To call for help by a button."),
)
"""Kits and purposes that come with Stillwell; a place's own stay as the place wrote them."""

CODES: Final = (
    N_("90th percentile"),
    N_("Median"),
    N_("Acknowledge"),
    N_("Raise"),
    N_("Visit sent"),
    N_("Given back"),
    N_("Connected"),
    N_("Worker"),
    N_("Gateways"),
    N_("Rehearsals that were asked to tell of the home"),
    N_("What other settings would have alerted, in rehearsals"),
    N_("Times in which the home could not be seen"),
    N_("Found, and sent to nobody"),
    N_("Messages to staff about an alert"),
    N_("The home as it is registered"),
    N_("When gateways announced their devices"),
    N_("Devices that gateways announced"),
    N_("What happened to each alert"),
    N_("When an alert goes on to the next person"),
    N_("When pages were told that something changed"),
    N_("Who looked at or changed what"),
    N_("Whom to call"),
)
"""What becomes words from a code, or is named where no page is made."""

# Whole sentences come first: "a label: a mistake" fits whatever has a colon.
FORMS: Final = (
    *(*_BUDGET, *_HEALTH, *_LADDERS, *_INCIDENT, *_REPLACING, *_MISTAKES),
    *(*_SENSORS, *_FIGURES, *_DETECTORS),
)


def spoken(text: str) -> str:
    """Return the text in the page's language; one that no form fits stays as it is."""
    if language.current() == "en" or not text:
        return text
    if (known := look_up(text)) != text:
        return known
    found = recognise(text, FORMS)
    if found is None:
        return text
    form, values = found
    return filled(form, {name: _value(name, value) for name, value in values.items()})


def _value(name: str, text: str) -> str:
    return words.label(text).lower() if name in ("kind", "outcome", "room") else spoken(text)


def filled(form: str, values: Mapping[str, str]) -> str:
    """Return the form in the page's language with its places filled; other per cents stay."""
    return NAMES.sub(lambda place: values[place[1]], look_up(form))


def recognise(text: str, forms: tuple[str, ...]) -> tuple[str, dict[str, str]] | None:
    """Return the first form that the text was made by, and what fills it; None when none was."""
    for form, pattern in _patterns(forms):
        if found := pattern.fullmatch(text):
            return form, found.groupdict()
    return None


@cache
def _patterns(forms: tuple[str, ...]) -> list[tuple[str, re.Pattern[str]]]:
    return [(form, re.compile(_pattern(form))) for form in forms]


def _pattern(form: str) -> str:
    parts = NAMES.split(form)
    return "".join(f"(?P<{part}>.+?)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
