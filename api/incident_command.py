"""``stillwell incident``: the incident file of one alert, as text to print or keep."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

if TYPE_CHECKING:
    from api.incident import Incident


def incident(
    alert: Annotated[str, typer.Argument(help="Id of the alert.")],
    by: Annotated[str, typer.Option(help="E-mail of a supervisor or officer: who asks.")],
    release: Annotated[
        bool, typer.Option("--release", help="Leave out third parties, for anybody outside.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Print what was known when about one alert, from the log alone.

    With --release names of contacts and staff become roles, and what was written freely is
    withheld. Who asked is in the audit log.
    """
    with told_plainly():
        _print(alert, by, settings, is_redacted=release, tell=tell)


def _print(
    alert: str, by: str, settings: Path | None, *, is_redacted: bool, tell: Callable[[str], None]
) -> None:
    from api import incident as file
    from api import wiring
    from api.auth import PEOPLE
    from api.queries import Scope
    from config import keys, people
    from config.problems import ConfigProblem
    from ingest.clock import SystemClock, microseconds

    loaded = wiring.read_settings(settings)
    places, database = wiring.places(loaded), wiring.open_database(loaded)
    vault = keys.open_vault(loaded, database)
    now_us = microseconds(SystemClock().now())
    with database.begin() as connection:
        account = people.find_account(connection, by)
        if account is None:
            raise ConfigProblem(f"incident: {by!r} has no account: open one by stillwell account")
        held = people.grants_of(connection, account.id)
        scope = Scope(tuple(key for key, roles in held.items() if roles.intersection(PEOPLE)))
        found = file.build(connection, vault, scope, alert, now_us, is_redacted=is_redacted)
        if found is None:
            raise ConfigProblem(
                f"incident: there is no alert {alert!r} in a place where {by} is supervisor or "
                "officer"
            )
        file.note_release(connection, found, account.id, now_us)
    for line in _lines(found, places[found.alert.place].zone):
        tell(line)


def _lines(found: "Incident", zone: ZoneInfo) -> Iterator[str]:
    from api.web import words

    alert = found.alert
    yield f"Incident file of alert {alert.id}" + (", for release" if found.is_redacted else "")
    yield f"{alert.place}, home {alert.home or '-'}, {alert.kind.value}, {alert.priority.value}"
    yield alert.sentence
    for name, value in alert.evidence.items():
        yield f"  {name}: {value:.6g}" if isinstance(value, float) else f"  {name}: {value}"
    for line in found.lines:
        said = f": {line.said}" if line.said else ""
        yield f"{words.moment_s(line.at_us, zone)}  {line.what} by {line.who}{said}"
