"""What ``stillwell device`` does, in somebody's name."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from alerts.ledger import Ledger
from api import console, moving_devices, wiring
from api.contacts_file import expect_role
from api.gateway_running import asked_of, find_home
from api.moving_devices import Deciding
from config import device_move_rows
from config.device_move_rows import PROPOSERS
from config.device_moves import LASTS_DAYS, Carried, Move, Wish
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from ingest.clock import SystemClock, instant, microseconds

Tell = Callable[[str], None]
_EXIT = ":exit"


@dataclass(frozen=True, slots=True)
class Asked:
    """A move as it is typed; ``sensors`` are ``ID=ROOM`` or ``ID=ROOM:exit``."""

    home: str
    to_home: str
    sensors: tuple[str, ...]
    gateway: str
    to_gateway: str
    why: str
    by: str


def move(settings: Settings, asked: Asked, *, tell: Tell) -> None:
    """Propose a move, or tell the devices that could; ConfigProblem says what is wrong."""
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account, home = asked_of(connection, settings, asked.home, asked.by, now_us)
        if not asked.sensors and not asked.gateway:
            console.note(connection, home.place, "read", f"home:{home.id}")
            for own in moving_devices.devices(connection, home).values():
                kinds = ", ".join(sensor.kind.value for sensor in own)
                tell(f"  {own[0].id}  {own[0].room or '-':<16} {kinds}")
            tell("name one or more of them with --sensor ID=ROOM, or a --gateway")
            return
        asked_of(connection, settings, asked.to_home, asked.by, now_us)
        wish = Wish(
            asked.to_home,
            [read_carried(one) for one in asked.sensors],
            asked.why,
            asked.gateway,
            asked.to_gateway,
        )
    with database.begin() as connection:
        made = moving_devices.propose(connection, home, wish, account.id, now_us)
    until = instant(made.until_us)
    tell(f"move {made.id} of {len(made.devices)} devices is proposed; nothing has changed yet")
    tell(f"another officer accepts or refuses it within {LASTS_DAYS} days, until {until} UTC:")
    tell(f"  stillwell device accept {made.id} --by EMAIL")


def read_carried(text: str) -> Carried:
    """Return the device of ``ID=ROOM`` or ``ID=ROOM:exit``."""
    id_, _, room = text.partition("=")
    is_exit = room.endswith(_EXIT)
    return Carried(id_.strip(), room.removesuffix(_EXIT).strip(), is_exit)


def moves(settings: Settings, place: str, *, tell: Tell) -> None:
    """Tell what waits for a second person in a place."""
    known = wiring.places(settings)
    if place not in known:
        listed = ", ".join(known)
        raise ConfigProblem(f"move: there is no place {place!r}, expected one of {listed}")
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        found = device_move_rows.waiting(connection, [place], now_us)
        console.note(connection, place, "read", "device-moves")
    for one in found:
        what = f"gateway {one.gateway}" if one.gateway else f"{len(one.devices)} devices"
        tell(f"{one.id}: {what} from home {one.home} to home {one.to_home}")
        tell(f"  proposed {instant(one.proposed_us)} UTC, until {instant(one.until_us)}: {one.why}")
    if not found:
        tell(f"nothing waits for a second person in {place}")


def accept(settings: Settings, id_: str, by: str, *, tell: Tell) -> None:
    """Accept a move; ConfigProblem says what keeps that."""
    database = wiring.open_database(settings)
    one = _deciding(settings, database, id_, by, (Role.OFFICER,))
    done = moving_devices.accept(Ledger(database), one)
    tell(f"move {done.id}: the devices are home {done.to_home}'s; test them there with a walk test")
    if done.gateway:
        tell(
            f"gateway {done.gateway} is shut out: issue what it signs in with in home "
            f"{done.to_home}, under its new name"
        )
    with database.connect() as connection:
        if find_home(connection, done.home).bare_us == done.decided_us:
            tell(f"look at this: in home {done.home} nothing may tell of the person any more; "
                 "it is on the list of unwatched homes until a sensor does")  # fmt: skip


def refuse(settings: Settings, id_: str, by: str, why: str, *, tell: Tell) -> None:
    """Refuse a move; ConfigProblem says what keeps that."""
    database = wiring.open_database(settings)
    one = _deciding(settings, database, id_, by, (Role.OFFICER,))
    moving_devices.refuse(Ledger(database), one, why)
    tell(f"move {id_} is refused; nothing has changed")


def withdraw(settings: Settings, id_: str, by: str, *, tell: Tell) -> None:
    """Take a move back; ConfigProblem says what keeps that."""
    database = wiring.open_database(settings)
    one = _deciding(settings, database, id_, by, PROPOSERS)
    moving_devices.withdraw(Ledger(database), one)
    tell(f"move {id_} is taken back; nothing has changed")


def _deciding(
    settings: Settings, database: Engine, id_: str, by: str, roles: tuple[Role, ...]
) -> Deciding:
    now = wiring.web_clock(settings, database)()
    with database.connect() as connection:
        found = _find(connection, settings, id_)
        account = expect_role(connection, by, found.place, *roles)
    return Deciding(id_, account.id, now, microseconds(SystemClock().now()))


def _find(connection: Connection, settings: Settings, id_: str) -> Move:
    found = device_move_rows.find(connection, id_, list(wiring.places(settings)))
    if found is None:
        raise ConfigProblem(f"move: there is no move {id_[:40]!r}; `device moves` lists them")
    return found
