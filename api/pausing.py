"""Pauses of homes, for pages, REST and commands: who may, what is written, and how it reads."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select

from alerts import tables
from alerts.alert import STANDING, AlertKind, Outcome
from alerts.ledger import Ledger
from alerts.refusals import Conflict, UnknownAlert
from api.roster import find_home
from api.web import words
from api.web.language import N_, _
from config import pause_rows
from config.homes import Home
from config.pauses import Pause, PauseReason
from config.places import Place
from config.problems import ConfigProblem
from ingest.clock import instant

FOR = {
    PauseReason.HOSPITAL: N_("a hospital stay"),
    PauseReason.HOLIDAY: N_("a holiday"),
    PauseReason.WORKS: N_("works in the home"),
}
"""How a reason reads after "paused for"."""

SHOWN_US = 28 * 86_400_000_000
"""How long one that is over is listed."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def begin(
    connection: Connection,
    places: Sequence[str],
    home_id: str,
    *,
    reason: PauseReason,
    from_us: int,
    until_us: int,
    account: str,
    why: str,
    now_us: int,
) -> tuple[Home, Pause]:
    """Pause a home of these places; LookupError without such a home, ConfigProblem if refused."""
    home = find_home(connection, places, home_id)
    if home is None:
        raise LookupError(home_id)
    if not words.is_readable(why):
        raise ConfigProblem("pause: why must not hold control characters; type it again")
    wish = Pause(0, home.number, reason, from_us, until_us, account, now_us, why.strip())
    return home, pause_rows.begin(connection, wish)


def end(
    connection: Connection,
    places: Sequence[str],
    number: int,
    *,
    account: str,
    now_us: int,
    of: str = "",
) -> Home:
    """End a pause now; LookupError when none of this number, and home, is there to be ended."""
    home, pause = find(connection, places, number, now_us, of=of)
    pause_rows.end(connection, pause, account, now_us)
    return home


def extend(
    connection: Connection,
    places: Sequence[str],
    number: int,
    *,
    until_us: int,
    account: str,
    now_us: int,
    of: str = "",
) -> tuple[Home, Pause]:
    """Let a pause that runs end at another time; LookupError, or ConfigProblem if refused."""
    home, pause = find(connection, places, number, now_us, of=of)
    return home, pause_rows.extend(connection, pause, until_us, account, now_us)


def find(
    connection: Connection, places: Sequence[str], number: int, now_us: int, *, of: str = ""
) -> tuple[Home, Pause]:
    """Return a pause that is not over, with its home; LookupError when there is none there.

    ``of`` is the id of the home that it must be of, empty for any.
    """
    for home, pause in listing(connection, places, now_us):
        if pause.number == number and of in ("", home.id) and pause.stop_us > now_us:
            return home, pause
    raise LookupError(number)


def listing(connection: Connection, places: Sequence[str], now_us: int) -> list[tuple[Home, Pause]]:
    """Return pauses of these places that run, are to come, or were over in the last 28 days."""
    found = pause_rows.of_places(connection, places, now_us - SHOWN_US)
    homes = {pause.home: pause_rows.home_id(connection, pause.home) for pause in found}
    known = {number: find_home(connection, places, id_) for number, id_ in homes.items()}
    return [(home, pause) for pause in found if (home := known[pause.home]) is not None]


def answer(database: Engine, ledger: Ledger, home: str, account: str, now_us: int) -> None:
    """Resolve, in this account's name, what was asked about a pause that the account has ended."""
    a = tables.alerts.c
    query = select(a.id).where(
        a.home == home,
        a.kind == AlertKind.HOME_AGAIN.value,
        a.state.in_([state.value for state in STANDING]),
    )
    with database.connect() as connection:
        asked = list(connection.execute(query).scalars())
    for alert in asked:
        try:
            ledger.resolve(alert, account, Outcome.OTHER, "The pause was ended.", instant(now_us))
        except (Conflict, UnknownAlert):
            continue


def text(pause: Pause, place: Place, names: Mapping[str, str], now_us: int) -> str:
    """Return what is or was paused, why, until when and by whom."""
    who = names.get(pause.account, pause.account)
    until = words.moment(pause.until_us, place.zone)
    start = words.moment(pause.from_us, place.zone)
    said = _(
        "for %(reason)s, from %(start)s until %(until)s, by %(who)s",
        reason=_(FOR[pause.reason]),
        start=start,
        until=until,
        who=who,
    )
    if pause.why:
        said += f" ({pause.why})"
    if pause.ended_us is not None:
        by = names.get(pause.ended_by, pause.ended_by)
        when = words.moment(pause.ended_us, place.zone)
        return _("%(said)s; ended by %(who)s on %(when)s", said=said, who=by, when=when)
    return said if pause.until_us > now_us else _("%(said)s; it is over", said=said)


def state(pause: Pause, now_us: int) -> str:
    """Return "paused", "to come" or "over"."""
    if pause.covers(now_us):
        return "paused"
    return "to come" if pause.from_us > now_us and pause.stop_us > now_us else "over"


def report(
    found: Sequence[tuple[Home, Pause]],
    places: Mapping[str, Place],
    names: Mapping[str, str],
    now_us: int,
) -> Iterator[str]:
    """Yield the lines of ``stillwell pause``."""
    for key, place in places.items():
        yield f"{key} ({place.name})"
        mine = [(home, pause) for home, pause in found if home.place == key]
        for home, pause in mine:
            said = text(pause, place, names, now_us)
            yield f"  {state(pause, now_us):<8} {home.id}, number {pause.number}: {said}."
        if not mine:
            yield "  no home is paused, and none was in 28 days"


def read_moment(said: str, zone: ZoneInfo) -> int:
    """Return microseconds of a local time such as 2026-12-01 14:00; ConfigProblem if it is none."""
    try:
        at = datetime.fromisoformat(said.strip())
    except ValueError:
        raise ConfigProblem(
            f"pause: {said!r} is not a date and time, expected such as 2026-12-01 14:00"
        ) from None
    local = at if at.tzinfo is not None else at.replace(tzinfo=zone)
    return (local.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


def accounts_of(pauses: Sequence[Pause]) -> frozenset[str]:
    """Return the accounts that these rows name."""
    return frozenset(name for p in pauses for name in (p.account, p.ended_by) if name)
