"""Calls about homes that cannot be seen, for pages and REST alike: scope first, then the ledger."""

from collections.abc import Sequence

from sqlalchemy import Connection

from alerts import welfare_calls
from alerts.refusals import Refused
from alerts.welfare_calls import CallOutcome, Outdated, WelfareCall
from api import roster, seen
from api.auth import CARE, HOMES, Visitor
from api.errors import absent
from api.resources import Resources
from api.web import words
from config.homes import Home
from ingest.clock import microseconds


def calls_of(
    connection: Connection, visitor: Visitor, home_id: str
) -> tuple[Home, list[WelfareCall]]:
    """Return a home and the calls about it, the newest first; Problem 404 out of reach."""
    home = _find(connection, visitor.places(*HOMES), home_id)
    return home, welfare_calls.of_home(connection, home.id)


def claim(resources: Resources, visitor: Visitor, home_id: str, *, saw: str = "") -> WelfareCall:
    """Say that the visitor is calling; ``saw`` is the version that they looked at.

    Problem 404 out of reach; Taken, Outdated or Refused as ``alerts/welfare_calls.py`` says.
    """
    with resources.database.connect() as connection:
        home = _find(connection, visitor.places(*CARE), home_id)
        last = welfare_calls.newest(connection, [home.id]).get(home.id)
    now_us, version = microseconds(resources.clock()), welfare_calls.version(last)
    if last is not None and not last.holds(now_us) and not seen.names(saw, version):
        raise Outdated(last)
    known = version if saw else ""
    return welfare_calls.claim(
        resources.database, home.place, home.id, visitor.account.id, now_us, saw=known
    )


def end(
    resources: Resources,
    visitor: Visitor,
    home_id: str,
    number: int,
    outcome: CallOutcome,
    said: str,
) -> WelfareCall:
    """Say what came of the visitor's own call; Problem 404, Outdated, Refused."""
    if not words.is_readable(said):
        raise Refused("What was said must not hold control characters: type it again.")
    with resources.database.begin() as connection:
        home = _find(connection, visitor.places(*CARE), home_id)
        try:
            return welfare_calls.end(
                connection,
                home.id,
                number,
                visitor.account.id,
                outcome,
                said.replace("\r\n", "\n"),
                microseconds(resources.clock()),
            )
        except LookupError as problem:
            raise absent() from problem


def _find(connection: Connection, places: Sequence[str], home_id: str) -> Home:
    home = roster.find_home(connection, places, home_id)
    if home is None:
        raise absent()
    return home
