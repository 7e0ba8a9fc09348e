"""Alerts as lines of text, ready for a template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from sqlalchemy import Connection

from alerts.alert import (
    CONTINUING,
    SILENCES,
    STANDING,
    AlertKind,
    Outcome,
    Priority,
    State,
    Verdict,
    reference,
)
from alerts.attempts import Attempt
from api.queries import Alert, Event, Unwatched
from api.resources import Resources
from api.web import words
from config import people
from config.contacts import Contact

TAGS: Final = {
    Priority.P1: ("P1 Life safety", "govuk-tag--red"),
    Priority.P2: ("P2 Person at risk", "govuk-tag--orange"),
    Priority.P3: ("P3 To review", "govuk-tag--yellow"),
    Priority.T: ("Technical", "govuk-tag--grey"),
}
"""How a priority reads, and the colour of its tag."""

OUTCOMES: Final = {
    Outcome.SPOKEN_TO: "Spoken to",
    Outcome.SEEN_WELL: "Seen well",
    Outcome.NEEDS_HELP: "Needs help",
    Outcome.REFERRED: "Referred to another service",
    Outcome.FALSE_VISITOR: "Not a concern: a visitor, carer or pet",
    Outcome.FALSE_SENSOR: "Not a concern: the sensor was wrong",
    Outcome.TEST: "A test",
    Outcome.OTHER: "Something else",
}
"""How an outcome reads."""

VERDICTS: Final = {
    Verdict.PERSON: "The person, not the equipment",
    Verdict.AWAY: "The person being away",
    Verdict.VISITOR: "A booked visitor is there; still no sign of the person",
    Verdict.SENSOR: "A sensor: what the person does cannot be told from it",
    Verdict.GATEWAY: "The gateway: nothing is known of the person",
    Verdict.OUTAGE: "An outage: nothing is known of the people",
    Verdict.UNKNOWN: "Unknown",
}
"""What an alert comes from."""

_KINDS: Final = {
    AlertKind.NO_SIGN_OF_LIFE: "No sign of movement",
    AlertKind.PENDANT: "Help button",
    AlertKind.HOME_AGAIN: "Home again?",
    AlertKind.PAUSE_ENDS: "Pause ends",
    AlertKind.ROTA_GAP: "Gap in the rota",
}
"""Kinds that read better than their code."""

_EVENTS: Final = {
    "raise": "Raised",
    "repeat": "Signalled again",
    "acknowledge": "Taken on",
    "accept": "Taken over at hand-over",
    "join": "The same again, or of a few homes more",
    "spread": "Many homes more, or of another risk tier: told again",
    "confirm": "Seen; others still have to confirm",
    "escalate": "Told the next",
    "attend": "On the way",
    "time-out": "Back on the queue: nobody said more in time",
    "resolve": "Resolved",
    "ease": "Moving again: please confirm",
    "unease": "Quiet again",
    "work-again": "Works again",
    "contradict": "Late data showed that it was wrong",
    "over": "Ended: what it told of is over",
    "come-back": "Raised again: no new sign since it was resolved",
}
_REASONS: Final = {
    "gateway": "its gateway is silent",
    "sensor": "its sensors are silent or out of reach",
    "outage": "an outage of its place or street",
    "link": "Stillwell has lost its own connection",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One alert in a list."""

    id: str
    reference: str
    place: str
    subject: str
    kind: str
    priority: str
    tag: str
    tag_class: str
    sentence: str
    raised_iso: str
    raised: str
    state: str
    is_standing: bool
    is_taken: bool
    notices: Sequence[str]


@dataclass(frozen=True, slots=True)
class UnwatchedLine:
    """One home that cannot be seen."""

    home: str
    label: str
    place: str
    text: str
    tier: int


def kind_text(kind: AlertKind) -> str:
    """Return how a kind reads."""
    return _KINDS.get(kind) or words.label(kind.value)


def subject(alert: Alert) -> str:
    """Return what the alert is about, by the name that its reader may see."""
    if alert.label:
        return alert.label
    if alert.home:
        return f"Home {alert.home[:8]}"
    if alert.gateway:
        return f"Gateway {alert.gateway}"
    if alert.kind is AlertKind.UNWATCHED_HOME:
        return "Homes that cannot be seen"
    if alert.kind in (AlertKind.OUTAGE, AlertKind.ROTA_GAP):
        return kind_text(alert.kind)
    return "Unknown sender"


_EASED: Final = {
    AlertKind.COLD_HOME: "Warm again",
    AlertKind.VERY_COLD_HOME: "Warm again",
    AlertKind.HOT_HOME: "Cooler again",
    AlertKind.VERY_HOT_HOME: "Cooler again",
    AlertKind.UNWATCHED_HOME: "Seen again",
    AlertKind.LONG_IN_ROOM: "Moving in another room",
    AlertKind.HEATING_FAILED: "Warmer again",
    AlertKind.BED_LEFT: "Back in bed",
    AlertKind.SEAT_NOT_LEFT: "Moving again",
    AlertKind.MISSED_DOSE: "A dose taken since",
    AlertKind.KITCHEN_UNUSED: "Kitchen used since",
    AlertKind.VISIT_NOT_SEEN: "Door used since",
}
"""What has changed when an alert that is no silence was eased."""


def names_in(connection: Connection, alerts: Sequence[Alert]) -> Mapping[str, str]:
    """Return the names of everybody who took on or resolved one of these."""
    ids = {who for a in alerts for who in (a.acknowledged_by, a.attending_by, a.resolved_by)}
    return people.names(connection, frozenset(i for i in ids if i))


def line(
    alert: Alert, resources: Resources, names: Mapping[str, str], now_us: int, me: str
) -> Line:
    """Return the alert as its reader sees it in a list, in its own place's time."""
    place = resources.places[alert.place]
    tag, tag_class = TAGS[alert.priority]
    return Line(
        id=alert.id,
        reference=reference(alert.id),
        place=place.name,
        subject=subject(alert),
        kind=kind_text(alert.kind),
        priority=alert.priority.value,
        tag=tag,
        tag_class=tag_class,
        sentence=alert.sentence,
        raised_iso=words.iso(alert.raised_us),
        raised=words.when(alert.raised_us, now_us, place.zone),
        state=state(alert, names, now_us, place.zone, me),
        is_standing=alert.state in STANDING,
        is_taken=alert.state in (State.ACKNOWLEDGED, State.ATTENDING),
        notices=notices(alert, now_us),
    )


def state(alert: Alert, names: Mapping[str, str], now_us: int, zone: tzinfo, me: str) -> str:
    """Return where the alert stands and with whom."""
    if alert.state is State.OPEN:
        return "Nobody has it yet"
    if alert.state is State.ACKNOWLEDGED:
        when = words.since(alert.acknowledged_us or 0, now_us, zone)
        who = alert.acknowledged_by or ""
        return f"{'You have' if who == me else f'{names.get(who, who)} has'} it, since {when}"
    if alert.state is State.ATTENDING:
        when = words.since(alert.attending_us or 0, now_us, zone)
        who = alert.attending_by or ""
        return f"{'You are' if who == me else f'{names.get(who, who)} is'} on the way, since {when}"
    if alert.state is State.RESOLVED and alert.outcome is not None:
        when = words.since(alert.resolved_us or 0, now_us, zone)
        who = names.get(alert.resolved_by or "", alert.resolved_by or "the system")
        return f"{OUTCOMES[alert.outcome]}: resolved by {who}, {when}"
    return f"Closed by the system, {words.since(alert.updated_us, now_us, zone)}"


def notices(alert: Alert, now_us: int) -> list[str]:
    """Return what a reader must know beside the sentence, which is of the moment it was raised."""
    found = []
    if alert.is_eased:
        found.append(f"{_EASED.get(alert.kind, 'Moving again')}: please confirm")
    elif alert.state in STANDING and alert.kind in SILENCES | CONTINUING:
        found.append(f"That is now {words.span(now_us - alert.onset_us)}")
    if alert.step:
        found.append("Raised again: no new sign since it was resolved")
    if alert.is_late:
        found.append("From late data")
    if alert.repeats:
        found.append(f"Signalled {alert.repeats + 1} times")
    return found


def unwatched_line(home: Unwatched, resources: Resources, now_us: int) -> UnwatchedLine:
    """Return since when and why a home cannot be seen."""
    place = resources.places[home.place]
    if not home.reason:
        return UnwatchedLine(home.home, home.label, place.name, "Seen again", home.risk_tier)
    when = words.since(home.since_us, now_us, place.zone)
    why = _REASONS.get(home.reason, words.label(home.reason).lower())
    text = f"Not seen since {when} ({words.span(now_us - home.since_us)}): {why}"
    return UnwatchedLine(home.home, home.label, place.name, text, home.risk_tier)


_RESULTS: Final = {
    "answered": "answered",
    "no-answer": "no answer",
    "voicemail": "voicemail",
    "wrong-number": "wrong number",
    "timed-out": "no answer in time",
    None: "being tried",
}


def contact_line(
    contact: Contact, attempts: Sequence[Attempt], turn: str, now_us: int, zone: tzinfo
) -> Mapping[str, object]:
    """Return one contact with what came of calling them, for the alert's page."""
    mine = [one for one in attempts if one.contact == contact.id]
    tried = [f"{words.since(one.at_us, now_us, zone)} {_RESULTS[one.result]}" for one in mine]
    who = contact.relation or words.label(contact.kind.value)
    return {
        "id": contact.id,
        "name": contact.name,
        "who": who + (", has a key" if contact.has_key else ""),
        "phone": contact.phone,
        "dial": contact.phone.replace(" ", ""),
        "is_next": contact.id == turn,
        "tried": "; ".join(tried),
        "stale": words.ago(contact.confirmed_us, now_us) if contact.is_stale(now_us) else "",
    }


def event_text(event: str) -> str:
    """Return what happened, in words."""
    return _EVENTS.get(event, words.label(event))


def event_line(
    event: Event, names: Mapping[str, str], now_us: int, zone: tzinfo
) -> Mapping[str, str]:
    """Return one line of history: when, what, who and what was said."""
    what = event_text(event.event)
    who = "the system" if event.actor == "system" else names.get(event.actor, event.actor)
    said = event.note
    for outcome, text in OUTCOMES.items():
        if said == outcome.value or said.startswith(f"{outcome.value}: "):
            said = text + said.removeprefix(outcome.value)
            break
    return {
        "when": words.since(event.at_us, now_us, zone),
        "iso": words.iso(event.at_us),
        "what": what,
        "who": who,
        "said": said,
    }
