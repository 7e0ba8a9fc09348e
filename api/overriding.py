"""Detector settings of single homes: set by a supervisor with a reason, taken back, told."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from alerts.detect import own_settings
from alerts.detect.own_settings import SETTINGS
from api.roster import find_home
from api.web import words
from api.web.language import _
from config import override_rows, registry
from config.database import hold_writers
from config.homes import Home
from config.overrides import LONGEST_WHY, Override
from config.places import Place
from config.problems import ConfigProblem

SHOWN_US: Final = 28 * 86_400_000_000
"""How long one that has ended is shown."""


def choose(
    connection: Connection,
    places: Mapping[str, Place],
    home_id: str,
    *,
    name: str,
    value: float,
    account: str,
    why: str,
    now_us: int,
) -> tuple[Home, Override]:
    """Give a home of these places a setting of its own.

    LookupError without such a home; ConfigProblem says what is wrong with the wish.
    """
    hold_writers(connection)
    home = _expect_home(connection, tuple(places), home_id)
    own = {one.name: one.value for one in override_rows.in_force(connection, [home.number])}
    own_settings.check(name, value, places[home.place], own)
    _expect_why(why)
    wish = Override(0, home.number, name, value, account, now_us, why.strip())
    return home, override_rows.write(connection, wish)


def take_back(
    connection: Connection,
    places: Sequence[str],
    home_id: str,
    *,
    name: str,
    account: str,
    now_us: int,
) -> tuple[Home, Override]:
    """Let the place's setting hold again; LookupError where the home has none of this name."""
    hold_writers(connection)
    home = _expect_home(connection, places, home_id)
    for one in override_rows.in_force(connection, [home.number]):
        if one.name == name:
            return home, override_rows.end(connection, one, account, now_us)
    raise LookupError(name)


def lately(connection: Connection, home: int, now_us: int) -> list[Override]:
    """Return what a home (number) has of its own or had in the last 28 days, the newest first."""
    found = override_rows.read(connection, [home])
    return [one for one in reversed(found) if (one.ended_us or now_us) > now_us - SHOWN_US]


def of_places(
    connection: Connection, places: Sequence[str]
) -> Mapping[str, Sequence[tuple[str, float]]]:
    """Return (id, value) of the homes there that have a setting of their own, by its name."""
    ids = {home.number: home.id for home in registry.homes(connection) if home.place in places}
    found: dict[str, list[tuple[str, float]]] = {}
    for one in override_rows.in_force(connection):
        if one.home in ids:
            found.setdefault(one.name, []).append((ids[one.home], one.value))
    return found


def chosen_text(one: Override, place: Place, names: Mapping[str, str]) -> str:
    """Return who chose it, when and why, and who took it back."""
    who, when = names.get(one.account, one.account), words.moment(one.set_us, place.zone)
    said = _("set by %(who)s on %(when)s: %(why)s", who=who, when=when, why=one.why)
    if one.ended_us is None:
        return said
    by, then = names.get(one.ended_by, one.ended_by), words.moment(one.ended_us, place.zone)
    return _("%(said)s; ended by %(by)s on %(then)s", said=said, by=by, then=then)


def value_text(name: str, value: float) -> str:
    """Return a value with its unit."""
    return f"{value:g} {_(SETTINGS[name].unit)}" if name in SETTINGS else f"{value:g}"


def _expect_home(connection: Connection, places: Sequence[str], home_id: str) -> Home:
    home = find_home(connection, places, home_id)
    if home is None:
        raise LookupError(home_id)
    return home


def _expect_why(why: str) -> None:
    if not why.strip():
        raise ConfigProblem("override: why is empty, expected the reason, for those who ask later")
    if len(why) > LONGEST_WHY or not words.is_readable(why):
        raise ConfigProblem(f"override: why must be readable and {LONGEST_WHY} characters or fewer")
