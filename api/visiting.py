"""Booked visits for REST and the command line: scope first."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection, select

from api import csv_files, exporting, wiring
from api.auth import HOMES, Visitor
from api.contacting import EDITORS
from api.contacts_file import expect_role
from api.errors import absent
from api.resources import Resources
from api.roster import find_home
from config import registry, tables, visits
from config.csv_rows import Row
from config.problems import ConfigProblem
from config.settings import Settings
from config.visits import Visit
from ingest.clock import microseconds

_h = tables.homes.c


def visits_of(resources: Resources, visitor: Visitor, home: str) -> list[Visit]:
    """Return a home's booked visits; Problem 404 when it is not the visitor's."""
    with resources.database.connect() as connection:
        found = find_home(connection, visitor.places(*HOMES), home)
        if found is None:
            raise absent()
        return registry.visits(connection, found.number)


def save(resources: Resources, visitor: Visitor, home: str, rows: Sequence[Row]) -> list[Visit]:
    """Replace a home's booked visits; Problem 404 out of reach, ConfigProblem names mistakes."""
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        found = find_home(connection, visitor.places(*EDITORS), home)
        if found is None:
            raise absent()
        told = [(f"visits.{number}", {**row, "home": home}) for number, row in enumerate(rows)]
        booked = visits.read_rows(told, {home: found.number}, found.place)
        mine = {found.number: booked.get(found.number, [])}
        registry.book(connection, found.place, mine, by=visitor.account.id, now_us=now_us)
        return registry.visits(connection, found.number)


def read_file(
    settings: Settings,
    file: Path,
    place: str,
    by: str,
    *,
    is_dry_run: bool,
    tell: Callable[[str], None],
) -> None:
    """Replace the visits of the homes that a CSV file names; ConfigProblem lists every mistake."""
    csv_files.expect_place(settings, place, "visits")
    rows = visits.read_csv(csv_files.read_bytes(file, "visits"), file.name)
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account = expect_role(connection, by, place, *EDITORS)
        booked = visits.read_rows(rows, _homes(connection, place), place)
        told = f"{sum(map(len, booked.values()))} visits to {len(booked)} homes of {place}"
        if is_dry_run:
            tell(f"{told} are right; nothing was saved (--dry-run)")
            return
        registry.book(connection, place, booked, by=account.id, now_us=now_us)
    tell(f"{told} are saved; they replace what was booked for these homes")


def show(settings: Settings, place: str, home: str, *, tell: Callable[[str], None]) -> None:
    """Tell the booked visits of a place, or of one home of it, as CSV that can be read again."""
    csv_files.expect_place(settings, place, "visits")
    database = wiring.open_database(settings)
    with database.connect() as connection:
        number = {n: id_ for id_, n in _homes(connection, place).items()}
        if home and home not in number.values():
            raise ConfigProblem(f"visits: there is no home {home!r} at {place}")
        found = registry.visits(connection)
    now_us = microseconds(wiring.web_clock(settings, database)())
    exporting.note(database, place, "visits", now_us, homes=home or "all")
    tell(",".join(visits.COLUMNS))
    for visit in found:
        id_ = number.get(visit.home)
        if id_ is not None and home in ("", id_):
            row = {"home": id_, **visits.as_row(visit)}
            tell(",".join(row[column] for column in visits.COLUMNS))


def _homes(connection: Connection, place: str) -> dict[str, int]:
    query = select(_h.id, _h.number).where(_h.place == place).order_by(_h.number)
    return dict(connection.execute(query).all())
