"""What every service must say of itself: accessibility, privacy, cookies, and help."""

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import auth
from api.resources import Resources
from api.web import help_texts
from api.web.pages import name_of, only_place, render
from api.web.phrases import spoken

router: Final = APIRouter(include_in_schema=False)


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
            "household_days": resources.places[key].household_days,
            "device_days": resources.places[key].device_days,
            "audit_days": resources.places[key].kept_audit_days,
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
    return _page(request, "help.html", {"pages": help_texts.everything(), "is_help_page": True})


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
