"""Drafts of enrolments and their end, for the pages: scope first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from api import households
from api.auth import Visitor
from api.contacting import EDITORS
from api.errors import absent
from api.households import Wrong
from api.resources import Resources
from config import consents, drafts, tables
from config.consents import Consent
from config.drafts import Draft
from config.homes import HomeState
from config.household_enrol import Enrolled
from ingest.clock import microseconds


@dataclass(frozen=True, slots=True)
class Overview:
    """What waits at the places where the visitor enrols."""

    drafts: Sequence[Draft]
    due: Sequence[tuple[Consent, bool]]
    """Reviews that are due, and whether each is overdue at its own place."""

    unrecorded: Sequence[str]
    """Homes (ids) that are watched although no decision is kept."""

    awaiting: Sequence[tuple[str, str]]
    """(id, label) of homes that await a consent."""


def overview(resources: Resources, visitor: Visitor) -> Overview:
    """Return drafts, reviews that are due, and homes that await a consent."""
    places = visitor.places(*EDITORS)
    h = tables.homes.c
    with resources.database.connect() as connection:
        mine = drafts.read(connection, resources.vault, visitor.account.id)
        due = [one for place in places for one in _due(resources, connection, place)]
        unrecorded = consents.unrecorded(connection, places)
        waits = h.state == HomeState.AWAITING_CONSENT.value
        query = select(h.id, h.label).where(h.place.in_(places), waits).order_by(h.label).limit(50)
        awaiting = [(row.id, row.label) for row in connection.execute(query)]
    due.sort(key=lambda one: (one[0].review_on, one[0].number))
    return Overview([one for one in mine if one.place in places], due, unrecorded, awaiting)


def begin(resources: Resources, visitor: Visitor, place: str) -> str:
    """Begin a draft; return its id. Problem 404 when the place is not the visitor's."""
    if place not in visitor.places(*EDITORS):
        raise absent()
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        gone = drafts.expire(connection, now_us)
        made = drafts.create(connection, resources.vault, place, visitor.account.id, now_us)
    resources.vault.drop(gone)
    return made


def find(resources: Resources, visitor: Visitor, draft: str) -> Draft:
    """Return a draft of the visitor's own, at a place of theirs; Problem 404 otherwise."""
    with resources.database.connect() as connection:
        found = drafts.find(connection, resources.vault, visitor.account.id, draft)
    if found is None or found.place not in visitor.places(*EDITORS):
        raise absent()
    return found


def keep(resources: Resources, draft: Draft, fields: Mapping[str, str]) -> None:
    """Keep what was typed."""
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        drafts.save(connection, resources.vault, draft, fields, now_us)


def drop(resources: Resources, draft: Draft) -> None:
    """Drop a draft for good."""
    with resources.database.begin() as connection:
        gone = drafts.remove(connection, draft.id)
    resources.vault.drop(gone)


def end(
    resources: Resources, visitor: Visitor, draft: Draft, fields: Mapping[str, str]
) -> Enrolled:
    """Enrol what the draft holds, and drop it, in one step; Wrong lists every mistake."""
    with resources.database.begin() as connection:
        gone = drafts.remove(connection, draft.id)
        if not gone:  # a second tap
            raise absent()
        (made,) = households.enrol(resources, connection, draft.place, [fields], visitor.account.id)
    resources.vault.drop(gone)
    return made


def wrong(
    resources: Resources, draft: Draft, fields: Mapping[str, str]
) -> Sequence[tuple[str, str]]:
    """Return (field, what is wrong) of everything that keeps the draft from being enrolled."""
    try:
        with resources.database.connect() as connection:
            households.enrol(resources, connection, draft.place, [fields], "", is_dry_run=True)
    except Wrong as problem:
        return [(name, said) for _, name, said in problem.mistakes]
    return []


def _due(
    resources: Resources, connection: Connection, place: str
) -> Sequence[tuple[Consent, bool]]:
    today = households.today(resources.places[place], microseconds(resources.clock()))
    return [(one, one.review_on < today) for one in consents.due(connection, [place], today)]
