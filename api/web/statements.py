"""What every service must say of itself: accessibility, privacy, cookies, and help."""

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import auth
from api.resources import Resources
from api.web.language import N_, _
from api.web.pages import name_of, only_place, render
from api.web.phrases import spoken

router: Final = APIRouter(include_in_schema=False)

_HELP: Final = (
    (
        N_("My alerts"),
        N_(
            "What you have, and what nobody has yet. Press “I'm going” before you set off, so that "
            "nobody else does too. Say how it ended: “Spoken to”, “Seen well” or “Needs help”."
        ),
    ),
    (
        N_("Alerts"),
        N_(
            "The queue, the most urgent first. P1 is life safety, P2 a person at risk, P3 a change "
            "to review. Only a person ends an alert about a person."
        ),
    ),
    (
        N_("Unwatched homes"),
        N_(
            "Homes that cannot be seen now. Nothing is known of the people there: ring them, the "
            "highest risk tier first."
        ),
    ),
    (
        N_("Homes"),
        N_(
            "The last sign of the person, four weeks of activity, sensors and batteries. Grey "
            "means old: what is unknown is never shown as “OK”."
        ),
    ),
    (
        N_("Hand-over"),
        N_("At the end of a shift the alerts that stand are handed over, and accepted by name."),
    ),
    (
        N_("Hub"),
        N_(
            "Whoever runs the hub sees its places side by side: homes, gateways, alerts that "
            "stand, how long the oldest has waited, and when the path of alarms was last proven."
        ),
    ),
    (
        N_("Your account"),
        N_(
            "Change your password, switch on a second step, and sign out everywhere if a phone or "
            "a computer is lost."
        ),
    ),
)
"""What each page of the day is for."""


@router.get("/accessibility")
def show_accessibility(request: Request) -> Response:
    """Show the accessibility statement."""
    return _page(request, "accessibility.html", {})


@router.get("/privacy")
def show_privacy(request: Request) -> Response:
    """Show the privacy notice; the purposes and times of a visitor's own places, of no other."""
    resources: Resources = request.app.state.resources
    visitor = _visitor(request)
    own = sorted(visitor.grants) if visitor else []
    places = [
        {
            "name": name_of(resources.places[key]),
            "days": resources.places[key].retention_days,
            "alert_days": resources.places[key].alert_days,
            "purposes": sorted({spoken(one) for one in resources.places[key].purposes.values()}),
            "contacts": resources.places[key].contacts,
        }
        for key in own
    ]
    return _page(request, "privacy.html", {"own": places})


@router.get("/cookies")
def show_cookies(request: Request) -> Response:
    """Show what is kept in the browser, and for how long."""
    resources: Resources = request.app.state.resources
    context = {"session": auth.cookie_name(resources), "hours": f"{resources.session_hours:g}"}
    return _page(request, "cookies.html", context)


@router.get("/help")
def show_help(request: Request) -> Response:
    """Show what each page is for, and what to do when something does not work."""
    return _page(request, "help.html", {"pages": [(_(title), _(text)) for title, text in _HELP]})


def _visitor(request: Request) -> auth.Visitor | None:
    resources: Resources = request.app.state.resources
    token = request.cookies.get(auth.cookie_name(resources), "")
    visitor = auth.find_visitor(resources, token)
    if visitor is not None:
        request.scope["visitor"] = visitor
    return visitor


def _page(request: Request, template: str, context: dict[str, Any]) -> Response:
    visitor = _visitor(request)
    place = only_place(request.app.state.resources, visitor) if visitor else None
    return render(request, template, {**context, "place": place})
