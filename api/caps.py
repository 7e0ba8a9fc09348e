"""Longer caps: what the engine proposes, who accepted what until when, and taking it back.

Every acceptance and every withdrawal stays in its row, with who and why (safety rule 5).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from alerts import calibrations
from alerts.action import Proposed
from api.web import words
from config import registry
from config.allowances import Allowance
from config.homes import Home
from config.places import Place
from config.problems import ConfigProblem

DAY_US: Final = 86_400_000_000
SHOWN_US: Final = 28 * DAY_US
"""How long one that has ended is shown."""

SOON_US: Final = 7 * DAY_US
"""How long before its end it is announced."""

LONGEST_WHY: Final = 500


@dataclass(frozen=True, slots=True)
class Caps:
    """What stands at some places; ``in_force`` and ``ended`` are the newest first."""

    proposed: Sequence[tuple[Home, Proposed]]
    in_force: Sequence[tuple[Home, Allowance]]
    ended: Sequence[tuple[Home, Allowance]]


def overview(connection: Connection, places: Sequence[str], now_us: int) -> Caps:
    """Return what is proposed, in force and lately ended in these places."""
    homes = {home.number: home for home in registry.homes(connection) if home.place in places}
    by_id = {home.id: home for home in homes.values()}
    mine = [a for a in reversed(registry.allowances(connection)) if a.home in homes]
    held = [(homes[a.home], a) for a in mine if a.until_us > now_us]
    over = [(homes[a.home], a) for a in mine if now_us - SHOWN_US < a.until_us <= now_us]
    wished = [
        (by_id[one.home], one)
        for one in calibrations.proposed(connection, places)
        if one.home in by_id and not any(_answers(a, by_id[one.home], one) for _, a in held)
    ]
    return Caps(wished, held, over)


def accept(
    connection: Connection,
    places: Sequence[str],
    home_id: str,
    *,
    band: tuple[int, int],
    cap_h: float,
    days: float,
    is_out: bool,
    account: str,
    why: str,
    now_us: int,
) -> tuple[Home, Allowance]:
    """Let silences that begin in this part of the day last longer in one home of these places.

    LookupError without such a home; ConfigProblem says what is wrong with the wish.
    """
    home = next((h for h in registry.homes(connection) if h.id == home_id), None)
    if home is None or home.place not in places:
        raise LookupError(home_id)
    _expect_why(why)
    wish = Allowance(
        number=0,
        home=home.number,
        is_out=is_out,
        from_min=band[0],
        to_min=band[1],
        cap_h=cap_h,
        account=account,
        accepted_us=now_us,
        until_us=now_us + round(days * DAY_US),
        why=why.strip(),
    )
    return home, registry.allow(connection, wish)


def withdraw(
    connection: Connection, places: Sequence[str], number: int, *, account: str, now_us: int
) -> tuple[Home, Allowance]:
    """Take a longer cap back; LookupError when none of this number is in force there."""
    for home, allowance in overview(connection, places, now_us).in_force:
        if allowance.number == number:
            registry.end_allowance(connection, number, now_us, by=account)
            return home, replace(allowance, until_us=now_us, ended_by=account)
    raise LookupError(number)


def band_text(from_min: int, to_min: int) -> str:
    """Return a part of the day as people say it."""
    return f"{words.hour_and_minute(from_min)} and {words.hour_and_minute(to_min)}"


def proposal_text(one: Proposed) -> str:
    """Return why a person is asked."""
    return (
        f"{one.count} silences of more than 11 hours at home in 28 days began between "
        f"{band_text(one.from_min, one.to_min)}. Proposed: up to {one.cap_h:g} hours for silences "
        "that begin then"
    )


def allowance_text(
    allowance: Allowance, place: Place, names: Mapping[str, str], now_us: int
) -> str:
    """Return what holds or held, until when, by whom and why."""
    what = "absences" if allowance.is_out else "silences at home"
    until = words.moment(allowance.until_us, place.zone)
    who = names.get(allowance.account, allowance.account)
    said = (
        f"Up to {allowance.cap_h:g} hours for {what} that begin between "
        f"{band_text(allowance.from_min, allowance.to_min)}, accepted by {who} on "
        f"{words.moment(allowance.accepted_us, place.zone)}"
    )
    if allowance.why:
        said += f" ({allowance.why})"
    if allowance.until_us > now_us:
        said += f"; it ends on {until}"
        if allowance.until_us - now_us <= SOON_US:
            days = -(-(allowance.until_us - now_us) // DAY_US)
            said += f", in {days} {'day' if days == 1 else 'days'}: then {_floor(place)} holds"
        return said
    if allowance.ended_by:
        by = names.get(allowance.ended_by, allowance.ended_by)
        return f"{said}; taken back by {by} on {until}"
    return f"{said}; it ended on {until}, and {_floor(place)} holds again"


def accounts_of(caps: Caps) -> frozenset[str]:
    """Return the accounts that these rows name."""
    rows = [allowance for _, allowance in (*caps.in_force, *caps.ended)]
    return frozenset(name for a in rows for name in (a.account, a.ended_by) if name)


def report(
    caps: Caps, places: Mapping[str, Place], names: Mapping[str, str], now_us: int
) -> Iterator[str]:
    """Yield the lines of ``stillwell caps``."""
    for key, place in places.items():
        yield f"{key} ({place.name})"
        proposed = [(home, one) for home, one in caps.proposed if home.place == key]
        yield from (f"  proposed  {home.id}: {proposal_text(one)}." for home, one in proposed)
        for title, rows in (("in force", caps.in_force), ("ended", caps.ended)):
            for home, allowance in rows:
                if home.place == key:
                    said = allowance_text(allowance, place, names, now_us)
                    yield f"  {title:<9} {home.id}, number {allowance.number}: {said}."
        if not any(home.place == key for home, _ in (*proposed, *caps.in_force, *caps.ended)):
            yield "  nothing is proposed, and nothing was accepted"


def _answers(allowance: Allowance, home: Home, one: Proposed) -> bool:
    is_same = allowance.home == home.number and not allowance.is_out
    span = (allowance.to_min - allowance.from_min) % 1440
    return is_same and all(
        (minute - allowance.from_min) % 1440 <= span for minute in (one.from_min, one.to_min)
    )


def _floor(place: Place) -> str:
    return f"the place's own limit of {place.limits.silence_cap_h:g} hours"


def _expect_why(why: str) -> None:
    if not why.strip():
        raise ConfigProblem("allowance: why is empty, expected the reason, for those who ask later")
    if len(why) > LONGEST_WHY or not words.is_readable(why):
        raise ConfigProblem(
            f"allowance: why must be readable and {LONGEST_WHY} characters or fewer"
        )
