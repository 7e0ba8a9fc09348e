"""What ``stillwell detectors override`` does: settings of single homes, for a supervisor."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api import overriding, wiring
from api.switching import supervised
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import microseconds


def choose(
    settings: Settings,
    home: str,
    name: str,
    value: float,
    *,
    by: str,
    why: str,
    tell: Callable[[str], None],
) -> None:
    """Give a home a setting of its own; ConfigProblem says what is unknown, missing or wrong."""
    places, database = wiring.places(settings), wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account, own = supervised(connection, by, command="detectors")
        with _said_plainly(f"there is no home {home!r} in a place that {by} supervises"):
            of, made = overriding.choose(
                connection,
                {key: place for key, place in places.items() if key in own},
                home,
                name=name,
                value=value,
                account=account.id,
                why=why,
                now_us=now_us,
            )
    said = overriding.chosen_text(made, places[of.place], {account.id: account.name})
    tell(f"{of.id}: {name} {overriding.value_text(name, made.value)}, {said}.")


def take_back(
    settings: Settings, home: str, name: str, *, by: str, tell: Callable[[str], None]
) -> None:
    """Let its place's setting hold again; ConfigProblem when the home has none of this name."""
    places, database = wiring.places(settings), wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account, own = supervised(connection, by, command="detectors")
        told = f"the home {home!r}, in a place that {by} supervises, has no {name} of its own"
        with _said_plainly(told):
            of, was = overriding.take_back(
                connection, own, home, name=name, account=account.id, now_us=now_us
            )
    said = overriding.chosen_text(was, places[of.place], {account.id: account.name})
    tell(f"{of.id}: {name} {overriding.value_text(name, was.value)}, {said}.")


@contextmanager
def _said_plainly(absent: str) -> Iterator[None]:
    try:
        yield
    except LookupError as problem:
        raise ConfigProblem(f"detectors: {absent}") from problem
