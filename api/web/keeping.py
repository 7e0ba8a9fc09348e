"""What a phone may keep of a session: the service worker, the manifest and how long.

Kept are our own static files, which say nothing of anybody, and copies of "My alerts" and of
alerts that a care worker opened, at most twenty, for as long as their session would last without
being used. Signing out deletes them, as does the first answer that says that the session is over.
"""

import json
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from api.auth import idle_us
from api.resources import Resources
from api.rest.moments import to_datetime
from api.web.pages import OWN_COLOUR, STATIC, asset, render
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)

HEADER: Final = "Stillwell-Keep-Until"
"""Until when a phone may keep a copy of this answer; an answer without it is never kept."""

_FILES: Final = (
    "govuk-frontend-6.3.0/govuk-frontend.min.css",
    "stillwell.css",
    "stillwell.js",
    "stillwell.svg",
)
_MODULES: Final = ("govuk-frontend-6.3.0/govuk-frontend.min.js", "kept.js", "texts.js")
"""Files that our script names itself, without a version."""


def allow(response: Response, resources: Resources) -> None:
    """Let the phone keep a copy of this page until an unused session would have ended."""
    idle = timedelta(microseconds=idle_us(resources))
    until = to_datetime(microseconds(resources.wall())) + idle
    response.headers[HEADER] = until.isoformat()


@router.get("/service-worker.js")
def send_worker() -> Response:
    """Send the service worker with the addresses of the files that it keeps."""
    files = [asset(name) for name in _FILES] + [f"/static/{name}" for name in _MODULES]
    named = f"const FILES = {json.dumps(files)};\n"
    script = (STATIC / "service-worker.js").read_text("utf-8")
    return Response(named + script, media_type="text/javascript")


@router.get("/manifest.webmanifest")
def send_manifest(request: Request) -> Response:
    """Send what a phone needs to install Stillwell: in the colour of the place if it has but one.

    A browser asks without saying who it is, so that of several places none is named.
    """
    resources: Resources = request.app.state.resources
    colours = [one.brand_colour for one in resources.places.values()]
    sizes = (192, 512)
    pictures = [
        {"src": asset(f"icon-{n}.png"), "sizes": f"{n}x{n}", "type": "image/png"} for n in sizes
    ]
    manifest = {
        "name": "Stillwell",
        "short_name": "Stillwell",
        "description": "Alerts about people who live alone.",
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": colours[0] if len(colours) == 1 else OWN_COLOUR,
        "icons": [{**icon, "purpose": "any maskable"} for icon in pictures],
    }
    return JSONResponse(manifest, media_type="application/manifest+json")


@router.get("/offline")
def show_offline(request: Request) -> Response:
    """Show what a phone says without a connection when it kept no copy of the page."""
    return render(request, "offline.html", {})
