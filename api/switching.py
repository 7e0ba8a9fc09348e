"""``stillwell detectors``: reads the modes of places, and switches them for a supervisor."""

from collections.abc import Callable, Collection

from sqlalchemy import Connection

from alerts import calibrations
from alerts.modes import DETECTORS, Mode
from alerts.switches import SwitchRefused
from api import console, detectors, overriding, wiring
from api.detector_report import report
from config import alert_budgets, people
from config.people import Account
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from ingest.clock import microseconds

ALL = "all"
"""Names every detector at once."""


def show(settings: Settings, place: str, *, tell: Callable[[str], None]) -> None:
    """Tell the report of one place, or of all; ConfigProblem when there is no such place."""
    places = wiring.places(settings)
    if place:
        expect_place(place, places)
    chosen = {key: one for key, one in places.items() if place in ("", key)}
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    for key in chosen:
        console.note_read(database, key, "detectors")
    with database.connect() as connection:
        rows = detectors.overview(connection, list(chosen), now_us)
        accounts = frozenset(row.switch.account for row in rows if row.switch is not None)
        names = people.names(connection, accounts)
        budgets = calibrations.newest(connection, list(chosen))
        chosen = alert_budgets.in_force(connection, chosen)
        own = overriding.of_places(connection, list(chosen))
    for line in report(rows, chosen, names, budgets, own):
        tell(line)


def switch(
    settings: Settings,
    place: str,
    detector: str,
    mode: Mode,
    *,
    by: str,
    evidence: str,
    without_evidence: str,
    tell: Callable[[str], None],
) -> None:
    """Switch one detector or all; ConfigProblem says what is unknown, missing or not allowed."""
    expect_place(place, wiring.places(settings))
    known = [one.key for one in DETECTORS]
    if detector not in (*known, ALL):
        raise ConfigProblem(
            f"detectors: there is no detector {detector!r}, "
            f"expected one of {', '.join(known)}, {ALL}"
        )
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    keys = known if detector == ALL else [detector]
    try:
        with database.begin() as connection:
            account = supervisor(connection, by, place)
            for key in keys:
                detectors.switch(
                    connection,
                    place,
                    key,
                    mode,
                    account=account.id,
                    evidence_text=evidence,
                    without_evidence=without_evidence,
                    now_us=now_us,
                )
    except SwitchRefused as refused:
        option = f"--{refused.field.replace('_', '-')}"
        raise ConfigProblem(f"detectors: {option}: {refused}") from refused
    for key in keys:
        tell(f"{place}: {key} is {mode.value} now, by {account.name}")


def supervisor(connection: Connection, email: str, place: str) -> Account:
    """Return the account of a supervisor of this place; ConfigProblem says what is wrong."""
    account = people.find_account(connection, email)
    if account is None:
        raise ConfigProblem(f"detectors: {email!r} has no account: open one by stillwell account")
    held = people.grants_of(connection, account.id).get(place, frozenset())
    if Role.SUPERVISOR not in held:
        raise ConfigProblem(f"detectors: {email} is not a supervisor of {place}")
    return account


def supervised(
    connection: Connection, email: str, *, command: str
) -> tuple[Account, tuple[str, ...]]:
    """Return an account and the places that it supervises; ConfigProblem where there is none."""
    account = people.find_account(connection, email)
    if account is None:
        raise ConfigProblem(f"{command}: {email!r} has no account: open one by stillwell account")
    held = people.grants_of(connection, account.id)
    places = tuple(key for key, roles in held.items() if Role.SUPERVISOR in roles)
    if not places:
        raise ConfigProblem(f"{command}: {email} is not a supervisor of any place")
    return account, places


def expect_place(place: str, known: Collection[str]) -> None:
    """Raise ConfigProblem unless the place is known."""
    if place not in known:
        raise ConfigProblem(
            f"detectors: there is no place {place!r}, expected one of {', '.join(known)}"
        )
