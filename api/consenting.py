"""What ``stillwell consent`` does, in somebody's name."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, select

from api import consent_acts, console, households, stores, wiring
from api.contacting import EDITORS
from api.contacts_file import expect_role, read_toml
from config import consents, tables
from config.consents import Consent
from config.contacts import place_of
from config.database import hold_writers
from config.places import Place
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import microseconds

Tell = Callable[[str], None]
_h = tables.homes.c


def record(settings: Settings, home: str, file: Path, by: str, *, tell: Tell) -> None:
    """Keep the decision in this file; ConfigProblem says what is wrong."""
    plan = consents.read_plan(read_toml(file, "consent"), file.name)
    places = wiring.places(settings)
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.connect() as connection:
        place = _known(places, _place(connection, home))
        first = _first(settings, connection, home, plan.decided_on, place)
    with database.begin() as connection:
        hold_writers(connection)
        account = expect_role(connection, by, _place(connection, home), *EDITORS)
        today = households.today(place, now_us)
        kept = consents.record(connection, home, plan, account.id, now_us, today)
        consent_acts.expect_decided(first, plan.decided_on, consents.history(connection, home))
    tell(f"home {home} is watched by {kept.basis.value} until its review on {kept.review_on}")


def withdraw(settings: Settings, home: str, by: str, why: str, *, tell: Tell) -> None:
    """Withdraw what stands; ConfigProblem says what is wrong."""
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account = expect_role(connection, by, _place(connection, home), *EDITORS)
        consents.withdraw(connection, home, account.id, why, now_us)
    tell(f"nothing more is stored of home {home}; what is kept already is not erased by this")


def show(settings: Settings, home: str, *, tell: Tell) -> None:
    """Tell every decision about a home."""
    database = wiring.open_database(settings)
    with database.begin() as connection:
        console.note(connection, _place(connection, home), "read", f"home:{home}")
    with database.connect() as connection:
        found = consents.history(connection, home)
    for one in found:
        tell(_line(one))
        for kind, why in sorted(one.purpose.items()):
            tell(f"  {kind}: {why}")
    if not found:
        tell(f"no decision is kept about home {home}")


def due(settings: Settings, place: str, *, tell: Tell) -> None:
    """Tell what must be reviewed, and which homes are watched without any decision."""
    places = wiring.places(settings)
    if place and place not in places:
        raise ConfigProblem(
            f"consent: there is no place {place!r}, expected one of {', '.join(places)}"
        )
    wanted = [place] if place else list(places)
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    today = {key: households.today(places[key], now_us) for key in wanted}
    for key in wanted:
        console.note_read(database, key, "consents")
    with database.connect() as connection:
        found = [one for key in wanted for one in consents.due(connection, [key], today[key])]
        without = consents.unrecorded(connection, wanted)
    for one in found:
        late = _overdue(one.review_on < today[one.place])
        tell(f"{one.place}, home {one.home}: {_line(one)}{late}")
    for home in without:
        tell(f"home {home} is watched, but no decision is kept: record one or withdraw")
    tell(f"{len(found)} decisions are due, {len(without)} homes have none")


def _first(
    settings: Settings, connection: Connection, home: str, decided_on: date, place: Place
) -> date | None:
    """Return the day of the home's first reading if it is before this one, None otherwise."""
    if not stores.file_of(settings).exists():
        return None
    number = connection.execute(select(_h.number).where(_h.id == home)).scalar_one()
    store = stores.open_to_read(settings)
    try:
        return consent_acts.first_before(store, number, decided_on, place.zone)
    finally:
        store.close()


def _known(places: Mapping[str, Place], key: str) -> Place:
    if key not in places:
        raise ConfigProblem(f"consent: there is no place file of {key!r}")
    return places[key]


def _overdue(is_overdue: bool) -> str:  # one word
    return ", overdue" if is_overdue else ""


def _line(one: Consent) -> str:
    told = f"{one.basis.value}, decided by {one.decided_by.value} on {one.decided_on}"
    told += f", review {one.review_on}" + (f", {one.reference}" if one.reference else "")
    return told if one.stands else f"{told}, ended: {one.why}"


def _place(connection: Connection, home: str) -> str:
    place = place_of(connection, home)
    if place is None:
        raise ConfigProblem(f"consent: there is no home {home!r}")
    return place
