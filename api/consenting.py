"""What ``stillwell consent`` does, in somebody's name."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Connection

from api import consent_acts, console, stores, wiring
from api.contacts_file import expect_role, read_toml
from config import consents
from config.consents import Consent
from config.contacts import place_of
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from ingest.clock import microseconds

EDITORS = (Role.OFFICER, Role.SUPERVISOR)
"""Who may record and withdraw."""

Tell = Callable[[str], None]


def record(settings: Settings, home: str, file: Path, by: str, *, tell: Tell) -> None:
    """Keep the decision in this file; ConfigProblem says what is wrong."""
    plan = consents.read_plan(read_toml(file, "consent"), file.name)
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account = expect_role(connection, by, _place(connection, home), *EDITORS)
        kept = consents.record(connection, home, plan, account.id, now_us)
        _expect_before_readings(settings, connection, home, plan.decided_on)
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
    today = datetime.fromtimestamp(now_us / 1e6, UTC).date()
    for key in wanted:
        console.note_read(database, key, "consents")
    with database.connect() as connection:
        found = consents.due(connection, wanted, today)
        without = consents.unrecorded(connection, wanted)
    for one in found:
        tell(f"{one.place}, home {one.home}: {_line(one)}" + _overdue(one.review_on < today))
    for home in without:
        tell(f"home {home} is watched, but no decision is kept: record one or withdraw")
    tell(f"{len(found)} decisions are due, {len(without)} homes have none")


def _expect_before_readings(
    settings: Settings, connection: Connection, home: str, decided_on: date
) -> None:
    if not stores.file_of(settings).exists():
        return
    store = stores.open_to_read(settings)
    try:
        consent_acts.expect_before_readings(store, connection, home, decided_on)
    finally:
        store.close()


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
