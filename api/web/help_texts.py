"""Help on each page: what it is for, what to do, and whom to ask; one entry for each page.

A page shows its own, closed, below its first lines; ``/help`` shows all of them.
``tests/policy/test_help.py`` refuses a page without an entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from api.web.language import N_, _


@dataclass(frozen=True, slots=True)
class Help:
    """The help of one page, each part in the language of the page."""

    key: str
    title: str
    purpose: str
    deed: str
    ask: str


_SUPERVISOR: Final = N_("Ask your supervisor.")
_OFFICER: Final = N_("Ask the council officer of your place.")
_GOVERNANCE: Final = N_("Ask information governance at your place.")
_SUPPORT: Final = N_("Ask the support of your place: its address is at the foot of the page.")

_TEXTS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "mine": (
        N_("My alerts"),
        N_("What you have, and what nobody has yet."),
        N_(
            "Press “I'm going” before you set off, so that nobody else does too. Say how it ended: "
            "“Spoken to”, “Seen well” or “Needs help”."
        ),
        _SUPERVISOR,
    ),
    "alerts": (
        N_("Alerts"),
        N_(
            "The queue, the most urgent first: P1 is life safety, P2 a person at risk, P3 a change "
            "to review."
        ),
        N_(
            "Take the first line that nobody has, call, and say how it ended. Only a person ends "
            "an alert about a person."
        ),
        _SUPERVISOR,
    ),
    "alert": (
        N_("Alert"),
        N_("Why this alert was raised, what speaks for it and what was done."),
        N_("Take it, try the contacts in their order, write down who answered, and end it."),
        _SUPERVISOR,
    ),
    "incident": (
        N_("Incident file"),
        N_("All that is known of one alert, in order, for an inquiry or a complaint."),
        N_("Print it, or make the copy for release, which leaves out everybody else."),
        _GOVERNANCE,
    ),
    "unwatched": (
        N_("Unwatched homes"),
        N_("Homes that cannot be seen now: nothing is known of the people there."),
        N_("Ring them, the highest risk tier first, and write down what they said."),
        _SUPERVISOR,
    ),
    "homes": (
        N_("Homes"),
        N_("The homes of your places, and those in which somebody of a name is watched over."),
        N_("Search by name, or open a home to see its last sign."),
        _SUPERVISOR,
    ),
    "home": (
        N_("Home"),
        N_(
            "The last sign of the person, four weeks of activity, sensors and batteries. Grey "
            "means old: what is not known says so."
        ),
        N_("Open a day to see it room by room. Pause the home when the person is away."),
        _SUPERVISOR,
    ),
    "household": (
        N_("Household"),
        N_("Who lives in a home, whom to call, and how the home is watched."),
        N_("Change what is no longer true and check your answers; the second to save is told."),
        _OFFICER,
    ),
    "safeguarding": (
        N_("Safeguarding"),
        N_("Takes a contact out of a list at once, without telling them."),
        N_("Say why, without names. Only a second look by somebody who may lifts it again."),
        _OFFICER,
    ),
    "consent": (
        N_("Consent"),
        N_("On what ground a home is watched, until when, and what each sensor is for."),
        N_(
            "Record a new decision before the review day. Withdraw it when the person says so: "
            "nothing more is stored."
        ),
        _OFFICER,
    ),
    "end": (
        N_("End of enrolment"),
        N_("Stops watching a home for good, and says what happens to what is kept."),
        N_("Choose why and what is kept. In an emergency pause the home instead."),
        _OFFICER,
    ),
    "move": (
        N_("Moving house"),
        N_("Lets a home be at another address with the same person: help goes there at once."),
        N_("Enter it on the day, then have a walk test done. Nobody is missed there before."),
        _OFFICER,
    ),
    "devices": (
        N_("Devices"),
        N_("Replaces a gateway or a sensor, or moves one to another home."),
        N_("Follow the steps; the history stays with the home. A move needs a second person."),
        _OFFICER,
    ),
    "handover": (
        N_("Hand-over"),
        N_("What stands at the end of a shift goes to the next one by name."),
        N_("Hand over what stands; whoever comes accepts each alert."),
        _SUPERVISOR,
    ),
    "enrol": (
        N_("Enrol"),
        N_("A home is enrolled page by page; what you typed is kept for you."),
        N_("Answer one page after the other, check your answers, then issue the credential."),
        _OFFICER,
    ),
    "installing": (
        N_("Installations"),
        N_("The homes that are installed today: consent, credentials and walk test."),
        N_("Issue the credential, begin the walk test, and walk past every sensor."),
        _OFFICER,
    ),
    "rota": (
        N_("Who is told"),
        N_("Who is on call now and next, gaps ahead, and who is told step by step."),
        N_("Close each gap before it comes."),
        _OFFICER,
    ),
    "rota-week": (
        N_("Rota"),
        N_("Who is on call in a team, week by week, and where nobody is."),
        N_(
            "Add, change, copy or end a shift, or let somebody else do a single one. You see the "
            "week and its gaps before it is saved."
        ),
        _OFFICER,
    ),
    "places": (
        N_("Places"),
        N_("The places that you work for, your roles there, and what stands."),
        N_("Open a place to see what holds there, or its homes or alerts."),
        _SUPPORT,
    ),
    "place": (
        N_("Place"),
        N_("What is decided for a place: who is told, of how much, and who may do what."),
        N_("Open what you want to change. You see what would be different before it is saved."),
        _SUPPORT,
    ),
    "ladder": (
        N_("Ladder"),
        N_("Who is told of an alert that nobody has taken, and how long before the next."),
        N_("Fill in each step. The last one must name people who are there at every hour."),
        _OFFICER,
    ),
    "budget": (
        N_("Alert budget"),
        N_("How many alerts your team can answer, beside how many are to be expected."),
        N_("Change it when your team grows or shrinks, and say why."),
        _OFFICER,
    ),
    "texts": (
        N_("Texts of messages"),
        N_("What your teams are sent about an alert, in English and Welsh."),
        N_("Type, look at the preview, and keep it short: one text message each."),
        _OFFICER,
    ),
    "teams": (
        N_("Teams"),
        N_("Who is told together, or takes turns on call."),
        N_("Add whoever joined, take out whoever left. Shifts that need somebody say so."),
        _OFFICER,
    ),
    "people": (
        N_("People"),
        N_("Who may do what at your places."),
        N_("Invite with the fewest roles needed, and take roles when somebody leaves."),
        _GOVERNANCE,
    ),
    "detectors": (
        N_("Detectors"),
        N_("What each detector looks for, and whether what it finds is sent."),
        N_("Judge the findings first. Switch one live only on that evidence."),
        _SUPPORT,
    ),
    "findings": (
        N_("Findings to judge"),
        N_("What detectors in shadow found and sent to nobody."),
        N_("Say of each whether it was true, false or unclear."),
        _SUPPORT,
    ),
    "caps": (
        N_("Longer limits"),
        N_("Homes that are often quiet for longer at one time of day."),
        N_("Accept a longer limit by name and for some days, or leave it."),
        _OFFICER,
    ),
    "home-settings": (
        N_("Settings of a home"),
        N_("What holds for one home: the settings of its place, and those of its own."),
        N_("Set one only where the home differs, say why, and take it back once it does not."),
        _SUPPORT,
    ),
    "rehearse": (
        N_("Rehearse"),
        N_("What other settings would have alerted over the past."),
        N_("Pick settings and dates. Long work goes on without you and is found here again."),
        _SUPPORT,
    ),
    "measures": (
        N_("Measures"),
        N_("How soon alerts were answered, and how many there were."),
        N_("Open a figure to see its arithmetic, or take all of them as CSV."),
        _OFFICER,
    ),
    "counts": (
        N_("Numbers"),
        N_("Places as numbers; small ones are left out so that nobody is known by them."),
        N_("Compare them week by week."),
        _OFFICER,
    ),
    "hub": (
        N_("Hub"),
        N_("Your places side by side as counts and health; no home and nobody is named."),
        N_("Look at what is bold first, and call the team of that place."),
        _SUPPORT,
    ),
    "system": (
        N_("System"),
        N_("Whether the processes live and the path of alarms is proven."),
        N_("Work through what is not ready, then through what was refused."),
        _SUPPORT,
    ),
    "audit": (
        N_("Audit log"),
        N_("Who looked at or changed what, and whether the log is whole."),
        N_("Search by place, person or home. Take notice of emergency access."),
        _GOVERNANCE,
    ),
    "data-requests": (
        N_("Data requests"),
        N_("What is kept about a person: a copy, a legal hold, an erasure."),
        N_("Look for the home, make the copy, and note the case without names."),
        _GOVERNANCE,
    ),
    "break-glass": (
        N_("Emergency access"),
        N_("A role for a few hours when nobody who has it can be reached."),
        N_("Say why and for how long. Information governance is told at once."),
        _GOVERNANCE,
    ),
    "me": (
        N_("Your account"),
        N_("Your password, a second step, tokens for programs, and where you are signed in."),
        N_("Switch on the second step. Sign out everywhere if a phone or a computer is lost."),
        _SUPPORT,
    ),
    "sign-in": (
        N_("Sign in"),
        N_("Opens your session on this device."),
        N_("Type your e-mail and password, and the code if you have a second step."),
        _SUPERVISOR,
    ),
    "about": (
        N_("About this service"),
        N_("What every service must say: accessibility, privacy, cookies and help."),
        N_("Write to support when something here keeps you from your work."),
        _SUPPORT,
    ),
    "offline": (
        N_("Without a connection"),
        N_("What a phone shows while it has no connection."),
        N_("Go on tapping: what you tap is kept and sent once the connection is back."),
        _SUPERVISOR,
    ),
}
"""By key: title, what the page is for, what to do there, whom to ask."""

ROUTES: Final[Mapping[str, str]] = {
    "/accessibility": "about",
    "/alerts": "alerts",
    "/alerts/{alert}": "alert",
    "/alerts/{alert}/incident": "incident",
    "/audit": "audit",
    "/break-glass": "break-glass",
    "/caps": "caps",
    "/contacts/{contact}/safeguard": "safeguarding",
    "/cookies": "about",
    "/counts": "counts",
    "/data-requests": "data-requests",
    "/detectors": "detectors",
    "/device-moves": "devices",
    "/device-moves/{move}": "devices",
    "/detectors/findings": "findings",
    "/detectors/findings/{finding}": "findings",
    "/detectors/{place}/{detector}": "detectors",
    "/enrol": "enrol",
    "/enrol/{draft}/check": "enrol",
    "/enrol/{draft}/{step}": "enrol",
    "/handover": "handover",
    "/help": "about",
    "/homes": "homes",
    "/homes/{home_id}": "home",
    "/homes/{home_id}/announced": "devices",
    "/homes/{home_id}/case-file": "home",
    "/homes/{home_id}/consent": "consent",
    "/homes/{home_id}/consent/record": "consent",
    "/homes/{home_id}/consent/withdraw": "consent",
    "/homes/{home_id}/days/{on}": "home",
    "/homes/{home_id}/devices": "devices",
    "/homes/{home_id}/end": "end",
    "/homes/{home_id}/move": "move",
    "/homes/{home_id}/gateways/{gateway}/replace": "devices",
    "/homes/{home_id}/household": "household",
    "/homes/{home_id}/moves": "devices",
    "/homes/{home_id}/moves/new": "devices",
    "/homes/{home_id}/household/{step}": "household",
    "/homes/{home_id}/installation": "installing",
    "/homes/{home_id}/safeguards/{number}/lift": "safeguarding",
    "/homes/{home_id}/sensors/{sensor}/replace": "devices",
    "/homes/{home_id}/settings": "home-settings",
    "/homes/{home_id}/settings/{name}": "home-settings",
    "/homes/{home_id}/welfare-calls": "unwatched",
    "/hub": "hub",
    "/installations": "installing",
    "/invitation/{token}": "sign-in",
    "/me": "me",
    "/measures": "measures",
    "/mine": "mine",
    "/offline": "offline",
    "/people": "people",
    "/places": "places",
    "/places/{place}": "place",
    "/places/{place}/budget": "budget",
    "/places/{place}/ladder/{priority}": "ladder",
    "/places/{place}/rota": "rota-week",
    "/places/{place}/rota/shift/{shift}": "rota-week",
    "/places/{place}/rota/shift/{shift}/copy": "rota-week",
    "/places/{place}/rota/shift/{shift}/end": "rota-week",
    "/places/{place}/rota/turn/{spot}": "rota-week",
    "/places/{place}/teams": "teams",
    "/places/{place}/teams/{team}": "teams",
    "/places/{place}/texts": "texts",
    "/privacy": "about",
    "/rehearse": "rehearse",
    "/rehearse/{place}/new": "rehearse",
    "/rehearse/{place}/{number}": "rehearse",
    "/rota": "rota",
    "/sign-in": "sign-in",
    "/sign-in/code": "sign-in",
    "/system": "system",
}
"""By the route of a page, the key of its help."""


def of(request: Request) -> Help | None:
    """Return the help of the page that is answered, None where the address is no page.

    The list of unwatched homes is shown at the address of the queue.
    """
    path = getattr(request.scope.get("route"), "path", "")
    if path == "/alerts" and request.query_params.get("show") == "unwatched":
        return _help("unwatched")
    key = ROUTES.get(path)
    return None if key is None else _help(key)


def everything() -> list[Help]:
    """Return the help of every page, in the order in which it is read."""
    return [_help(key) for key in _TEXTS]


def _help(key: str) -> Help:
    title, purpose, deed, ask = _TEXTS[key]
    return Help(key, _(title), _(purpose), _(deed), _(ask))
