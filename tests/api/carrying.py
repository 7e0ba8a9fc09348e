"""A move of a device that waits for a second person."""

from sqlalchemy import insert, select

from config import registry, tables
from config.device_moves import LASTS_DAYS
from config.gateway_tables import device_moves
from config.homes import Sensor
from config.kinds import Kind
from ingest.clock import microseconds
from tests.api.world import World

_DAY_US = 86_400_000_000


def device_in(world: World, home: str) -> Sensor:
    """Return a movement sensor of a home (id)."""
    with world.database.connect() as connection:
        number = select(tables.homes.c.number).where(tables.homes.c.id == home)
        found = registry.sensors(connection, connection.execute(number).scalar_one())
    return next(one for one in found if one.kind is Kind.MOTION)


def waiting_move(world: World, id_: str, home: str, to_home: str, by: str) -> str:
    """Write that somebody (account) proposed to carry a movement sensor; return the move's id."""
    now_us, sensor = microseconds(world.now), device_in(world, home)
    with world.database.begin() as connection:
        h = tables.homes.c
        numbers = dict(connection.execute(select(h.id, h.number)).all())
        if connection.execute(select(device_moves.c.id).where(device_moves.c.id == id_)).first():
            return id_
        carried = {"sensor": sensor.id, "room": "landing", "is_exit": False, "address": ""}
        values = {
            "id": id_, "home": numbers[home], "to_home": numbers[to_home], "devices": [carried],
            "why": "no longer needed", "proposed_by": by, "proposed_us": now_us,
            "until_us": now_us + LASTS_DAYS * _DAY_US, "state": "waiting", "decided_by": "",
            "said": "",
        }  # fmt: skip
        connection.execute(insert(device_moves).values(values))
    return id_
