"""What ``stillwell household end`` and ``take-back`` do, in somebody's name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Engine

from alerts.ledger import Ledger
from api import console, ending, installing, wiring
from api.contacting import EDITORS
from api.contacts_file import expect_role
from api.ending import Site, Wish
from api.web import ending_words
from config.contacts import place_of
from config.endings import EndReason
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import SystemClock, microseconds

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """An end as it is typed; ``p1`` are ids of alerts that may be closed."""

    home: str
    reason: str
    on: str
    by: str
    p1: frozenset[str]


def end(settings: Settings, asked: Asked, *, is_dry_run: bool, tell: Tell) -> None:
    """End the enrolment of a home, or tell what that would do; ConfigProblem says what is wrong."""
    wish = Wish(read_reason(asked.reason), read_day(asked.on), asked.p1)
    database = wiring.open_database(settings)
    site = _site(settings, database)
    with database.begin() as connection:
        place = _place(connection, asked.home)
        account = expect_role(connection, asked.by, place, *EDITORS)
        found = ending.outlook(connection, site, [place], asked.home, wish.ended_on)
        if is_dry_run:
            wrong = ending.mistakes(connection, found, wish)
            console.note(connection, place, "read", f"home:{asked.home}")
    if not is_dry_run:
        ending.end(site, [place], asked.home, wish, account.id)
    for title, said in (*ending_words.at_once(found), *ending_words.later(found)):
        tell(f"{title}: {said}")
    for alert in found.p1:
        tell(f"P1 alert {alert.id} ({alert.kind.value}) {_stands(alert.id, asked, is_dry_run)}")
    if hold := ending_words.hold_text(found):
        tell(hold)
    tell(ending_words.undo_text(found))
    if not is_dry_run:
        tell(f"the enrolment of home {asked.home} has ended; `stillwell broker keep` cuts its "
             "gateways' connections")  # fmt: skip
        return
    if wrong:
        raise ConfigProblem("\n".join(f"ending: {what}" for what in wrong))
    tell("nothing was changed (--dry-run)")


def take_back(settings: Settings, home: str, by: str, why: str, *, tell: Tell) -> None:
    """Take an end back and tell the new credentials, this once; ConfigProblem says why not."""
    database = wiring.open_database(settings)
    site = _site(settings, database)
    with database.connect() as connection:
        place = _place(connection, home)
        account = expect_role(connection, by, place, *EDITORS)
    back = ending.take_back(site, [place], home, why, account.id)
    tell(f"home {home} is {back.ending.was_state.value} again; book its visits anew")
    for issued in back.issued:
        for name, value in installing.lines_of(issued, settings.broker.address):
            tell(f"{name:<8}  {value}")
    if back.issued:
        tell("the passwords are not told again; until they are entered nothing is heard from there")


def read_reason(said: str) -> EndReason:
    """Return the reason; ConfigProblem when there is none of this name."""
    try:
        return EndReason(said.strip())
    except ValueError:
        known = ", ".join(EndReason)
        raise ConfigProblem(f"ending: reason is {said[:40]!r}, expected one of {known}") from None


def read_day(said: str) -> date:
    """Return a day such as 2026-11-20; ConfigProblem when it is none."""
    try:
        return date.fromisoformat(said.strip())
    except ValueError:
        raise ConfigProblem(
            f"ending: on is {said[:40]!r}, expected a day such as 2026-11-20"
        ) from None


def _stands(alert: str, asked: Asked, is_dry_run: bool) -> str:  # its own caller's
    if alert in asked.p1:
        return "would be closed" if is_dry_run else "is closed"
    return "stands: see to the person and settle it, or add --close-p1 with its id"


def _site(settings: Settings, database: Engine) -> Site:
    return Site(
        wiring.places(settings),
        Ledger(database, is_muted=lambda: settings.outbox.is_muted),
        wiring.web_clock(settings, database)(),
        microseconds(SystemClock().now()),
        settings.tick_log.keep_days,
    )


def _place(connection: Connection, home: str) -> str:
    found = place_of(connection, home)
    if found is None:
        raise ConfigProblem(f"ending: there is no home {home!r}; its id stands on its page")
    return found
