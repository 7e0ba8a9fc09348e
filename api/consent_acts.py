"""Decisions to watch a home, by REST: each read and written in the caller's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import Connection, select

from api import households
from api.auth import Visitor
from api.contacting import EDITORS
from api.errors import absent
from api.resources import Resources
from api.roster import find_home
from config import consents, tables
from config.consents import Consent, ConsentPlan
from config.problems import ConfigProblem
from ingest.clock import microseconds
from ingest.sink import Store


@dataclass(frozen=True, slots=True)
class Due:
    """What must be reviewed at a place by its own ``today``, the oldest first.

    ``unrecorded`` are homes (ids) that are watched although no decision is kept.
    """

    today: date
    reviews: Sequence[Consent]
    unrecorded: Sequence[str]


def history(resources: Resources, visitor: Visitor, home: str) -> list[Consent]:
    """Return every decision about a home, the newest first; Problem 404 when it is not theirs."""
    with resources.database.connect() as connection:
        _expect_home(connection, visitor, home)
        return consents.history(connection, home)


def due(resources: Resources, visitor: Visitor, place: str) -> Due:
    """Return what is due at a place; Problem 404 when it is not theirs."""
    if place not in visitor.places(*EDITORS):
        raise absent()
    today = households.today(resources.places[place], microseconds(resources.clock()))
    with resources.database.connect() as connection:
        found = consents.due(connection, [place], today)
        return Due(today, found, consents.unrecorded(connection, [place]))


def record(resources: Resources, visitor: Visitor, home: str, plan: ConsentPlan) -> Consent:
    """Keep a decision; Problem 404, or ConfigProblem says what is wrong and nothing is kept."""
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        _expect_home(connection, visitor, home)
        kept = consents.record(connection, home, plan, visitor.account.id, now_us)
        expect_before_readings(resources.store(), connection, home, plan.decided_on)
        return kept


def withdraw(resources: Resources, visitor: Visitor, home: str, why: str) -> None:
    """Withdraw what stands; Problem 404, or ConfigProblem says what is wrong."""
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        _expect_home(connection, visitor, home)
        consents.withdraw(connection, home, visitor.account.id, why, now_us)


def expect_before_readings(
    store: Store | None, connection: Connection, home: str, decided_on: date
) -> None:
    """ConfigProblem when readings of the home are kept from before any decision about it."""
    if store is None:
        return
    h = tables.homes.c
    number = connection.execute(select(h.number).where(h.id == home)).scalar_one()
    batch = store.read(number, np.datetime64(0, "us"), np.datetime64(decided_on, "us"))
    if not len(batch):
        return
    first = batch.time.min().astype("datetime64[D]").item()
    if any(one.decided_on <= first for one in consents.history(connection, home)):
        return
    raise ConfigProblem(
        f"consent: decided_on is {decided_on}, but readings of this home are kept since {first}, "
        "before anybody had decided: record the decision that they rest on, or erase them first "
        "(`stillwell store erase`); nothing was saved"
    )


def _expect_home(connection: Connection, visitor: Visitor, home: str) -> None:
    if find_home(connection, visitor.places(*EDITORS), home) is None:
        raise absent()
