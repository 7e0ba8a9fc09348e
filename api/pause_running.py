"""What ``stillwell pause`` does: reads and writes pauses for people of a place."""

from collections.abc import Callable

from sqlalchemy import Connection

from alerts.ledger import Ledger
from api import console, pausing, wiring
from api.auth import HOMES
from api.roster import find_home
from config import people
from config.homes import Home
from config.pauses import PauseReason
from config.people import Account
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import microseconds

Tell = Callable[[str], None]


def show(settings: Settings, place: str, *, tell: Tell) -> None:
    """Tell what is paused at one place, or at all; ConfigProblem when there is no such place."""
    places = wiring.places(settings)
    if place and place not in places:
        known = ", ".join(places)
        raise ConfigProblem(f"pause: there is no place {place!r}, expected one of {known}")
    chosen = {key: one for key, one in places.items() if place in ("", key)}
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    for key in chosen:
        console.note_read(database, key, "pauses")
    with database.connect() as connection:
        found = pausing.listing(connection, list(chosen), now_us)
        names = people.names(connection, pausing.accounts_of([pause for _, pause in found]))
    for line in pausing.report(found, chosen, names, now_us):
        tell(line)


def begin(
    settings: Settings, home_id: str, reason: str, span: tuple[str, str], *, by: str, why: str,
    tell: Tell,
) -> None:  # fmt: skip
    """Pause a home; ConfigProblem says what is unknown, missing or not allowed."""
    places, database = wiring.places(settings), wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account, own = member(connection, by)
        home = _home(connection, own, home_id, by)
        zone = places[home.place].zone
        start, until = span
        _, made = pausing.begin(
            connection,
            own,
            home_id,
            reason=read_reason(reason),
            from_us=pausing.read_moment(start, zone) if start else now_us,
            until_us=pausing.read_moment(until, zone),
            account=account.id,
            why=why,
            now_us=now_us,
        )
    said = pausing.text(made, places[home.place], {account.id: account.name}, now_us)
    tell(f"{home.id}, number {made.number}: paused {said}.")


def end(settings: Settings, number: int, *, by: str, tell: Tell) -> None:
    """End a pause; ConfigProblem when none of this number is there to be ended."""
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account, own = member(connection, by)
        try:
            home = pausing.end(connection, own, number, account=account.id, now_us=now_us)
        except LookupError as problem:
            raise _absent(number, by) from problem
    pausing.answer(database, Ledger(database), home.id, account.id, now_us)
    tell(f"{home.id}, number {number}: ended, the home is watched again.")


def extend(settings: Settings, number: int, until: str, *, by: str, tell: Tell) -> None:
    """Let a pause end at another time; ConfigProblem says why not."""
    places, database = wiring.places(settings), wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account, own = member(connection, by)
        try:
            home, _ = pausing.find(connection, own, number, now_us)
            until_us = pausing.read_moment(until, places[home.place].zone)
            _, made = pausing.extend(
                connection, own, number, until_us=until_us, account=account.id, now_us=now_us
            )
        except LookupError as problem:
            raise _absent(number, by) from problem
    said = pausing.text(made, places[home.place], {account.id: account.name}, now_us)
    tell(f"{home.id}, number {made.number}: paused {said}.")


def read_reason(text: str) -> PauseReason:
    """Return the reason; ConfigProblem when there is none of this name."""
    try:
        return PauseReason(text)
    except ValueError:
        known = ", ".join(PauseReason)
        raise ConfigProblem(f"pause: reason is {text!r}, expected one of {known}") from None


def member(connection: Connection, email: str) -> tuple[Account, tuple[str, ...]]:
    """Return an account and the places whose homes it may see; ConfigProblem without any."""
    account = people.find_account(connection, email)
    if account is None:
        raise ConfigProblem(f"pause: {email!r} has no account: open one by stillwell account")
    held = people.grants_of(connection, account.id)
    places = tuple(key for key, roles in held.items() if roles.intersection(HOMES))
    if not places:
        raise ConfigProblem(f"pause: {email} belongs to no care team: ask a supervisor of a place")
    return account, places


def _home(connection: Connection, places: tuple[str, ...], home: str, by: str) -> Home:
    found = find_home(connection, places, home)
    if found is None:
        raise ConfigProblem(f"pause: there is no home {home!r} in a place of {by}")
    return found


def _absent(number: int, by: str) -> ConfigProblem:
    return ConfigProblem(
        f"pause: no pause of number {number} runs or is to come in a place of {by}; stillwell "
        "pause lists them"
    )
