"""The devices of a home, for pages, REST and commands: what is there, and replacing it.

An officer may in every home of the place, an installer in those of today (see installing.py).
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from api import installing
from api.auth import Visitor
from api.enrolment import new_id
from api.errors import absent
from api.resources import Resources
from config import replacements
from config.credentials import Issued
from config.homes import Home
from config.replacements import OldBox
from ingest.clock import microseconds


@dataclass(frozen=True, slots=True)
class Hub:
    """A gateway of a home (id of the box that serves), and what it took the place of."""

    id: str
    old: list[OldBox]


def hubs_of(connection: Connection, home: Home) -> list[Hub]:
    """Return the home's own gateways."""
    found = installing.gateways_of(connection, home.number)
    return [Hub(id_, replacements.old_boxes(connection, id_)) for id_ in found]


def expect_heard(connection: Connection, home: Home, old: str) -> None:
    """Raise LookupError unless this is a box of the home that was replaced."""
    if old not in {box.id for hub in hubs_of(connection, home) for box in hub.old}:
        raise LookupError(old)


def replace_gateway(
    connection: Connection,
    home: Home,
    gateway: str,
    account: str,
    *,
    now_us: int,
    overlap_h: float,
    why: str,
    box: str = "",
) -> Issued:
    """Let another box serve in this gateway's place; return its credential, this once.

    Its id is drawn where ``box`` names none. LookupError when the gateway is not the home's own,
    ConfigProblem says what else is wrong.
    """
    installing.expect_gateway(connection, home, gateway)
    installing.expect_consent(home, "replace")
    return replacements.replace_gateway(
        connection, gateway, box or new_id(), account, now_us, overlap_h=overlap_h, why=why
    )


def swap_gateway(
    resources: Resources,
    visitor: Visitor,
    home: Home,
    gateway: str,
    *,
    overlap_h: float | None,
    why: str,
    box: str = "",
) -> Issued:
    """Replace a gateway in the visitor's name; Problem 404 for a foreign gateway.

    Without an overlap that of the settings holds. Credentials follow the wall, so this does.
    """
    try:
        with resources.database.begin() as connection:
            return replace_gateway(
                connection,
                home,
                gateway,
                visitor.account.id,
                now_us=microseconds(resources.wall()),
                overlap_h=resources.broker.overlap_h if overlap_h is None else overlap_h,
                why=why,
                box=box,
            )
    except LookupError as problem:
        raise absent() from problem


def end_overlap(resources: Resources, visitor: Visitor, home: Home, old: str) -> None:
    """Hear no more of a box that was replaced; Problem 404 for a foreign one."""
    now_us = microseconds(resources.wall())
    try:
        with resources.database.begin() as connection:
            expect_heard(connection, home, old)
            replacements.end_overlap(connection, old, visitor.account.id, now_us)
    except LookupError as problem:
        raise absent() from problem
