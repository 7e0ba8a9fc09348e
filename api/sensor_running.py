"""What ``stillwell sensor`` does: listing a home's devices, replacing one in somebody's name."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import select

from api import console, gateway_running, sensor_replacing, wiring
from config import tables
from config.problems import ConfigProblem
from config.sensor_replacements import NewDevice
from config.settings import Settings
from ingest.clock import instant, microseconds

Tell = Callable[[str], None]
_s, _h = tables.sensors.c, tables.homes.c
_HEAD: Final = f"  {'sensor':<16} {'room':<16} {'kind':<18} address"


def list_sensors(settings: Settings, home_id: str, *, tell: Tell) -> None:
    """Tell the devices of a home; ConfigProblem when there is no such home."""
    database = wiring.open_database(settings)
    with database.begin() as connection:
        home = gateway_running.find_home(connection, home_id)
        console.note(connection, home.place, "read", f"home:{home.id}")
        things = sensor_replacing.things_of(connection, home)
    if not things:
        tell(f"home {home.id}: no sensor is enrolled")
        return
    tell(_HEAD)
    for thing in things:
        for one in thing.sensors:
            tell(f"  {one.id:<16} {one.room or '-':<16} {one.kind.value:<18} {one.address}")
        for old in thing.old:
            tell(f"    until {instant(old.replaced_us)} UTC it was {old.address}: {old.why}")


def replace(
    settings: Settings, sensor: str, by: str, new: NewDevice, why: str, *, tell: Tell
) -> None:
    """Let another device speak for a sensor (id); ConfigProblem says why it cannot."""
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        query = select(_h.id).join(tables.sensors, _s.home == _h.number).where(_s.id == sensor)
        home_id = connection.execute(query).scalar()
        if home_id is None:
            raise ConfigProblem(
                f"replace: no home has a sensor {sensor[:40]!r}: see `stillwell sensor list`"
            )
        account, home = gateway_running.asked_of(connection, settings, home_id, by, now_us)
        made = sensor_replacing.replace_sensor(
            connection, home, sensor, new, account.id, now_us, why=why
        )
    for one in made:
        tell(f"{one.id} ({one.kind.value}): {one.address} speaks for it from now on")
    tell("the old device is heard no more; walk past the new one in a walk test")
