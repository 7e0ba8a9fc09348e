"""Renders templates: GOV.UK components in our own dress, with what every page needs."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader
from markupsafe import Markup

from api import health
from api.web import help_texts, language, phrases, proven, script_texts, words
from api.web.language import N_, _, look_up, look_up_form
from config import break_glass
from config.places import Place
from ingest.clock import microseconds

if TYPE_CHECKING:
    from api.auth import Visitor
    from api.resources import Resources

_HERE: Final = Path(__file__).parent.parent
STATIC: Final = _HERE / "static"
"""Styles and scripts, served under /static."""

LONGEST_RETURN: Final = 2000
"""Characters of an address to come back to, after signing in or in another language."""

OWN_COLOUR: Final = "#1d3f58"
"""The colour of pages that are of no single place."""

_INKS: Final = ("#ffffff", "#0b0c0c")
_LEAST_CONTRAST: Final = 4.5


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the navigation."""

    text: str
    href: str
    is_current: bool


@cache
def environment() -> Environment:
    """Return the templates, escaped throughout; the GOV.UK macros come from their package."""
    # The macros read attributes that callers leave out, so undefined names must be lenient.
    loaders = [
        FileSystemLoader(_HERE / "templates"),
        PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
    ]
    env = Environment(
        loader=ChoiceLoader(loaders), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    env.globals["asset"] = asset
    env.filters["long_day"] = words.long_day
    env.globals["_"] = _markup
    env.globals["_n"] = _markup_form
    return env


def _markup(message: str, /, **values: object) -> Markup:
    # Ours may hold tags; what is put into it is escaped.
    text = Markup(look_up(message))  # noqa: S704
    return text % values if values else text


def _markup_form(one: str, many: str, number: float, /, **values: object) -> Markup:
    text = Markup(look_up_form(one, many, number))  # noqa: S704
    return text % {"n": f"{number:,}", **values}


def asset(name: str) -> str:
    """Return the address of a static file, with its content's hash so that it never goes stale."""
    return f"/static/{name}?v={version(name)}"


@cache
def version(name: str) -> str:
    """Return the hash of a static file's content."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def render(
    request: Request, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HTMLResponse:
    """Return a page that needs no database: errors and sign-in."""
    visitor: Visitor | None = request.scope.get("visitor")
    place: Place | None = context.get("place")
    resources: Resources | None = getattr(request.app.state, "resources", None)
    page = {
        "nonce": request.scope.get("nonce", ""),
        **_speech(request, resources, status),
        "visitor": visitor,
        "links": _links(visitor, request.url.path),
        "help": help_texts.of(request),
        "place_name": "" if place is None else name_of(place),
        "brand_colour": OWN_COLOUR if place is None else place.brand_colour,
        "brand_ink": ink_on(OWN_COLOUR if place is None else place.brand_colour),
        **context,
        **_errors(context),
    }
    return HTMLResponse(environment().get_template(template).render(page), status)


def page(
    request: Request,
    visitor: "Visitor",
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
) -> HTMLResponse:
    """Return a page of a signed-in visitor: names its place and says how live it is."""
    resources: Resources = request.app.state.resources
    place = context.get("place") or only_place(resources, visitor)
    zone = zone_of(resources, place)
    is_fragment = request.query_params.get("fragment") == "1"
    now_us = microseconds(resources.clock())
    wall_us = microseconds(resources.wall())
    with resources.database.connect() as connection:
        beats = health.beats(connection)
    known = {
        "place": place,
        "zone": str(zone),
        "has_places": len(visitor.grants) > 1,
        "system": system_banner(beats.get(health.WORKER), wall_us, zone),
        "proven": proven.line(beats, sorted(visitor.grants), wall_us, zone),
        "as_at": {"text": words.moment(now_us, zone), "iso": words.iso(now_us)},
        "layout": "fragment.html" if is_fragment else "layout.html",
        "unnoticed": unnoticed(resources, visitor),
    }
    return render(request, template, {**known, **context, "place": place}, status=status)


def _errors(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is wrong with a form in the page's language."""
    errors = context.get("errors")
    if not isinstance(errors, Mapping):
        return {}
    return {"errors": {key: phrases.spoken(told) for key, told in errors.items()}}


def _speech(request: Request, resources: "Resources | None", status: int) -> dict[str, Any]:
    """Return the page's language and the other one, which is offered where a place speaks it."""
    spoken = language.current()
    offered = {
        "en",
        *(code for p in (resources.places if resources else {}).values() for code in p.languages),
    }
    other = next((code for code in language.LANGUAGES if code != spoken and code in offered), "")
    # What answered a form is no address to come back to; nor is one that leads nowhere, whose
    # ids an answer may not repeat: absent and foreign are one answer.
    leads_here = request.method in ("GET", "HEAD") and status < 400
    path = request.url.path if leads_here else "/"
    query = f"?{request.url.query}" if path != "/" and request.url.query else ""
    here = path + query if len(path) + len(query) <= LONGEST_RETURN else "/"
    return {
        "language": spoken,
        "languages": language.LANGUAGES,
        "other_language": other,
        "here": here,
        "script_texts": script_texts.told(),
    }


def name_of(place: Place) -> str:
    """Return the place's name in the language of the page."""
    return place.name_cy if language.current() == "cy" and place.name_cy else place.name


def unnoticed(resources: "Resources", visitor: "Visitor") -> int:
    """Return how many emergency accesses wait for this visitor's notice; 0 but for governance."""
    from config.roles import Role

    places = visitor.places(Role.GOVERNANCE)
    if not places:
        return 0
    with resources.database.connect() as connection:
        return break_glass.count_unnoticed(connection, places)


def only_place(resources: "Resources", visitor: "Visitor") -> Place | None:
    """Return the visitor's place, None when there are several."""
    return resources.places[next(iter(visitor.grants))] if len(visitor.grants) == 1 else None


def zone_of(resources: "Resources", place: Place | None) -> tzinfo:
    """Return the place's time zone; that of the first place where none is in view."""
    return (place or next(iter(resources.places.values()))).zone


def system_banner(worker: health.Beat | None, wall_us: int, zone: tzinfo) -> dict[str, str] | None:
    """Return what every page must say when it is not live, or None when all is well."""
    state = health.liveness(worker, wall_us)
    if state.replay_us is not None:
        when = words.moment(state.replay_us, zone)
        text = _("Replaying: %(when)s", when=when)
        return {"kind": "replay", "text": text, "more": _("This is not the present.")}
    more = _("New alerts do not reach this page. Use your usual fallback and tell support.")
    if worker is not None and state.is_live:
        dead = health.dead_threads(worker)
        text = _("Not live: %(part)s", part=phrases.spoken(dead[0])) if dead else ""
        return {"kind": "down", "text": text, "more": more} if dead else None
    if state.since_us is None:
        return {"kind": "down", "text": _("Not live: the system has not started"), "more": more}
    when = words.since(state.since_us, wall_us, zone)
    return {"kind": "down", "text": _("Not live since %(when)s", when=when), "more": more}


def ink_on(colour: str) -> str:
    """Return the colour of words on this one: black or white, whichever stands out more.

    Always by 4.5 to 1 at least, as WCAG 2.2 AA wants; on the greys between, by black itself.
    """
    ink = max(_INKS, key=lambda one: _contrast(colour, one))
    return ink if _contrast(colour, ink) >= _LEAST_CONTRAST else "#000000"


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _links(visitor: "Visitor | None", path: str) -> Sequence[Link]:
    if visitor is None:
        return ()
    from api.auth import CARE, COUNTS, HOMES, PEOPLE, WATCHERS
    from config.roles import Role

    entries = [
        (N_("My alerts"), "/mine", visitor.holds(Role.CARE_WORKER)),
        (N_("Alerts"), "/alerts", visitor.holds(*CARE, Role.ENGINEER)),
        (N_("Homes"), "/homes", visitor.holds(*HOMES)),
        (N_("Installations"), "/installations", visitor.holds(Role.OFFICER, Role.INSTALLER)),
        (N_("Detectors"), "/detectors", visitor.holds(Role.SUPERVISOR)),
        (N_("Rehearse"), "/rehearse", visitor.holds(*PEOPLE)),
        (N_("System"), "/system", visitor.holds(Role.ENGINEER)),
        (N_("Hub"), "/hub", visitor.holds(Role.HUB_OPERATOR)),
        (N_("Numbers"), "/counts", visitor.holds(*COUNTS)),
        (N_("Measures"), "/measures", visitor.holds(*COUNTS)),
        (N_("People"), "/people", visitor.holds(*PEOPLE)),
        (N_("Place"), _only(visitor.places(*PEOPLE)), len(visitor.places(*PEOPLE)) == 1),
        (N_("Audit log"), "/audit", visitor.holds(Role.GOVERNANCE)),
        (N_("Data requests"), "/data-requests", visitor.holds(Role.GOVERNANCE)),
        (N_("Places"), "/places", len(visitor.grants) > 1 or not visitor.holds(*WATCHERS)),
    ]
    return [Link(_(t), h, path.startswith(h)) for t, h, is_shown in entries if is_shown]


def _only(places: Sequence[str]) -> str:
    return f"/places/{next(iter(places), '')}"
