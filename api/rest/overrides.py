"""Detector settings of single homes: what holds, setting one, taking it back."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from alerts.detect import own_settings
from alerts.detect.own_settings import SETTINGS
from api import overriding, supervision
from api.auth import HOMES, Needs, Visitor
from api.errors import Problem, absent
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime, to_datetime_or_none
from api.roster import find_home
from config.overrides import LONGEST_WHY, Override
from config.problems import ConfigProblem
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(tags=["homes"])
Name = Annotated[str, Path(pattern="^[a-z_]{2,40}$")]
Reader = Annotated[Visitor, Depends(Needs(HOMES))]
Supervisor = Annotated[Visitor, Depends(Needs((Role.SUPERVISOR,)))]


class SettingOut(Sent):
    """One setting: what a larger value does, its range, and what holds at the place."""

    name: str
    unit: str
    low: float
    high: float
    sentence: str
    at_place: float
    own: float | None
    """What the home has for itself; null where its place's holds."""


class OverrideOut(Sent):
    """A setting that a supervisor (an account id) gave a home, and who ended it."""

    name: str
    value: float
    set_by: str
    at: datetime
    why: str
    ended: datetime | None
    ended_by: str | None


class SettingsOut(Sent):
    """Every setting that a home may have of its own, and what it had in the last 28 days."""

    settings: list[SettingOut]
    overrides: list[OverrideOut]


class OverrideIn(BaseModel):
    """The wish, in the unit of the setting."""

    model_config = ConfigDict(extra="forbid")

    value: float = Field(allow_inf_nan=False)
    why: str = Field(max_length=LONGEST_WHY)


@router.get("/homes/{home}/settings")
def list_settings(request: Request, visitor: Reader, home: Id) -> SettingsOut:
    """Return what holds for a home: its place's settings, and those of its own."""
    return _told(request.app.state.resources, visitor, home)


@router.put("/homes/{home}/settings/{name}")
def set_setting(
    request: Request, visitor: Supervisor, home: Id, name: Name, body: OverrideIn
) -> SettingsOut:
    """Give a home a setting of its own, in the caller's name; 422 says what is wrong."""
    resources: Resources = request.app.state.resources
    places = {key: resources.places[key] for key in supervision.places_of(visitor)}
    try:
        with resources.database.begin() as connection:
            overriding.choose(
                connection,
                places,
                home,
                name=name,
                value=body.value,
                account=visitor.account.id,
                why=body.why,
                now_us=microseconds(resources.clock()),
            )
    except LookupError as problem:
        raise absent() from problem
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return _told(resources, visitor, home)


@router.post("/homes/{home}/settings/{name}/take-back")
def take_setting_back(request: Request, visitor: Supervisor, home: Id, name: Name) -> SettingsOut:
    """Let the place's setting hold again; 404 when the home has none of its own."""
    resources: Resources = request.app.state.resources
    try:
        with resources.database.begin() as connection:
            overriding.take_back(
                connection,
                supervision.places_of(visitor),
                home,
                name=name,
                account=visitor.account.id,
                now_us=microseconds(resources.clock()),
            )
    except LookupError as problem:
        raise absent() from problem
    return _told(resources, visitor, home)


def _told(resources: Resources, visitor: Visitor, home_id: str) -> SettingsOut:
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        home = find_home(connection, visitor.places(*HOMES), home_id)
        if home is None:
            raise absent()
        found = overriding.lately(connection, home.number, now_us)
    at_place = own_settings.of_place(resources.places[home.place])
    own = {one.name: one.value for one in found if one.ended_us is None}
    return SettingsOut(
        settings=[
            SettingOut(
                name=one.name,
                unit=one.unit,
                low=one.low,
                high=one.high,
                sentence=one.sentence,
                at_place=at_place[one.name],
                own=own.get(one.name),
            )
            for one in SETTINGS.values()
        ],
        overrides=[_override(one) for one in found],
    )


def _override(one: Override) -> OverrideOut:
    return OverrideOut(
        name=one.name,
        value=one.value,
        set_by=one.account,
        at=to_datetime(one.set_us),
        why=one.why,
        ended=to_datetime_or_none(one.ended_us),
        ended_by=one.ended_by or None,
    )
