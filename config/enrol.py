"""A pure plan of an enrolment, from the text of a file to values ready for the registry."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from config.csv_rows import shown
from config.facts import MOST_RESIDENTS, RISK_TIERS
from config.hardware import hardware_of
from config.homes import (
    ID_PATTERN,
    Enrolment,
    Gateway,
    GoesOut,
    Home,
    HomeState,
    Sensor,
    read_sector,
)
from config.households import read_label, read_words
from config.kinds import Kind
from config.problems import ConfigProblem, describe

STATUS_DIALECT = "status"
"""Dialect of a gateway's own status sensor, whose address is empty."""

DIALECTS = (
    "native", "zigbee2mqtt", "chirpstack", "senml", "tts", "shelly", "tasmota", "theengs",
)  # fmt: skip
"""How a hub may speak; what it says is read by the mapping of that name."""


def _read_label(text: str) -> str:
    try:
        found = read_words(text, 1, 120)
    except ValueError as problem:
        raise ValueError(f"is {shown(text)}, expected {problem}") from None
    return read_label(found)


_Id = Annotated[str, Field(pattern=f"^{ID_PATTERN.pattern}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SensorPlan(_Strict):
    """One measured quantity of one device."""

    dialect: str = Field(pattern=f"^({'|'.join(DIALECTS)})$")
    address: str = Field(min_length=1, max_length=255, pattern=r"^[^+#\x00]+$")
    kind: Kind
    room: str = Field(default="", max_length=40)
    is_exit: bool = False
    model: str = Field(default="", max_length=80)


class HomePlan(_Strict):
    """One home with its one gateway; ids that are left out are drawn at random."""

    place: _Id
    label: Annotated[str, AfterValidator(_read_label)]
    id: _Id | None = None
    gateway: _Id | None = None
    state: HomeState = HomeState.ACTIVE
    goes_out: GoesOut = GoesOut.ALONE
    residents: int = Field(default=1, ge=1, le=MOST_RESIDENTS)
    has_pets: bool = False
    risk_tier: int = Field(default=2, ge=RISK_TIERS[0], le=RISK_TIERS[-1])
    sector: Annotated[str, AfterValidator(read_sector)] = ""
    """Of its postcode, never the whole: by it an outage of a street is told from one home's."""

    sensor: list[SensorPlan] = Field(min_length=1)


class Plan(_Strict):
    """An enrolment file: one ``[[home]]`` table a household."""

    home: list[HomePlan] = Field(min_length=1)


def read_plan(text: str, *, file: str, places: frozenset[str]) -> Plan:
    """Return the plan in this TOML text; ConfigProblem lists every mistake with its key."""
    try:
        plan = Plan.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise ConfigProblem(f"enrol: {file} is not TOML: {problem}") from problem
    except ValidationError as problem:
        raise ConfigProblem(describe("enrol", Plan, problem, lambda _: file)) from problem
    mistakes = [
        f"enrol: home.{i}.place is {home.place!r}, expected one of {', '.join(sorted(places))}"
        for i, home in enumerate(plan.home)
        if home.place not in places
    ]
    mistakes += [
        f"enrol: home.{i}.sensor names {sensor.address!r} as {sensor.kind} twice ({file})"
        for i, home in enumerate(plan.home)
        for sensor in _repeated(home.sensor)
    ]
    mistakes += _shared(plan, file)
    if mistakes:
        raise ConfigProblem("\n".join(mistakes))
    return plan


def _shared(plan: Plan, file: str) -> list[str]:
    """Return what two homes of one file cannot both have: an id, a gateway, a device."""
    seen: dict[tuple[str, str], int] = {}
    told = []
    for i, home in enumerate(plan.home):
        for key, where, said in _claims(i, home):
            first = seen.setdefault(key, i)
            if first != i:
                told.append(
                    f"enrol: {where} is {said!r}, as in home.{first}; leave one out ({file})"
                )
    return told


def taken(plan: Plan, file: str, known: Mapping[tuple[str, str], str]) -> list[str]:
    """Return what of a plan is somebody's already; ``known`` says whose, by (what, which)."""
    return [
        f"enrol: {where} is {said!r}, {known[key]} ({file}); nothing was saved"
        for i, home in enumerate(plan.home)
        for key, where, said in _claims(i, home)
        if key in known
    ]


def _claims(i: int, home: HomePlan) -> Iterator[tuple[tuple[str, str], str, str]]:
    """Yield ((what, which), its key in the file, as it is written) of what is of one home only."""
    for what, id_ in (("home", home.id), ("gateway", home.gateway)):
        if id_ is not None:
            key = "id" if what == "home" else what
            yield (what, id_), f"home.{i}.{key}", id_
    for j, sensor in enumerate(home.sensor):
        device = hardware_of(sensor.dialect, sensor.address)
        if device:
            yield ("device", device), f"home.{i}.sensor.{j}.address", sensor.address


def _repeated(sensors: Iterable[SensorPlan]) -> list[SensorPlan]:
    seen: set[tuple[str, str, Kind]] = set()
    twice = []
    for sensor in sensors:
        key = (sensor.dialect, sensor.address, sensor.kind)
        if key in seen:
            twice.append(sensor)
        seen.add(key)
    return twice


def status_sensor(gateway: Gateway, *, number: int, id_: str) -> Sensor:
    """Return the sensor that stands for the gateway itself: online or offline."""
    return Sensor(
        number, id_, gateway.home, gateway.number, STATUS_DIALECT, "", Kind.GATEWAY_STATUS
    )


def build(plan: Plan, new_id: Callable[[], str]) -> Enrolment:
    """Return the plan as values numbered from 1; ``new_id`` draws ids that say nothing."""
    homes: list[Home] = []
    gateways: list[Gateway] = []
    sensors: list[Sensor] = []
    for number, wanted in enumerate(plan.home, start=1):
        home = Home(
            number,
            wanted.id or new_id(),
            wanted.place,
            wanted.label,
            wanted.state,
            wanted.goes_out,
            wanted.residents,
            wanted.has_pets,
            wanted.risk_tier,
            wanted.sector,
        )
        gateway = Gateway(number, wanted.gateway or new_id(), wanted.place, number)
        homes.append(home)
        gateways.append(gateway)
        sensors.append(status_sensor(gateway, number=len(sensors) + 1, id_=new_id()))
        sensors += [
            Sensor(
                len(sensors) + 1 + i,
                new_id(),
                number,
                number,
                s.dialect,
                s.address,
                s.kind,
                s.room,
                s.is_exit,
                s.model,
            )
            for i, s in enumerate(wanted.sensor)
        ]
    return Enrolment(tuple(homes), tuple(gateways), tuple(sensors))
