"""Who is calling about a home that cannot be seen: claimed, ended with an outcome, or lapsed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from alerts import tables
from alerts.refusals import Refused
from config import audit
from config.audit import Entry

LAPSES_US: Final = 15 * 60_000_000
"""How long a caller keeps others from calling too, unless they say what came of it before."""

MOST_SAID: Final = 2000

_w, _u = tables.welfare_calls.c, tables.unwatched.c


class CallOutcome(StrEnum):
    """What came of calling about a home."""

    SPOKEN_TO = "spoken-to"
    SEEN_WELL = "seen-well"
    NEEDS_HELP = "needs-help"
    VISIT_SENT = "visit-sent"
    NO_ANSWER = "no-answer"
    GIVEN_BACK = "given-back"


@dataclass(frozen=True, slots=True)
class WelfareCall:
    """One call about a home; ``number`` counts from 1 in each home, ``outcome`` is None until told.

    ``called_by`` is an account's id.
    """

    place: str
    home: str
    number: int
    called_by: str
    at_us: int
    until_us: int
    ended_us: int | None
    outcome: CallOutcome | None
    said: str

    def holds(self, now_us: int) -> bool:
        """Return whether its caller is calling now: neither ended nor lapsed."""
        return self.ended_us is None and now_us < self.until_us

    def concerns(self, since_us: int, now_us: int) -> bool:
        """Return whether it belongs to a home that cannot be seen since then."""
        return self.at_us >= since_us or self.holds(now_us)


class Taken(Exception):
    """Somebody else is calling: ``call`` says who, since when and until when."""

    def __init__(self, call: WelfareCall) -> None:
        super().__init__(f"home {call.home} is being called by {call.called_by}")
        self.call = call


class Outdated(Exception):
    """The calls of the home are not as the actor saw them; ``call`` is the newest now."""

    def __init__(self, call: WelfareCall) -> None:
        super().__init__(f"calls of home {call.home} have changed since they were read")
        self.call = call


def version(call: WelfareCall | None) -> str:
    """Return what names the newest call as somebody saw it; "0" where nobody has called."""
    if call is None:
        return "0"
    return f"{call.number}-{'calling' if call.outcome is None else call.outcome.value}"


def newest(connection: Connection, homes: Sequence[str]) -> Mapping[str, WelfareCall]:
    """Return the newest call about each of these homes, where there was one."""
    last = (
        select(_w.home, func.max(_w.number).label("number"))
        .where(_w.home.in_(homes))
        .group_by(_w.home)
        .subquery()
    )
    both = (_w.home == last.c.home) & (_w.number == last.c.number)
    query = select(tables.welfare_calls).join(last, both)
    return {row.home: _call(row) for row in connection.execute(query)}


def of_home(connection: Connection, home: str, limit: int = 50) -> list[WelfareCall]:
    """Return the calls about a home, the newest first."""
    query = select(tables.welfare_calls).where(_w.home == home).order_by(_w.number.desc())
    return [_call(row) for row in connection.execute(query.limit(limit))]


def begun_between(
    connection: Connection, homes: Sequence[str], since_us: int, until_us: int
) -> list[WelfareCall]:
    """Return the calls about these homes that began from ``since_us`` to ``until_us``."""
    is_then = _w.at_us.between(since_us, until_us)
    query = select(tables.welfare_calls).where(_w.home.in_(homes), is_then).order_by(_w.id)
    return [_call(row) for row in connection.execute(query)]


def claim(
    database: Engine, place: str, home: str, account: str, now_us: int, *, saw: str = ""
) -> WelfareCall:
    """Say that this account is calling about an unwatched home; said again it lasts longer.

    Raises Taken when another is calling, Outdated when the newest call is not the one of version
    ``saw`` (empty asks for none), Refused when the home is seen.
    """
    while True:
        try:
            with database.begin() as connection:
                return _claim(connection, place, home, account, now_us, saw)
        except IntegrityError:
            continue  # another was first with this number: told as Taken the next time


def _claim(
    connection: Connection, place: str, home: str, account: str, now_us: int, saw: str
) -> WelfareCall:
    last = newest(connection, [home]).get(home)
    if last is not None and last.holds(now_us):
        if last.called_by != account:
            raise Taken(last)
        return _lengthen(connection, last, now_us)
    if saw not in ("", "*", version(last)) and last is not None:
        raise Outdated(last)
    if connection.execute(select(_u.home).where(_u.home == home)).first() is None:
        raise Refused("This home is seen again: nobody has to call because of that.")
    number = 1 if last is None else last.number + 1
    until_us = now_us + LAPSES_US
    call = WelfareCall(place, home, number, account, now_us, until_us, None, None, "")
    connection.execute(
        insert(tables.welfare_calls).values(
            place=place, home=home, number=number, called_by=account,
            at_us=now_us, until_us=until_us, ended_us=None, outcome="", said="",
        )
    )  # fmt: skip
    _tell(connection, call, "welfare-call", now_us, {"number": number})
    return call


def _lengthen(connection: Connection, call: WelfareCall, now_us: int) -> WelfareCall:
    until_us = now_us + LAPSES_US
    mine = (_w.home == call.home) & (_w.number == call.number)
    connection.execute(update(tables.welfare_calls).where(mine).values(until_us=until_us))
    _tell(connection, call, "welfare-call", now_us, {"number": call.number})
    return of_home(connection, call.home, 1)[0]


def end(
    connection: Connection,
    home: str,
    number: int,
    account: str,
    outcome: CallOutcome,
    said: str,
    now_us: int,
) -> WelfareCall:
    """Say what came of one's own call, also after it lapsed; the same again changes nothing.

    Raises LookupError without such a call of this account's, Outdated when it was ended
    otherwise, Refused when words are missing or too many.
    """
    mine = (_w.home == home) & (_w.number == number) & (_w.called_by == account)
    if outcome is CallOutcome.NEEDS_HELP and not said.strip():
        raise Refused("Say what help was arranged, for those who read it next.")
    if len(said) > MOST_SAID:
        raise Refused(f"What was said must be {MOST_SAID} characters or fewer.")
    ended = connection.execute(
        update(tables.welfare_calls)
        .where(mine, _w.ended_us.is_(None))
        .values(ended_us=now_us, outcome=outcome.value, said=said.strip())
    )
    row = connection.execute(select(tables.welfare_calls).where(mine)).first()
    if row is None:
        raise LookupError(f"{home} {number}")
    call = _call(row)
    if ended.rowcount:
        detail = {"number": number, "outcome": outcome.value}
        _tell(connection, call, "welfare-call-ended", now_us, detail)
    elif call.outcome is not outcome:
        raise Outdated(call)
    return call


def _tell(
    connection: Connection, call: WelfareCall, what: str, now_us: int, detail: Mapping[str, object]
) -> None:
    subject = f"home:{call.home}"
    audit.append(connection, Entry(call.place, now_us, call.called_by, what, subject, detail))
    change = {"at_us": now_us, "place": call.place, "home": call.home, "what": "unwatched"}
    connection.execute(insert(tables.changes).values(change))


def _call(row: Row[Any]) -> WelfareCall:
    outcome = CallOutcome(row.outcome) if row.outcome else None
    return WelfareCall(
        row.place,
        row.home,
        row.number,
        row.called_by,
        row.at_us,
        row.until_us,
        row.ended_us,
        outcome,
        row.said,
    )
