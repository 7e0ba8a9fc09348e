"""Ending the enrolment of a home, for pages, REST and commands: what happens, the act, its undoing.

One transaction ends everything or nothing. Alerts and pauses follow the clock of the alerts,
credentials the wall clock, as the broker does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Connection, select

from alerts import ended_homes
from alerts.alert import Priority
from alerts.ended_homes import Stands
from alerts.ledger import Ledger
from api.resources import Resources
from api.roster import find_home
from api.web import words
from config import credentials, endings, holds, pause_rows, registry, tables
from config.credentials import Issued
from config.endings import UNDO_DAYS, Ended, Ending, EndReason, Kept
from config.homes import Home
from config.places import Place
from config.problems import ConfigProblem
from ingest.clock import Instant, microseconds

_h = tables.homes.c


@dataclass(frozen=True, slots=True)
class Site:
    """The installation: its places, the clocks, and for how many days the engine's log is kept."""

    places: Mapping[str, Place]
    ledger: Ledger
    now: Instant
    wall_us: int
    log_days: float

    @property
    def now_us(self) -> int:
        """The time of homes and alerts in microseconds."""
        return microseconds(self.now)


@dataclass(frozen=True, slots=True)
class Wish:
    """An end as somebody asks for it.

    ``p1`` are alerts (ids) of life safety that somebody has made sure of and wants closed.
    """

    reason: EndReason
    ended_on: date
    p1: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What ending a home does, or has done if ``ending`` is there; gateways are ids.

    ``last_days`` says when the last of each kind goes, unless one of ``holds`` legal holds stands.
    """

    home: Home
    place: Place
    today: date
    enrolled_on: date
    ending: Ending | None
    alerts: Sequence[Stands]
    gateways: Sequence[str]
    shared: Sequence[str]
    pauses: int
    visits: int
    holds: int
    last_days: Mapping[Kept, date]

    @property
    def p1(self) -> Sequence[Stands]:
        """The alerts of life safety among those that stand."""
        return [one for one in self.alerts if one.priority is Priority.P1]

    @property
    def undo_until(self) -> date:
        """The last day on which it can be taken back."""
        if self.ending is None:
            return self.today + timedelta(days=UNDO_DAYS)
        return words.local(self.ending.until_us, self.place.zone).date()


@dataclass(frozen=True, slots=True)
class Done:
    """What an end came to; ``closed`` are the alerts that were resolved by it."""

    ending: Ending
    ended: Ended
    closed: Sequence[Stands] = ()


@dataclass(frozen=True, slots=True)
class TakenBack:
    """An end that was taken back, and the new credentials: shown this once."""

    ending: Ending
    issued: Sequence[Issued] = field(repr=False)


def site_of(resources: Resources) -> Site:
    """Return the installation as a request sees it."""
    return Site(
        resources.places,
        resources.ledger,
        resources.clock(),
        microseconds(resources.wall()),
        resources.log_days,
    )


def outlook(
    connection: Connection,
    site: Site,
    places: Sequence[str],
    home_id: str,
    ended_on: date | None = None,
) -> Outlook:
    """Return what an end does; LookupError when the home is in none of these places."""
    home = find_home(connection, places, home_id)
    if home is None:
        raise LookupError(home_id)
    place = site.places[home.place]
    enrolled_us = connection.execute(select(_h.enrolled_us).where(_h.number == home.number))
    ending = endings.standing(connection, home.id)
    today = words.local(site.now_us, place.zone).date()
    made_on = today if ending is None else words.local(ending.ended_us, place.zone).date()
    last = (ended_on or made_on) if ending is None else ending.ended_on
    valid = credentials.of_home(connection, home.number, site.wall_us)
    standing_holds = [one for one in holds.of_home(connection, home.id) if one.lifted_us is None]
    pauses = pause_rows.of_home(connection, home.number)
    return Outlook(
        home=home,
        place=place,
        today=today,
        enrolled_on=words.local(enrolled_us.scalar_one(), place.zone).date(),
        ending=ending,
        alerts=ended_homes.standing(connection, home.id),
        gateways=valid,
        shared=endings.shared_gateways(connection, home.number),
        pauses=sum(one.stop_us > site.now_us for one in pauses),
        visits=len(registry.visits(connection, home.number)),
        holds=len(standing_holds),
        last_days=endings.last_days(
            place, last, made_on + timedelta(days=UNDO_DAYS), site.log_days
        ),
    )


def mistakes(connection: Connection, found: Outlook, wish: Wish) -> list[str]:
    """Return what keeps this home from being ended so; empty when nothing does."""
    standing = None if found.ending is None else found.ending.ended_on
    wrong = endings.mistakes(
        found.home.state,
        wish.ended_on,
        enrolled_on=found.enrolled_on,
        today=found.today,
        standing=standing,
    )
    strange = endings.foreign_sensor(connection, found.home.number)
    if strange is not None:
        wrong.append(
            f"sensor {strange[0]} of home {strange[1]} hangs on a gateway of this home, which "
            "would be shut out: move one of them first"
        )
    return wrong


def unsettled(found: Outlook, wish: Wish) -> list[Stands]:
    """Return the alerts of life safety that nobody has settled, nor asked to be closed."""
    return [one for one in found.p1 if one.id not in wish.p1]


def end(site: Site, places: Sequence[str], home_id: str, wish: Wish, account: str) -> Done:
    """End the enrolment of a home in this account's name, wholly or not at all.

    LookupError when it is in none of these places; ConfigProblem says what keeps it.
    """
    with site.ledger.together() as (ledger, connection):
        registry.bump(connection)  # the first write: from here on nobody else changes anything
        found = outlook(connection, site, places, home_id, wish.ended_on)
        wrong = mistakes(connection, found, wish)
        wrong += [
            f"alert {one.id} ({one.kind.value}, P1) stands: see to the person and settle it, or "
            "confirm that it may be closed"
            for one in unsettled(found, wish)
        ]
        if wrong:
            raise ConfigProblem("\n".join(f"ending: {what}" for what in wrong))
        note = f"the enrolment of the home ended: {wish.reason.value}"
        closed = [one.id for one in found.alerts]
        ledger.end_enrolment(closed, account, site.now, note)
        ended_homes.forget(connection, found.home.place, home_id, site.now_us)
        made, ended = endings.end(
            connection,
            home_id,
            wish.reason,
            wish.ended_on,
            account,
            now_us=site.now_us,
            wall_us=site.wall_us,
            closed=closed,
        )
    return Done(made, ended, found.alerts)


def take_back(site: Site, places: Sequence[str], home_id: str, why: str, account: str) -> TakenBack:
    """Enrol a home again as it was, and give its gateways new credentials.

    LookupError when it is in none of these places; ConfigProblem says why it cannot be.
    """
    with site.ledger.together() as (_, connection):
        registry.bump(connection)
        home = find_home(connection, places, home_id)
        if home is None:
            raise LookupError(home_id)
        ending, gateways = endings.take_back(connection, home_id, why, account, site.now_us)
        issued = [
            credentials.issue(connection, gateway, account, site.wall_us, 0.0)
            for gateway in gateways
        ]
        ended_homes.tell(connection, home.place, home_id, site.now_us)
    return TakenBack(ending, issued)
