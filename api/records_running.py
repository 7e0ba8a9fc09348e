"""What ``stillwell records`` does: gathers what runs, and writes the drafts."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, func, select

from alerts import switches
from api import wiring
from api.channels import channels
from api.overriding import of_places
from api.place_files import known_place
from api.records import documents
from api.records_lines import Running
from api.worker_beat import DEAD_LETTER_DAYS
from config import holds, master_key, tables
from config.homes import HomeState
from config.kinds import Kind
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from ingest.clock import SystemClock

Tell = Callable[[str], None]


def write(settings: Settings, place: str, folder: Path, *, tell: Tell) -> None:
    """Write the three drafts of a place; a file that is there already is left alone."""
    key = known_place(place, settings)
    drafts = documents(gather(settings, key))
    there = [name for name in drafts if (folder / name).exists()]
    if there:
        raise ConfigProblem(
            f"records: {folder / there[0]} is there already, and may have been completed: name "
            "another folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in drafts.items():
        (folder / name).write_text(text, "utf-8")
        tell(f"{folder / name}: {text.count('[the council completes this]')} things to complete")
    tell("all three are drafts: somebody of the council reads, completes and signs them")


def gather(settings: Settings, place: str) -> Running:
    """Return what is configured and running for a place; it writes nothing."""
    database = wiring.open_database(settings)
    try:
        with database.connect() as connection:
            return Running(
                place=wiring.places(settings)[place],
                taken=f"{SystemClock().now().astype('datetime64[s]')}Z",
                version=wiring.code(),
                kinds=_kinds(connection, place),
                homes=_homes(connection, place),
                bases=_bases(connection, place),
                holders=_holders(connection, place),
                own=_own(connection, place),
                modes={one.detector: one.mode for one in switches.in_force(connection, [place])},
                channels=sorted(set(channels(settings, database)) - {"console", "proof"}),
                stores=[settings.store.kind],
                database="PostgreSQL" if settings.database_url else "SQLite",
                copies_days={
                    "The journal, before the store has them and after": settings.journal.keep_days,
                    "Messages that could not be used, their first bytes": DEAD_LETTER_DAYS,
                    "The engine's log of what it decided on": settings.tick_log.keep_days,
                },
                has_webhook=_has_webhook(connection, place),
                holds=_held(connection, place),
                key_place=_key_place(settings),
            )
    finally:
        database.dispose()


def _kinds(connection: Connection, place: str) -> Mapping[Kind, int]:
    s, h = tables.sensors.c, tables.homes.c
    query = select(s.kind, func.count()).join(tables.homes, h.number == s.home)
    rows = connection.execute(query.where(*_lived_in(place), s.ended_us.is_(None)).group_by(s.kind))
    return {Kind(kind): count for kind, count in rows}


def _homes(connection: Connection, place: str) -> Mapping[str, int]:
    h = tables.homes.c
    query = select(h.state, func.count()).where(*_lived_in(place)).group_by(h.state)
    return dict(connection.execute(query).all())


def _bases(connection: Connection, place: str) -> Mapping[str, int]:
    c, h = tables.consents.c, tables.homes.c
    query = select(c.basis, func.count()).join(tables.homes, h.number == c.home)
    query = query.where(*_lived_in(place), c.withdrawn_us.is_(None)).group_by(c.basis)
    return dict(connection.execute(query).all())


def _own(connection: Connection, place: str) -> Mapping[str, int]:
    return {name: len(homes) for name, homes in of_places(connection, [place]).items()}


def _holders(connection: Connection, place: str) -> Mapping[Role, int]:
    g = tables.grants.c
    query = select(g.role).where(g.place == place)
    return Counter(Role(role) for role in connection.execute(query).scalars())


def _has_webhook(connection: Connection, place: str) -> bool:
    w = tables.webhooks.c
    return connection.execute(select(w.place).where(w.place == place)).first() is not None


def _held(connection: Connection, place: str) -> int:
    h = tables.homes.c
    query = select(func.count()).where(h.place == place, h.number.in_(holds.held(connection)))
    return int(connection.execute(query).scalar_one())


def _lived_in(place: str) -> tuple[ColumnElement[bool], ...]:
    h = tables.homes.c
    return h.place == place, h.state != HomeState.TEST.value


def _key_place(settings: Settings) -> str:
    """Return where the master key is, in words that name no path."""
    if master_key.is_given(settings):
        return "the master key comes from the environment"
    if settings.privacy.master_key_file is None:
        return "the master key lies beside the keyring: put it elsewhere"
    return "the master key is in a file of its own"
