"""Moving house, for pages, REST and commands: what it does, the act, and taking it back.

One transaction does everything or nothing. The address holds from the moment at which the move is
entered; a move to another place is an end there and an enrolment here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, Engine, func, select

from alerts import ended_homes
from alerts.ended_homes import Stands
from api.households import LABEL, Wrong
from api.resources import Resources
from api.roster import find_home
from api.web import words
from config import home_labels, house_moves, household_rows, override_rows, tables
from config.csv_rows import Mistake, Row, take
from config.database import hold_writers
from config.homes import Home
from config.house_moves import Former, Moved
from config.household_rows import Kept, Outrun
from config.households import (
    ADDRESS,
    Household,
    label_mistake,
    read_address,
    read_day,
    read_door,
    read_words,
)
from config.places import Place
from config.problems import ConfigProblem
from config.vault import Vault
from ingest.clock import microseconds

FIELDS: Final = ("moved_on", "why", *ADDRESS, "notes", "key_safe", LABEL)
"""What is said of a move, each a text; those of the address as in a household."""

_NOTE: Final = "the home moved house"
_h, _c, _a = tables.homes.c, tables.contacts.c, tables.allowances.c


@dataclass(frozen=True, slots=True)
class Site:
    """The installation: its database and keys, its places, and the time of homes and alerts."""

    database: Engine
    vault: Vault
    places: Mapping[str, Place]
    now_us: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """A home that may move: where it is, where it was, and what a move would end.

    ``keys`` is how many contacts have a key, ``caps`` how many longer limits hold, ``alerts``
    those that stand; ``own_settings`` are of the home, not its place.
    """

    home: Home
    place: Place
    kept: Kept
    today: date
    from_on: date
    former: Sequence[Former]
    alerts: Sequence[Stands]
    keys: int
    caps: int
    visits: int
    own_settings: int

    @property
    def refusal(self) -> str | None:
        """Why it cannot move at all, None when it can."""
        return house_moves.refusal(self.home.state, self.kept)

    def may_take_back(self, now_us: int) -> bool:
        """Return whether the last move can be taken back."""
        return bool(self.former) and self.former[0].may_take_back(now_us)


@dataclass(frozen=True, slots=True)
class Wish:
    """A move as somebody asks for it, once it was read."""

    household: Household
    moved_on: date
    why: str
    label: str | None


def site_of(resources: Resources) -> Site:
    """Return the installation as a request sees it."""
    now_us = microseconds(resources.clock())
    return Site(resources.database, resources.vault, resources.places, now_us)


def outlook(connection: Connection, site: Site, places: Sequence[str], home_id: str) -> Outlook:
    """Return what a move of this home is about; LookupError when it is in none of these places."""
    home = find_home(connection, places, home_id)
    kept = None if home is None else household_rows.read(connection, site.vault, home_id)
    if home is None or kept is None:
        raise LookupError(home_id)
    place = site.places[home.place]
    enrolled = connection.execute(select(_h.enrolled_us).where(_h.id == home_id)).scalar_one()
    former = house_moves.of_home(connection, site.vault, home_id)
    keys = select(func.count()).where(_c.home == home.number, _c.has_key)
    caps = select(func.count()).where(_a.home == home.number, _a.until_us > site.now_us)
    visits = select(func.count()).where(tables.visits.c.home == home.number)
    return Outlook(
        home=home,
        place=place,
        kept=kept,
        today=words.local(site.now_us, place.zone).date(),
        from_on=former[0].until_on if former else words.local(enrolled, place.zone).date(),
        former=former,
        alerts=ended_homes.standing(connection, home_id),
        keys=connection.execute(keys).scalar_one(),
        caps=connection.execute(caps).scalar_one(),
        visits=connection.execute(visits).scalar_one(),
        own_settings=len(override_rows.in_force(connection, [home.number])),
    )


def read(found: Outlook, said: Row) -> tuple[Wish | None, list[Mistake]]:
    """Return the move that these fields ask for, or None and every mistake with its field."""
    if found.refusal is not None:
        return None, [("home", found.refusal)]
    wrong: list[Mistake] = []
    moved_on = take(said, "moved_on", read_day, wrong)
    why = take(said, "why", lambda text: read_words(text, 3, house_moves.LONGEST_WHY), wrong)
    address = read_address(said, wrong)
    notes, key_safe = read_door(said, wrong)
    label = take(said, LABEL, lambda text: read_words(text, 0, home_labels.LONGEST), wrong)
    if wrong or address is None or moved_on is None:
        return None, wrong
    household = Household(found.kept.persons, address, notes, key_safe)
    wrong = house_moves.mistakes(
        found.home.state,
        found.kept,
        household,
        moved_on,
        why or "",
        from_on=found.from_on,
        today=found.today,
    )
    if said_of_label := label_mistake(label or found.home.label, household):
        wrong.append((LABEL, said_of_label))
    return (None, wrong) if wrong else (Wish(household, moved_on, why or "", label or None), [])


def move(site: Site, places: Sequence[str], home_id: str, said: Row, account: str) -> Moved:
    """Let a home be at another address from now on, in this account's name.

    LookupError when it is in none of these places; Wrong lists every mistake, and ConfigProblem
    tells that somebody else changed the household meanwhile. Nothing is saved then.
    """
    with site.database.begin() as connection:
        hold_writers(connection)
        found = outlook(connection, site, places, home_id)
        wish, wrong = read(found, said)
        if wish is None:
            raise Wrong([("move", *one) for one in wrong])
        label = home_labels.agree(
            connection, home_id, wish.household, wish.label, by=account, now_us=site.now_us
        )
        if label:
            raise Wrong([("move", LABEL, label)])
        try:
            done = house_moves.move(
                connection,
                site.vault,
                found.kept,
                wish.household,
                wish.moved_on,
                wish.why,
                from_on=found.from_on,
                by=account,
                now_us=site.now_us,
            )
        except Outrun:
            raise ConfigProblem("move: the household was changed meanwhile: try again") from None
        ended_homes.forget(connection, found.home.place, home_id, site.now_us, _NOTE)
    site.vault.drop(done.gone)
    return done


def take_back(site: Site, places: Sequence[str], home_id: str, account: str) -> None:
    """Let a home be where it was before its last move, in this account's name.

    LookupError when it is in none of these places; ConfigProblem says why it cannot be.
    """
    with site.database.begin() as connection:
        hold_writers(connection)
        found = outlook(connection, site, places, home_id)
        if found.refusal is not None:
            raise ConfigProblem(f"move: {found.refusal}")
        try:
            gone = house_moves.take_back(
                connection, site.vault, found.kept, by=account, now_us=site.now_us
            )
        except Outrun:
            raise ConfigProblem("move: the household was changed meanwhile: try again") from None
        ended_homes.tell(connection, found.home.place, home_id, site.now_us)
    site.vault.drop(gone)
