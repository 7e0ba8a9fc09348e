"""Health, readiness and the description of the interface."""

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import SQLAlchemyError

from alerts import proof
from api import health, metrics
from api.auth import ANY, Needs, Visitor
from api.errors import Problem, absent
from api.resources import Resources
from api.rest.models import HealthOut, ProofOut, ReadyOut
from api.rest.moments import to_datetime, to_datetime_or_none
from ingest.clock import microseconds

router: Final = APIRouter(tags=["status"])
description: Final = APIRouter(tags=["status"])


@router.get("/health")
def get_health() -> HealthOut:
    """Return that this process answers."""
    return HealthOut(status="alive")


@router.get("/ready")
def get_ready(request: Request) -> ReadyOut:
    """Return that alerts are being raised, or 503 with the reasons why not."""
    resources: Resources = request.app.state.resources
    wall_us = microseconds(resources.wall())
    try:
        with resources.database.connect() as connection:
            worker = health.beats(connection).get(health.WORKER)
        reasons = health.reasons(worker, wall_us)
    except SQLAlchemyError:
        worker, reasons = None, ["The database cannot be read: run `stillwell check`."]
    if reasons:
        raise Problem(503, " ".join(reasons), extra={"reasons": reasons})
    replay_us = health.liveness(worker, wall_us).replay_us
    return ReadyOut(status="ready", replaying=to_datetime_or_none(replay_us))


@router.get("/.well-known/security.txt", response_class=PlainTextResponse)
def get_security_contact(request: Request) -> PlainTextResponse:
    """Return where weaknesses are told to, and until when there is support (RFC 9116)."""
    resources: Resources = request.app.state.resources
    if not resources.security_contact:
        raise absent()
    now = to_datetime(microseconds(resources.wall()))
    expires = (now + timedelta(days=180)).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: {resources.security_contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en, cy",
    ]
    if resources.support_ends:
        lines.append(f"# Security updates until {resources.support_ends}")
    return PlainTextResponse("\n".join(lines) + "\n")


@router.get("/metrics", response_class=PlainTextResponse)
def get_metrics(request: Request) -> PlainTextResponse:
    """Return sums over the worker for Prometheus; nothing of any home."""
    resources: Resources = request.app.state.resources
    try:
        with resources.database.connect() as connection:
            worker = health.beats(connection).get(health.WORKER)
    except SQLAlchemyError:
        worker = None
    told = metrics.text(worker, microseconds(resources.wall()))
    return PlainTextResponse(told, media_type=metrics.CONTENT_TYPE)


@router.get("/proof/{alert}")
def get_proof(request: Request, alert: Annotated[str, Path(pattern="^[0-9a-f]{32}$")]) -> ProofOut:
    """Return how far a test alarm of a canary home came; 404 for everything else."""
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        stage = proof.stage(connection, alert)
    if not stage.is_raised:
        raise absent()
    store = resources.store()
    seen = [] if store is None else store.latest([stage.motion])
    return ProofOut(
        is_sent=stage.is_sent,
        is_stored=any(one.time_us >= stage.at_us - proof.PATTERN_US for one in seen),
    )


@description.get("/openapi.json", include_in_schema=False)
def get_openapi_description(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs(ANY))],  # noqa: ARG001  # the rule of the route
) -> dict[str, Any]:
    """Return the OpenAPI description of this interface."""
    return get_openapi(
        title="Stillwell",
        version="1",
        summary="Homes, what their sensors said, and the alerts that followed.",
        routes=request.app.routes,
    )
