"""Alerts as lines of text, ready for a template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from sqlalchemy import Connection

from alerts.alert import (
    CHOICES,
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
from api.queries import Alert, Event
from api.resources import Resources
from api.web import sentences, words
from api.web.language import N_, _, _n
from api.web.pages import name_of
from config import people
from config.contacts import Contact

TAGS: Final = {
    Priority.P1: (N_("P1 Life safety"), "govuk-tag--red"),
    Priority.P2: (N_("P2 Person at risk"), "govuk-tag--orange"),
    Priority.P3: (N_("P3 To review"), "govuk-tag--yellow"),
    Priority.T: (N_("Technical"), "govuk-tag--grey"),
}
"""How a priority reads, and the colour of its tag."""

OUTCOMES: Final = {
    Outcome.SPOKEN_TO: N_("Spoken to"),
    Outcome.SEEN_WELL: N_("Seen well"),
    Outcome.NEEDS_HELP: N_("Needs help"),
    Outcome.REFERRED: N_("Referred to another service"),
    Outcome.FALSE_VISITOR: N_("Not a concern: a visitor, carer or pet"),
    Outcome.FALSE_SENSOR: N_("Not a concern: the sensor was wrong"),
    Outcome.TEST: N_("A test"),
    Outcome.OTHER: N_("Something else"),
    Outcome.ENROLMENT_ENDED: N_("The enrolment ended"),
}
"""How an outcome reads."""

FOUND: Final = {outcome: OUTCOMES[outcome] for outcome in CHOICES}
"""Those that somebody may say of an alert."""

VERDICTS: Final = {
    Verdict.PERSON: N_("The person, not the equipment"),
    Verdict.AWAY: N_("The person being away"),
    Verdict.VISITOR: N_("A booked visitor is there; still no sign of the person"),
    Verdict.SENSOR: N_("A sensor: what the person does cannot be told from it"),
    Verdict.GATEWAY: N_("The gateway: nothing is known of the person"),
    Verdict.OUTAGE: N_("An outage: nothing is known of the people"),
    Verdict.UNKNOWN: N_("Unknown"),
}
"""What an alert comes from."""

_KINDS: Final = {
    AlertKind.NO_SIGN_OF_LIFE: N_("No sign of movement"),
    AlertKind.PENDANT: N_("Help button"),
    AlertKind.HOME_AGAIN: N_("Home again?"),
    AlertKind.PAUSE_ENDS: N_("Pause ends"),
    AlertKind.ROTA_GAP: N_("Gap in the rota"),
}
"""Kinds that read better than their code."""

_EVENTS: Final = {
    "raise": N_("Raised"),
    "repeat": N_("Signalled again"),
    "acknowledge": N_("Taken on"),
    "accept": N_("Taken over at hand-over"),
    "join": N_("The same again, or of a few homes more"),
    "spread": N_("Many homes more, or of another risk tier: told again"),
    "confirm": N_("Seen; others still have to confirm"),
    "escalate": N_("Told the next"),
    "attend": N_("On the way"),
    "time-out": N_("Back on the queue: nobody said more in time"),
    "resolve": N_("Resolved"),
    "ease": N_("Moving again: please confirm"),
    "unease": N_("Quiet again"),
    "work-again": N_("Works again"),
    "contradict": N_("Late data showed that it was wrong"),
    "over": N_("Ended: what it told of is over"),
    "come-back": N_("Raised again: no new sign since it was resolved"),
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


def kind_text(kind: AlertKind) -> str:
    """Return how a kind reads."""
    return _(_KINDS[kind]) if kind in _KINDS else words.label(kind.value)


def subject(alert: Alert) -> str:
    """Return what the alert is about, by the name that its reader may see."""
    if alert.label:
        return alert.label
    if alert.home:
        return _("Home %(id)s", id=alert.home[:8])
    if alert.gateway:
        return _("Gateway %(id)s", id=alert.gateway)
    if alert.kind is AlertKind.UNWATCHED_HOME:
        return _("Homes that cannot be seen")
    if alert.kind in (AlertKind.OUTAGE, AlertKind.ROTA_GAP):
        return kind_text(alert.kind)
    return _("Unknown sender")


_EASED: Final = {
    AlertKind.COLD_HOME: N_("Warm again"),
    AlertKind.VERY_COLD_HOME: N_("Warm again"),
    AlertKind.HOT_HOME: N_("Cooler again"),
    AlertKind.VERY_HOT_HOME: N_("Cooler again"),
    AlertKind.UNWATCHED_HOME: N_("Seen again"),
    AlertKind.LONG_IN_ROOM: N_("Moving in another room"),
    AlertKind.HEATING_FAILED: N_("Warmer again"),
    AlertKind.BED_LEFT: N_("Back in bed"),
    AlertKind.SEAT_NOT_LEFT: N_("Moving again"),
    AlertKind.MISSED_DOSE: N_("A dose taken since"),
    AlertKind.KITCHEN_UNUSED: N_("Kitchen used since"),
    AlertKind.VISIT_NOT_SEEN: N_("Door used since"),
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
        place=name_of(place),
        subject=subject(alert),
        kind=kind_text(alert.kind),
        priority=alert.priority.value,
        tag=_(tag),
        tag_class=tag_class,
        sentence=sentences.translate(alert.sentence),
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
        return _("Nobody has it yet")
    if alert.state is State.ACKNOWLEDGED:
        when = words.since(alert.acknowledged_us or 0, now_us, zone)
        who = alert.acknowledged_by or ""
        if who == me:
            return _("You have it, since %(when)s", when=when)
        return _("%(who)s has it, since %(when)s", who=names.get(who, who), when=when)
    if alert.state is State.ATTENDING:
        when = words.since(alert.attending_us or 0, now_us, zone)
        who = alert.attending_by or ""
        if who == me:
            return _("You are on the way, since %(when)s", when=when)
        return _("%(who)s is on the way, since %(when)s", who=names.get(who, who), when=when)
    if alert.state is State.RESOLVED and alert.outcome is not None:
        when = words.since(alert.resolved_us or 0, now_us, zone)
        who = names.get(alert.resolved_by or "", alert.resolved_by or _("the system"))
        found = _(OUTCOMES[alert.outcome])
        return _("%(found)s: resolved by %(who)s, %(when)s", found=found, who=who, when=when)
    when = words.since(alert.updated_us, now_us, zone)
    return _("Closed by the system, %(when)s", when=when)


def notices(alert: Alert, now_us: int) -> list[str]:
    """Return what a reader must know beside the sentence, which is of the moment it was raised."""
    found = []
    if alert.is_eased:
        eased = _(_EASED.get(alert.kind, N_("Moving again")))
        found.append(_("%(eased)s: please confirm", eased=eased))
    elif alert.state in STANDING and alert.kind in SILENCES | CONTINUING:
        found.append(_("That is now %(span)s", span=words.span(now_us - alert.onset_us)))
    if alert.is_before_move and alert.state in STANDING:
        found.append(_("The person has moved house since: go to the address of now"))
    if alert.step:
        found.append(_("Raised again: no new sign since it was resolved"))
    if alert.is_late:
        found.append(_("From late data"))
    if alert.repeats:
        found.append(_n("Signalled %(n)s time", "Signalled %(n)s times", alert.repeats + 1))
    return found


_RESULTS: Final = {
    "answered": N_("answered"),
    "no-answer": N_("no answer"),
    "voicemail": N_("voicemail"),
    "wrong-number": N_("wrong number"),
    "timed-out": N_("no answer in time"),
    None: N_("being tried"),
}


def contact_line(
    contact: Contact, attempts: Sequence[Attempt], turn: str, now_us: int, zone: tzinfo
) -> Mapping[str, object]:
    """Return one contact with what came of calling them, for the alert's page."""
    mine = [one for one in attempts if one.contact == contact.id]
    tried = [f"{words.since(one.at_us, now_us, zone)} {_(_RESULTS[one.result])}" for one in mine]
    who = contact.relation or words.label(contact.kind.value)
    return {
        "id": contact.id,
        "name": contact.name,
        "who": who + (_(", has a key") if contact.has_key else ""),
        "phone": contact.phone,
        "dial": contact.phone.replace(" ", ""),
        "is_next": contact.id == turn,
        "tried": "; ".join(tried),
        "stale": words.ago(contact.confirmed_us, now_us) if contact.is_stale(now_us) else "",
    }


def event_text(event: str) -> str:
    """Return what happened, in words."""
    return _(_EVENTS[event]) if event in _EVENTS else words.label(event)


def event_line(
    event: Event, names: Mapping[str, str], now_us: int, zone: tzinfo
) -> Mapping[str, str]:
    """Return one line of history: when, what, who and what was said."""
    what = event_text(event.event)
    who = _("the system") if event.actor == "system" else names.get(event.actor, event.actor)
    said = event.note
    for outcome, text in OUTCOMES.items():
        if said == outcome.value or said.startswith(f"{outcome.value}: "):
            said = _(text) + said.removeprefix(outcome.value)
            break
    return {
        "when": words.since(event.at_us, now_us, zone),
        "iso": words.iso(event.at_us),
        "what": what,
        "who": who,
        "said": said,
    }
