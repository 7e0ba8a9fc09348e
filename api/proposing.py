"""Sensors that a home's gateways announce: what they propose, and accepting it, for all doors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from api import roster
from api.auth import Visitor
from api.enrolment import new_id
from api.resources import Resources
from config import announcement_rows, audit, consents, proposals, registry, tables
from config.announced import ZIGBEE
from config.audit import Entry
from config.database import hold_writers
from config.homes import Home, HomeState, Sensor
from config.kinds import Kind
from config.problems import ConfigProblem
from config.proposals import Choice, Proposal
from ingest.clock import microseconds

_REFUSED = {
    HomeState.AWAITING_CONSENT: "the consent of this home is not recorded: record it first, then "
    "accept its sensors",
    HomeState.ENDED: "the home has ended; enrol it again",
}


class Refused(ConfigProblem):
    """Choices of which none was accepted: (address, what is wrong) of each that cannot be."""

    def __init__(self, mistakes: Sequence[tuple[str, str]]) -> None:
        super().__init__("\n".join(f"sensors: {ieee} {said}" for ieee, said in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Hub:
    """A gateway of a home and what it proposes; ``at_us`` None when it announced nothing yet.

    ``silent`` are sensors of the home that it does not announce, or announces no more.
    """

    number: int
    id: str
    at_us: int | None
    left_out: int
    proposals: Sequence[Proposal]
    silent: Sequence[Sensor]

    @property
    def acceptable(self) -> Sequence[Proposal]:
        """Return what a person may accept."""
        return [one for one in self.proposals if one.may_be_accepted]


def of_home(connection: Connection, home: Home) -> list[Hub]:
    """Return each gateway of a home with what it announces."""
    g = tables.gateways.c
    query = tables.gateways.select().where(g.home == home.number).order_by(g.number)
    sensors = registry.sensors(connection, home.number)
    purposes = consents.purposes(connection, home.id)
    return [
        _hub(connection, home, row.number, row.id, sensors, purposes)
        for row in connection.execute(query).all()
    ]


def accept(
    connection: Connection, home: Home, choices: Sequence[Choice], by: str, now_us: int
) -> list[Sensor]:
    """Enrol what was chosen, all or none, in the caller's transaction and this account's name.

    Refused lists every mistake, ConfigProblem says what stands in the way of all.
    """
    hold_writers(connection)  # of two who take one device at once the second sees that it is taken
    home = _as_it_is(connection, home)
    if home.state in _REFUSED:
        raise ConfigProblem(f"sensors: {_REFUSED[home.state]}")
    if not choices:
        raise ConfigProblem("sensors: nothing was chosen: choose at least one device")
    known = {
        one.seen.device.ieee: one for hub in of_home(connection, home) for one in hub.proposals
    }
    made: list[Sensor] = []
    wrong: list[tuple[str, str]] = []
    seen: set[str] = set()
    for choice in choices:
        sensors, said = _made(known, choice, home, seen)
        made += [replace(sensor, id=new_id()) for sensor in sensors]
        if said:
            wrong.append((choice.ieee[:40], said))
    if wrong:
        raise Refused(wrong)
    try:
        made = registry.add_sensors(connection, made)
    except IntegrityError as problem:
        told = "somebody else accepted one of these meanwhile; nothing was saved, look again"
        raise ConfigProblem(f"sensors: {told}") from problem
    detail = {"devices": len(choices), "sensors": len(made)}
    audit.append(connection, Entry(home.place, now_us, by, "sensors", f"home:{home.id}", detail))
    return made


def read(resources: Resources, home: Home) -> list[Hub]:
    """Return each gateway of a home with what it announces."""
    with resources.database.connect() as connection:
        return of_home(connection, home)


def accept_for(
    resources: Resources, visitor: Visitor, home: Home, choices: Sequence[Choice]
) -> list[Sensor]:
    """Enrol what a visitor chose, all or none; Refused or ConfigProblem say why not."""
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        return accept(connection, home, choices, visitor.account.id, now_us)


def refusal(resources: Resources, home: Home, hub: Hub) -> str:
    """Return what was wrong with a hub's newest announcement, nothing where it could be used."""
    letters = resources.dead_letters()
    topic = f"stillwell/v1/{home.place}/{hub.id}/zigbee2mqtt/bridge/devices"
    found = [] if letters is None else letters.of_topic(topic)
    newest = [one for one in found if hub.at_us is None or one.last_us > hub.at_us]
    return newest[0].detail if newest else ""


def _as_it_is(connection: Connection, home: Home) -> Home:
    """Return a home as it is now, which may have ended or moved since it was looked up."""
    found = roster.find_home(connection, [home.place], home.id)
    if found is None:
        raise ConfigProblem("sensors: the home is no longer at this place; look for it again")
    return found


def _made(
    known: dict[str, Proposal], choice: Choice, home: Home, seen: set[str]
) -> tuple[list[Sensor], str]:
    proposal = known.get(choice.ieee.lower())
    if proposal is None:
        return [], "is not announced by a gateway of this home"
    if choice.ieee.lower() in seen:
        return [], "was chosen twice"
    seen.add(choice.ieee.lower())
    return proposals.sensors_of(proposal, choice, home.number)


def _hub(
    connection: Connection,
    home: Home,
    number: int,
    id_: str,
    sensors: Sequence[Sensor],
    purposes: frozenset[Kind] | None,
) -> Hub:
    known = announcement_rows.read(connection, number)
    addresses = [one.device.ieee for one in known.devices if one.gone_us is None]
    made = proposals.propose(
        number,
        known.devices,
        sensors,
        first_us=known.first_us or 0,
        elsewhere=announcement_rows.elsewhere(connection, home.number, number, addresses),
        purposes=purposes,
    )
    here = {one.device.name or one.device.ieee for one in known.devices if one.gone_us is None}
    here |= {one.device.ieee for one in known.devices if one.gone_us is None}
    silent = {
        sensor.address: sensor
        for sensor in reversed(sensors)
        if sensor.gateway == number and sensor.dialect == ZIGBEE and sensor.address not in here
    }
    is_told = known.at_us is not None
    told = [silent[address] for address in sorted(silent)] if is_told else []
    return Hub(number, id_, known.at_us, known.left_out, made, told)
