"""What ``stillwell caps`` does: reads and writes longer limits for a supervisor."""

import re
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from api import caps, console, wiring
from api.switching import supervised
from config import people
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import microseconds

_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


def show(settings: Settings, place: str, *, tell: Callable[[str], None]) -> None:
    """Tell what stands at one place, or at all; ConfigProblem when there is no such place."""
    places = wiring.places(settings)
    if place and place not in places:
        raise ConfigProblem(
            f"caps: there is no place {place!r}, expected one of {', '.join(places)}"
        )
    chosen = {key: one for key, one in places.items() if place in ("", key)}
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    for key in chosen:
        console.note_read(database, key, "caps")
    with database.connect() as connection:
        found = caps.overview(connection, list(chosen), now_us)
        names = people.names(connection, caps.accounts_of(found))
    for line in caps.report(found, chosen, names, now_us):
        tell(line)


def accept(
    settings: Settings,
    home: str,
    band: tuple[str, str],
    *,
    cap_h: float,
    days: float,
    is_out: bool,
    by: str,
    why: str,
    tell: Callable[[str], None],
) -> None:
    """Accept a longer limit; ConfigProblem says what is unknown, missing or not allowed."""
    places, database = wiring.places(settings), wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account, own = supervised(connection, by, command="caps")
        try:
            of, made = caps.accept(
                connection,
                own,
                home,
                band=_band(connection, own, home, band, now_us),
                cap_h=cap_h,
                days=days,
                is_out=is_out,
                account=account.id,
                why=why,
                now_us=now_us,
            )
        except LookupError as problem:
            raise ConfigProblem(
                f"caps: there is no home {home!r} in a place that {by} supervises"
            ) from problem
    said = caps.allowance_text(made, places[of.place], {account.id: account.name}, now_us)
    tell(f"{of.id}, number {made.number}: {said}.")


def withdraw(settings: Settings, number: int, *, by: str, tell: Callable[[str], None]) -> None:
    """Take one back; ConfigProblem when none of this number is in force where ``by`` supervises."""
    places, database = wiring.places(settings), wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account, own = supervised(connection, by, command="caps")
        try:
            of, was = caps.withdraw(connection, own, number, account=account.id, now_us=now_us)
        except LookupError as problem:
            raise ConfigProblem(
                f"caps: no longer limit of number {number} is in force in a place that {by} "
                "supervises"
            ) from problem
    said = caps.allowance_text(was, places[of.place], {account.id: account.name}, now_us)
    tell(f"{of.id}, number {number}: {said}.")


def minutes(text: str) -> int:
    """Return minutes past midnight of a time such as 21:30; ConfigProblem when it is none."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ConfigProblem(f"caps: {text!r} is not a time of day, expected such as 21:30")
    return int(found[1]) * 60 + int(found[2])


def _band(
    connection: Connection, places: tuple[str, ...], home: str, band: tuple[str, str], now_us: int
) -> tuple[int, int]:
    if any(band):
        return minutes(band[0]), minutes(band[1])
    for of, one in caps.overview(connection, places, now_us).proposed:
        if of.id == home:
            return one.from_min, one.to_min
    raise ConfigProblem(f"caps: nothing is proposed for the home {home!r}, so say --from and --to")
