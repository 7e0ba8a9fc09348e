"""Enrols households in SQL: home, gateway, sensors, persons, contacts and consent, all or none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, union_all

from config import audit, consents, contacts, gateway_tables, household_rows, registry, tables
from config.audit import Entry
from config.enrol import status_sensor
from config.homes import Enrolment, Gateway, Home, HomeState, Sensor
from config.household_form import Known, Wish
from config.vault import Vault


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A home and its gateway, as ids."""

    home: str
    gateway: str
    label: str


def known(connection: Connection, vault: Vault, place: str) -> Known:
    """Return what may not be enrolled again; Locked without the keys."""
    return Known(household_rows.nhs_numbers(connection, vault, place), gateways(connection))


def gateways(connection: Connection) -> frozenset[str]:
    """Return the ids of every gateway, also of replaced ones, which no other one may have."""
    serving, replaced = tables.gateways.c.id, gateway_tables.replaced_gateways.c.id
    return frozenset(connection.execute(union_all(select(serving), select(replaced))).scalars())


def enrol(
    connection: Connection,
    vault: Vault,
    place: str,
    wishes: Sequence[Wish],
    new_id: Callable[[], str],
    *,
    by: str,
    now_us: int,
) -> list[Enrolled]:
    """Write these households in the caller's transaction, in this account's name.

    A home with a consent is watched from then on, another one awaits it. Without a label it is
    called by its id, which says nothing about anybody.
    """
    made = registry.enrol(connection, _build(place, wishes, new_id), now_us=now_us)
    numbers = [home.number for home in made.homes]
    wanted = {n: wish.household for n, wish in zip(numbers, wishes, strict=True)}
    household_rows.add(connection, vault, place, wanted, by=by, now_us=now_us)
    listed, decided, entries = [], [], []
    for home, wish in zip(made.homes, wishes, strict=True):
        entries.append(Entry(place, now_us, by, "enrol", f"home:{home.id}", {}))
        plan = contacts.ContactsPlan(contact=list(wish.contacts))
        listed += contacts.rows_of(plan, home.number, by, now_us, {})
        if wish.consent is not None:
            decided.append(consents.row_of(wish.consent, home.number, by, now_us))
            entries.append(consents.entry_of(wish.consent, place, home.id, by, now_us))
    if listed:
        connection.execute(insert(tables.contacts), contacts.seal(vault, place, listed))
    if decided:
        connection.execute(insert(tables.consents), decided)
    audit.append_all(connection, place, entries)
    hubs = {gateway.home: gateway.id for gateway in made.gateways}
    return [Enrolled(home.id, hubs[home.number], home.label) for home in made.homes]


def _build(place: str, wishes: Sequence[Wish], new_id: Callable[[], str]) -> Enrolment:
    """Return the wishes as values numbered from 1."""
    homes, gateways, sensors = [], [], list[Sensor]()
    for number, wish in enumerate(wishes, start=1):
        id_, one = new_id(), wish.facts
        state = HomeState.AWAITING_CONSENT if wish.consent is None else HomeState.ACTIVE
        label = wish.label or f"Home {id_[:8]}"
        homes.append(
            Home(number, id_, place, label, state, one.goes_out, one.residents, one.has_pets,
                 one.risk_tier, one.sector)
        )  # fmt: skip
        gateway = Gateway(number, wish.gateway or new_id(), place, number)
        gateways.append(gateway)
        sensors.append(status_sensor(gateway, number=len(sensors) + 1, id_=new_id()))
        for each in () if wish.kit is None else wish.kit.enrolled():
            sensors.append(
                Sensor(len(sensors) + 1, new_id(), number, number, each.dialect, each.address,
                       each.kind, each.room, each.is_exit, each.model)
            )  # fmt: skip
    return Enrolment(tuple(homes), tuple(gateways), tuple(sensors))
