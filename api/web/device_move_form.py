"""The form that proposes a move: what was asked, where it goes wrong, and what the page shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from api import installing
from api.auth import Visitor
from api.errors import absent
from api.resources import Resources
from api.web import sensors, words
from api.web.installing import sentence
from api.web.language import _
from config import registry, tables
from config.device_moves import Carried, Wish, devices_of
from config.homes import Home, Sensor
from config.kinds import Kind
from config.problems import ConfigProblem
from config.proposals import ROOMS

_h = tables.homes.c


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed; ``kept`` has every field by its name."""

    sensor: str
    gateway: str
    kept: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """Return what was typed into a field."""
        return self.kept.get(name, "").strip()


def read_form(form: Mapping[str, str]) -> Asked:
    """Return what was sent, each field cut to what anybody types."""
    kept = {key[:60]: value[:20_000] for key, value in form.items()}
    return Asked(kept.get("sensor", "")[:40], kept.get("gateway", "")[:40], kept)


def devices(connection: Connection, home: Home, asked: Asked) -> list[list[Sensor]]:
    """Return the devices that the form is about; Problem 404 where they are not the home's."""
    own = devices_of(registry.sensors(connection, home.number))
    if asked.gateway:
        try:
            installing.expect_gateway(connection, home, asked.gateway)
        except LookupError as problem:
            raise absent() from problem
        g = tables.gateways.c
        number = connection.execute(select(g.number).where(g.id == asked.gateway)).scalar_one()
        return [sensors_ for device, sensors_ in own.items() if device[0] == number]
    found = [one for one in own.values() if asked.sensor in {sensor.id for sensor in one}]
    if not found:
        raise absent()
    return found


def wish_of(
    connection: Connection, resources: Resources, visitor: Visitor, home: Home, asked: Asked
) -> Wish:
    """Return what was asked for; ConfigProblem where no home of this name is the visitor's."""
    carried = [
        Carried(
            own[0].id,
            asked.of(f"room-{own[0].id}"),
            asked.of(f"exit-{own[0].id}") == "yes",
            asked.of("address"),
        )
        for own in devices(connection, home, asked)
    ]
    goal = _goal(connection, resources, visitor, home, asked.of("to_home"))
    return Wish(goal, carried, asked.of("why"), asked.gateway, asked.of("to_gateway"))


def _goal(
    connection: Connection, resources: Resources, visitor: Visitor, home: Home, said: str
) -> str:
    """Return the id of the home that was named by its id or label."""
    if not said:
        raise ConfigProblem("move: Enter the home that it goes to")
    named = (_h.id == said) | (func.lower(_h.label) == said.lower())
    query = select(_h.id).where(_h.place == home.place, named).order_by(_h.number).limit(20)
    found = [
        id_
        for id_ in connection.execute(query).scalars()
        if installing.find_home(connection, resources, visitor, id_) is not None
    ]
    if len(found) > 1:
        raise ConfigProblem("move: Several homes are called that: enter the id of the one you mean")
    if not found:
        raise ConfigProblem(
            "move: There is no such home in this place: look at its page for its id"
        )
    return str(found[0])


def wrong_fields(problem: ConfigProblem, asked: Asked) -> dict[str, str]:
    """Return each mistake by the field that it belongs to, as a sentence."""
    errors: dict[str, str] = {}
    rooms = [name for name in asked.kept if name.startswith("room-")]
    empty = [name for name in rooms if not asked.of(name)]
    for line in str(problem).splitlines():
        said = line.partition(": ")[2]
        if said.startswith("why "):
            name = "why"
        elif said.startswith("the device has"):
            name = (empty or rooms or ["to_home"])[0]
        elif "address" in said or "stands in a home" in said:
            name = "address" if "address" in asked.kept else "to_home"
        elif "several gateways" in said:
            name = "to_gateway"
        else:
            name = "to_home"
        errors.setdefault(name, sentence(ConfigProblem(line)))
    return errors


def context_of(resources: Resources, home: Home, asked: Asked) -> dict[str, Any]:
    """Return what the form and its check show."""
    place = resources.places[home.place]
    with resources.database.connect() as connection:
        found = devices(connection, home, asked)
    own = [one.room for kit in place.kits.values() for one in kit.sensor]
    rooms = {room: words.label(room) for room in (*own, *ROOMS) if room}
    told = [_device(one, asked) for one in found]
    rooms |= {one["room"]: words.label(one["room"]) for one in told if one["room"]}
    return {
        "home": home,
        "place": place,
        "sensor": asked.sensor,
        "gateway": asked.gateway,
        "devices": told,
        "rooms": [("", _("Choose a room, or none if it is worn")), *sorted(rooms.items())],
        "kept": asked.kept,
        "errors": {},
    }


def _device(own: list[Sensor], asked: Asked) -> dict[str, Any]:
    id_ = own[0].id
    is_kept = f"room-{id_}" in asked.kept
    room = asked.of(f"room-{id_}") if is_kept else own[0].room if asked.gateway else ""
    was_exit = any(sensor.is_exit for sensor in own)
    is_exit = asked.of(f"exit-{id_}") == "yes" if is_kept else bool(asked.gateway) and was_exit
    return {
        "id": id_,
        "kinds": ", ".join(words.kind(sensor.kind) for sensor in own),
        "before": sensors.room_name(own[0].room),
        "room": room,
        "room_name": sensors.room_name(room),
        "is_contact": any(sensor.kind is Kind.CONTACT for sensor in own),
        "is_exit": is_exit,
    }
