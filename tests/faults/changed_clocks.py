"""Fault 9, the part of local time: the nights on which clocks go forward and back.

Simulated homes live through the change in virtual time, by the path that rehearsals take. Their
incidents, in UTC, are the oracle: calls for help within the hour that is missing or comes twice,
and a collapse just before it. The other homes are well, so that whatever they raise is false.
"""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from alerts.alert import PRIORITY, AlertKind, Priority
from api.rows import Row, at_most
from sensors_sim.reels import of_scenario
from sensors_sim.scenario import Incident, Mishap, Scenario
from tests.e2e.paths import Alerts, in_process

CHANGES: Final = {
    "dst_back": datetime(2026, 10, 25, 1, tzinfo=UTC),
    "dst_forward": datetime(2026, 3, 29, 1, tzinfo=UTC),
}
HOMES: Final = 10
DAYS: Final = 9
_URGENT: Final = (Priority.P1, Priority.P2)
_TAIL: Final = timedelta(hours=20)
_CALLS: Final = {1: timedelta(minutes=-30), 2: timedelta(minutes=30), 3: timedelta(minutes=-1)}
_COLLAPSED: Final = {4: timedelta(minutes=-30), 5: timedelta(minutes=-70)}


def scenario(change: datetime) -> Scenario:
    """Return homes in trouble around this moment, and some that are not."""
    end = change + _TAIL

    def mishap(kind: Incident, home: int, after: timedelta) -> Mishap:
        before_end_h = (end - change - after) / timedelta(hours=1)
        return Mishap(kind=kind, place="fenbridge", home=home, before_end_h=before_end_h)

    return Scenario(
        seed=9,
        places=("fenbridge",),
        days=DAYS,
        homes_per_place=HOMES,
        zigbee_homes_per_place=0,
        end=end,
        incident=(
            *(mishap(Incident.PENDANT, home, after) for home, after in _CALLS.items()),
            *(mishap(Incident.COLLAPSE, home, after) for home, after in _COLLAPSED.items()),
        ),
    )


def _us(moment: datetime) -> int:
    return int(moment.timestamp() * 1e6)


def _home_ids(made: Scenario) -> Sequence[str]:
    reel = of_scenario(made)
    assert reel.enrolment is not None
    return [home.id for home in reel.enrolment.homes]


def _told(alerts: Alerts, kind: AlertKind, home: str, since: datetime) -> int:
    return sum(
        row[1] == kind.value and row[2] == home and int(str(row[4])) >= _us(since) for row in alerts
    )


def changed_clocks() -> Iterator[Row]:
    """Yield what was missed and what was false on each of the nights."""
    for name, change in CHANGES.items():
        made = scenario(change)
        ids = _home_ids(made)
        alerts = _run(made)
        since = change - timedelta(hours=2)
        calls = [_told(alerts, AlertKind.PENDANT, ids[home - 1], since) for home in _CALLS]
        silent = [
            _told(alerts, AlertKind.NO_SIGN_OF_LIFE, ids[home - 1], since) for home in _COLLAPSED
        ]
        well = set(ids[len(_CALLS) + len(_COLLAPSED) :])
        yield at_most(f"fault.09.{name}.missed", (calls + silent).count(0), f"of {len(ids)}", 0)
        yield at_most(f"fault.09.{name}.twice", sum(max(n - 1, 0) for n in calls), "calls", 0)
        yield at_most(f"fault.09.{name}.false", _of(alerts, well, since), "alerts", 0)


def _of(alerts: Alerts, homes: set[str], since: datetime) -> int:
    """Return how many alerts about a person at risk these homes raised since then."""
    urgent = {kind.value for kind, priority in PRIORITY.items() if priority in _URGENT}
    return sum(
        row[2] in homes and row[1] in urgent and int(str(row[4])) >= _us(since) for row in alerts
    )


def _run(made: Scenario) -> Alerts:
    with tempfile.TemporaryDirectory() as folder:
        return in_process(made, Path(folder))
