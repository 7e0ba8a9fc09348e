"""What ``stillwell detectors findings`` and ``judge`` do."""

from collections.abc import Callable
from typing import Final

from alerts import adjudications
from alerts.adjudications import Adjudication
from alerts.precision import Said
from api import exporting, switching, wiring
from api.rest.moments import to_datetime
from api.web.words import is_readable
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import SystemClock, microseconds

Tell = Callable[[str], None]
LONGEST_NOTE: Final = 2000


def show(settings: Settings, place: str, *, is_judged: bool, limit: int, tell: Tell) -> None:
    """Tell what was found in shadow at a place; ConfigProblem when there is no such place."""
    switching.expect_place(place, wiring.places(settings))
    database = wiring.open_database(settings)
    now_us = microseconds(SystemClock().now())
    exporting.note(database, place, "findings", now_us, is_judged=is_judged)
    with database.connect() as connection:
        found = adjudications.list_findings(
            connection, (place,), is_judged=is_judged, before=None, limit=limit
        )
    for one in found:
        when = to_datetime(one.found_us).isoformat(timespec="minutes")
        said = "" if one.said is None else f" [{one.said.value}]"
        tell(f"{one.id} {when} {one.detector} {one.home}{said} {one.sentence}")
    if not found:
        tell("nothing was judged yet" if is_judged else "nothing waits to be judged")


def judge(settings: Settings, finding: str, said: Said, *, by: str, note: str, tell: Tell) -> None:
    """Keep what a supervisor says of a finding; ConfigProblem says what is wrong."""
    note = note.strip()
    if len(note) > LONGEST_NOTE or not is_readable(note):
        raise ConfigProblem(
            f"detectors: --note has {len(note)} characters, expected {LONGEST_NOTE} readable "
            "ones or fewer"
        )
    now_us = microseconds(SystemClock().now())
    with wiring.open_database(settings).begin() as connection:
        found = adjudications.find_finding(connection, tuple(wiring.places(settings)), finding)
        if found is None:
            raise ConfigProblem(
                f"detectors: there is no finding {finding[:40]!r}: "
                "stillwell detectors findings --place lists them"
            )
        account = switching.supervisor(connection, by, found.place)
        adjudications.adjudicate(connection, finding, Adjudication(said, account.id, now_us, note))
    tell(f"{finding} is {said.value}, says {account.name}")
