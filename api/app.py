"""The web application: routes, errors, headers and the live feed, around the given resources."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api import errors, live
from api.auth import Lockout
from api.middleware import Guard
from api.resources import Resources
from api.rest import alerts as rest_alerts
from api.rest import announced as rest_announced
from api.rest import break_glass as rest_break_glass
from api.rest import caps as rest_caps
from api.rest import consents as rest_consents
from api.rest import contacts as rest_contacts
from api.rest import dead_letters, governance, status
from api.rest import detectors as rest_detectors
from api.rest import device_moves as rest_device_moves
from api.rest import devices as rest_devices
from api.rest import endings as rest_endings
from api.rest import facts as rest_facts
from api.rest import handovers as rest_handovers
from api.rest import homes as rest_homes
from api.rest import households as rest_households
from api.rest import incident as rest_incident
from api.rest import installing as rest_installing
from api.rest import measures as rest_measures
from api.rest import moves as rest_moves
from api.rest import overrides as rest_overrides
from api.rest import pauses as rest_pauses
from api.rest import place_settings as rest_place_settings
from api.rest import safeguards as rest_safeguards
from api.rest import sensor_replacing as rest_sensor_replacing
from api.rest import subjects as rest_subjects
from api.rest import telling as rest_telling
from api.rest import visits as rest_visits
from api.rest import welfare as rest_welfare
from api.throttle import Throttle
from api.web import (
    alert,
    alerts,
    announced,
    audit,
    break_glass,
    caps,
    case_file,
    consent,
    counts,
    data_requests,
    days,
    detectors,
    device_moves,
    devices,
    ending,
    enrolling,
    findings,
    handovers,
    homes,
    household,
    hub,
    incident,
    installing,
    invitation,
    keeping,
    me,
    measures,
    mine,
    moving,
    overrides,
    pauses,
    people,
    place,
    place_budget,
    place_ladder,
    place_rota,
    place_shift,
    place_teams,
    place_texts,
    place_turn,
    places,
    provider,
    rehearse,
    rota,
    sensor_replacing,
    sign_in,
    speech,
    statements,
    system,
    welfare,
)
from api.web.pages import STATIC, version

_ROOT: Final = "/api/v1"


class _Static(StaticFiles):
    """Static files; those whose address names their version never change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        # Another version's address must not be kept with this version's content.
        named = b"v=" + version(path).encode()
        is_lasting = path.startswith("govuk-frontend-") or scope["query_string"] == named
        age = "public, max-age=31536000, immutable" if is_lasting else "no-cache"
        response.headers["Cache-Control"] = age
        return response


def create_app(resources: Resources) -> FastAPI:
    """Return the application; it touches nothing but these resources."""
    feed = live.Feed(resources)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(feed.run())
        yield
        resources.shutdown.set()
        await task

    app = FastAPI(
        title="Stillwell",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would lead to whatever the Host header names
        lifespan=lifespan,
    )
    app.state.resources = resources
    app.state.feed = feed
    app.state.lockout = Lockout()
    app.state.throttle = Throttle()
    errors.install(app)
    app.include_router(status.router)
    app.include_router(live.router)
    for rest in (
        rest_homes,
        rest_alerts,
        rest_contacts,
        rest_facts,
        rest_households,
        rest_safeguards,
        rest_consents,
        rest_endings,
        rest_moves,
        rest_visits,
        rest_telling,
        rest_place_settings,
        rest_detectors,
        rest_caps,
        rest_overrides,
        rest_pauses,
        rest_handovers,
        rest_incident,
        rest_welfare,
        rest_installing,
        rest_devices,
        rest_sensor_replacing,
        rest_device_moves,
        rest_announced,
        rest_measures,
        rest_break_glass,
        rest_subjects,
        dead_letters,
        governance,
    ):
        app.include_router(rest.router, prefix=_ROOT)
    app.include_router(status.description, prefix=_ROOT)
    for page in (
        speech,
        statements,
        sign_in,
        provider,
        invitation,
        me,
        people,
        break_glass,
        audit,
        data_requests,
        counts,
        hub,
        measures,
        places,
        place,
        place_ladder,
        place_budget,
        place_texts,
        place_rota,
        place_shift,
        place_teams,
        place_turn,
        alerts,
        alert,
        mine,
        keeping,
        enrolling,
        ending,
        moving,
        homes,
        household,
        pauses,
        welfare,
        handovers,
        incident,
        consent,
        devices,
        sensor_replacing,
        device_moves,
        installing,
        announced,
        rota,
        days,
        case_file,
        findings,
        detectors,
        caps,
        overrides,
        rehearse,
        system,
    ):
        app.include_router(page.router)
    app.mount("/static", _Static(directory=STATIC), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(Guard, resources=resources)
    return app
